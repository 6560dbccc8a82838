"""The best hand-made import of the same list: no framework, no checkpoints, the whole list in memory.

Two forked workers normalise numbers and values; rows of one person are joined in a dictionary; every person gets a
key, wrapped, and their values sealed under it; everything goes into the same tables by binary COPY in one commit,
and what the database can derive from rows it has, it derives.
"""

import csv
import gc
import json
import multiprocessing
import re
import secrets
import struct
import sys
import unicodedata
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import phonenumbers
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from benchmarks.import_side import WORKERS, run_side
from rulecast.database import copy_rows
from rulecast.database.rows import Jsonb
from rulecast.wiring.workspace import Workspace

ROWS_PER_TASK = 5_000
TASKS_AHEAD = 2 * WORKERS
CELLS = 13
NO_NUMBER = re.compile(r"[A-Za-z]{3}|\d[eE]\+\d")
ZONES = {"MA": "Africa/Casablanca", "TN": "Africa/Tunis", "FR": "Europe/Paris"}
STATUSES = {"oui": "granted", "non": "denied"}
NOBODYS = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE})
DERIVED = """
INSERT INTO profile.sending_guard SELECT contact_id FROM profile.contact;
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT c.contact_id, v.kind, v.payload, c.first_seen_at, c.recorded_at
FROM profile.contact AS c CROSS JOIN LATERAL (VALUES
    ('contact', jsonb_build_object('is_reachable', c.is_reachable, 'source', c.source)), ('attributes', c.attributes)
) AS v (kind, payload);
INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
SELECT contact_id, 'consent', jsonb_build_object('purpose', purpose, 'status', status, 'proven', is_proven,
    'method', method, 'wording_version', wording_version), effective_at, recorded_at FROM profile.consent;
SELECT setval('profile.contact_id_sequence', (SELECT max(contact_id) FROM profile.contact));
"""

# Decimals stay digit for digit.
ENCODER = msgspec.json.Encoder(decimal_format="number")
DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

Said = tuple[str, datetime, str, str]
Read = tuple[str, str, str, Said | None]
Person = list[Any]


def normalise(rows: list[list[str]]) -> list[Read | None]:
    """Return number, public and personal values as JSON, and consent of each row; None for a refused one."""
    return [_read(row) for row in rows]


def _read(row: list[str]) -> Read | None:
    if len(row) != CELLS:
        return None
    phone, name, city, country, language, born, points, spent, is_vip, word, at, how, wording = row
    try:
        date.fromisoformat(born)
        number = phonenumbers.parse(phone, country)
    except (ValueError, phonenumbers.NumberParseException):
        return None
    if NO_NUMBER.search(phone):
        return None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN or kind in NOBODYS:
        return None
    # Written by hand so that the decimal keeps its digits.
    public = (
        f'{{"birth_date":"{born}","country":"{country.lower()}","is_vip":{is_vip},"language":"{language}",'
        f'"points":{int(points)},"spent":{spent},"zone":"{ZONES[country]}"'
    )
    personal = {"first_name": name}
    if city:
        public += f',"city":{json.dumps(unicodedata.normalize("NFC", city.casefold()))}'
        personal["city"] = city
    status = STATUSES.get(word)
    said = None if status is None else (status, datetime.fromisoformat(at), how, wording)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return e164, public + "}", json.dumps(personal, ensure_ascii=False), said


def read_people(pool: ProcessPoolExecutor, file: Path, rejects: Path) -> tuple[dict[str, Person], int]:
    """Return everybody by number, with their values joined, and how many rows were refused."""
    people: dict[str, Person] = {}
    refused = line = 0
    with file.open(encoding="utf-8", newline="") as stream, rejects.open("w") as out:
        for found in _ahead(pool, csv.reader(stream)):
            for one in found:
                line += 1
                if one is None:
                    refused += 1
                    out.write(f"{line}\n")
                    continue
                e164, public, personal, said = one
                person = people.get(e164)
                if person is None:
                    person = people[e164] = [public, personal, {}]
                else:
                    person[0] = _joined(person[0], public)
                    person[1] = _joined(person[1], personal)
                if said is not None:
                    person[2][said] = None
    return people, refused


def _ahead(pool: ProcessPoolExecutor, rows: Iterator[list[str]]) -> Iterator[list[Read | None]]:
    next(rows)
    pending: deque[Future[list[Read | None]]] = deque()
    while True:
        while len(pending) < TASKS_AHEAD and (task := list(islice(rows, ROWS_PER_TASK))):
            pending.append(pool.submit(normalise, task))
        if not pending:
            return
        yield pending.popleft().result()


def _joined(old: str, new: str) -> str:
    return ENCODER.encode(DECODER.decode(old) | DECODER.decode(new)).decode()


def _bound(column: str, contact_id: int) -> bytes:
    owner = b"c" + struct.pack(">q", contact_id)
    return b"".join(struct.pack(">H", len(part)) + part for part in (b"main", column.encode(), owner))


def _seal(cipher: AESGCM, column: str, contact_id: int, value: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return b"\1\1" + nonce + cipher.encrypt(nonce, value, b"\1\1" + _bound(column, contact_id))


async def import_by_hand(workspace: Workspace, file: Path) -> int:
    """Import the list and return how many rows were refused."""
    people, refused = read_people(POOL, file, workspace.settings.home / "rejects.txt")
    POOL.shutdown()
    now = workspace.clock.now()
    wrapping = AESGCM(secrets.token_bytes(32))
    keys, contacts, identities, consents = [], [], [], []
    for contact_id, (e164, (public, personal, said)) in enumerate(people.items(), start=1):
        key = secrets.token_bytes(32)
        keys.append((contact_id, _seal(wrapping, "contact_key.wrapped_key", contact_id, key)))
        cipher = AESGCM(key)
        sealed = _seal(cipher, "profile.contact.sealed_attributes", contact_id, personal.encode())
        contacts.append((contact_id, now, now, "import", Jsonb(public, dumps=str), sealed, True))
        number = _seal(cipher, "profile.identity.value", contact_id, e164.encode())
        lookup = workspace.vault.lookup_index("phone", e164)
        listed = workspace.vault.suppression_index("phone", e164)
        identities.append((contact_id, "phone", lookup, listed, number, now))
        consents += [
            (contact_id, "marketing", status, at, at, how, wording, "import", now)
            for status, at, how, wording in said
        ]
    async with workspace.keys_database.transaction() as connection:
        await copy_rows(
            connection,
            "COPY contact_key (contact_id, wrapped_key) FROM STDIN (FORMAT BINARY)",
            keys,
            types=["int8", "bytea"],
        )
    async with workspace.database.transaction() as connection:
        await copy_rows(
            connection,
            "COPY profile.contact (contact_id, first_seen_at, recorded_at, source, attributes, sealed_attributes,"
            " is_reachable) FROM STDIN (FORMAT BINARY)",
            contacts,
            types=["int8", "timestamptz", "timestamptz", "text", "jsonb", "bytea", "bool"],
        )
        await copy_rows(
            connection,
            "COPY profile.identity (contact_id, kind, lookup, suppression_index, sealed_value, valid_from)"
            " FROM STDIN (FORMAT BINARY)",
            identities,
            types=["int8", "text", "bytea", "bytea", "bytea", "timestamptz"],
        )
        await copy_rows(
            connection,
            "COPY profile.consent (contact_id, purpose, status, occurred_at, effective_at, method, wording_version,"
            " source, recorded_at) FROM STDIN (FORMAT BINARY)",
            consents,
            types=[
                "int8",
                "text",
                "text",
                "timestamptz",
                "timestamptz",
                "text",
                "text",
                "text",
                "timestamptz",
            ],
        )
        await connection.execute(DERIVED)
    return refused


if __name__ == "__main__":
    # Nothing here forms cycles. The workers are forked before anything else is open.
    gc.disable()
    POOL = ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("fork"))
    list(POOL.map(normalise, [[]] * WORKERS))
    sys.exit(run_side(import_by_hand))
