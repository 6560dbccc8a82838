"""What rulecast says to Meta beyond a campaign by phone number: BSUIDs, the marketing edge, codes, files, receipts."""

import hashlib
import itertools
import re
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.planning import exclusions, rule_text
from tests.sent_bodies import BodiesOfTest
from tests.simulated import NUMBER
from tests.street import Street, neighbour, street

from rulecast.config import Settings
from rulecast.conversation.open_windows import SEALED_WAMID
from rulecast.conversation.store import OpenedRow, open_windows
from rulecast.deliver.media_uploads import FileRefusedError, MediaFile, UploadFailedError
from rulecast.deliver.media_uploads.errors import FileGoneError
from rulecast.gate.prepare import SEALED_REQUEST
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents
from rulecast.profile.identity import Identity
from rulecast.profile.one_time_codes import CodeOutcome, CodePurpose
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.media_uploads import open_media_uploads
from rulecast.wiring.read_receipts import (
    NothingToReadError,
    mark_conversation_read,
    open_lean_transport,
)
from rulecast.wiring.verify_person import (
    CodeNotPossibleError,
    CodeTooOftenError,
    send_one_time_code,
    try_one_time_code,
)

CODE_TEMPLATE = """
[[templates]]
name = "verify"
category = "authentication"

[[templates.languages]]
language = "fr"
status = "approved"
components = [
  { type = "BODY", add_security_recommendation = true },
  { type = "FOOTER", code_expiration_minutes = 5 },
  { type = "BUTTONS", buttons = [{ type = "OTP", otp_type = "COPY_CODE", text = "Copier" }] },
]
"""
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQ="


@pytest.fixture
async def town(settings: Settings, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Street]:
    people = [neighbour(1), neighbour(2, status=None)]
    async with street(settings, clock, tmp_path, people=people, declarations=CODE_TEMPLATE) as opened:
        yield opened


@pytest.fixture
def bodies(sent_bodies: BodiesOfTest) -> "Bodies":
    return Bodies(sent_bodies)


class Bodies:
    """The requests the simulator was sent in one test."""

    def __init__(self, bodies: BodiesOfTest) -> None:
        self.read = bodies.read

    def of(self, address: str) -> list[dict[str, Any]]:
        return [one for one in self.read() if address in {one.get("to"), one.get("recipient")}]


async def with_bsuid(town: Street, bsuid: str, *, portfolio: str = "900") -> ContactId:
    """Create a consented person of whom only a BSUID is known."""
    workspace, now = town.workspace, town.clock.now()
    async with workspace.database.transaction() as connection:
        (contact_id,) = await create_contacts(
            connection,
            workspace.vault,
            [
                NewContact(
                    identities=(Identity(kind="bsuid", value=bsuid, scope=portfolio),),
                    source="inbound",
                    first_seen_at=now,
                    attributes={
                        "city": "casablanca",
                        "country": "ma",
                        "language": "fr",
                        "zone": "Africa/Casablanca",
                    },
                    personal={"first_name": "Chitra"},
                )
            ],
            now,
        )
        entry = ConsentEntry(
            contact_id=contact_id,
            purpose=Purpose.MARKETING,
            status=ConsentStatus.GRANTED,
            source="agent",
            occurred_at=now - timedelta(days=1),
            method="form",
            wording_version="v1",
        )
        await record_consents(connection, workspace.vault, [entry], now)
    return contact_id


async def test_a_person_without_a_number_is_reached_by_the_bsuid_of_the_numbers_portfolio(
    town: Street, bodies: Bodies
) -> None:
    hers = town.bench.simulator.world.people.find("212612009999").user_id
    known = await with_bsuid(town, hers)
    stranger = await with_bsuid(town, "MA.111111111111", portfolio="901")
    (plan,) = await town.plan(rule_text())
    await town.start(plan)
    await town.send()
    (sent,) = bodies.of(hers)
    assert "to" not in sent
    assert bodies.of("+212612000001")
    assert bodies.of("MA.111111111111") == []
    ends = {row[1]: (row[2], row[3]) for row in await town.endings()}
    assert ends[known][0] == "accepted"
    # The BSUID of another portfolio names nobody here, which the plan knows.
    assert stranger not in ends
    assert exclusions(plan)["unreachable"] == 1


async def test_marketing_of_a_number_with_the_flag_goes_through_its_own_edge_and_nothing_else_does(
    town: Street, bodies: Bodies
) -> None:
    await town.change("UPDATE account.business_number SET marketing_messages = true")
    (plan,) = await town.plan(rule_text())
    await town.start(plan)
    await town.send()
    (sent,) = bodies.of("+212612000001")
    assert sent["message_activity_sharing"] is False
    assert sent["product_policy"] == "CLOUD_API_FALLBACK"
    features = sent["degrees_of_freedom_spec"]["creative_features_spec"]
    assert {one["enroll_status"] for one in features.values()} == {"OPT_OUT"}
    assert [one["type"] for one in sent["template"]["components"]].count("button") == 2
    await ask(town, town.people[1])
    await town.send()
    (code,) = bodies.of("+212612000002")
    assert "product_policy" not in code
    # The simulator answers 134100 to a template on the wrong edge: both were accepted.
    outcomes = [row["outcome"] for row in town.bench.ledger() if row["kind"] == "request"]
    assert outcomes == ["accepted", "accepted"]


async def ask(town: Street, contact_id: ContactId, **changes: Any) -> None:
    counter = itertools.count(contact_id)

    def random_bytes(count: int) -> bytes:
        return hashlib.sha256(struct.pack(">q", next(counter))).digest()[:count]

    await send_one_time_code(
        town.workspace,
        f"#{contact_id}",
        purpose=CodePurpose.ACCESS,
        random_bytes=random_bytes,
        **changes,
    )


def code_of(body: dict[str, Any]) -> str:
    texts = {one["parameters"][0]["text"] for one in body["template"]["components"]}
    (code,) = texts
    assert re.fullmatch(r"[0-9]{6}", code)
    return code


async def test_a_code_reaches_a_person_without_consent_and_is_kept_nowhere(
    town: Street, bodies: Bodies
) -> None:
    # Nobody asked this person for consent; the person asks for the own data.
    bilal = town.people[1]
    await ask(town, bilal)
    await town.send()
    (sent,) = bodies.of("+212612000002")
    code = code_of(sent)
    assert [one["type"] for one in sent["template"]["components"]] == ["body", "button"]
    (sealed,) = (await town.rows("SELECT sealed_request FROM deliver.attempt"))[0]
    kept = await town.workspace.vault.open(bilal, SEALED_REQUEST, bytes(sealed))
    assert kept is not None
    assert b"******" in kept
    assert code.encode() not in kept.replace(b"+212612000002", b"").replace(
        sent["biz_opaque_callback_data"].encode(), b""
    )
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    tries = [await tried(town, bilal, wrong), await tried(town, bilal, f"{code[:3]} {code[3:]}")]
    assert tries == [(CodeOutcome.WRONG, 4), (CodeOutcome.RIGHT, 0)]
    assert await tried(town, bilal, code) == (CodeOutcome.NONE, 0)
    assert await town.rows("SELECT state, nonce, tries::int FROM profile.one_time_code") == [
        ("used", None, 2)
    ]


async def tried(town: Street, contact_id: ContactId, code: str) -> tuple[CodeOutcome, int]:
    found = await try_one_time_code(town.workspace, f"#{contact_id}", code, purpose=CodePurpose.ACCESS)
    return found.outcome, found.tries_left


async def test_a_code_ends_after_five_tries_five_minutes_or_the_next_code(
    town: Street, bodies: Bodies
) -> None:
    bilal = town.people[1]
    await ask(town, bilal)
    with pytest.raises(CodeTooOftenError):
        await ask(town, bilal)
    outcomes = [(await tried(town, bilal, "x"))[0] for _ in range(6)]
    assert outcomes == [CodeOutcome.WRONG] * 4 + [CodeOutcome.FAILED, CodeOutcome.NONE]
    # A code that has ended is not sent any more.
    await town.send()
    assert bodies.of("+212612000002") == []
    town.clock.advance(timedelta(seconds=61).total_seconds())
    await ask(town, bilal)
    town.clock.advance(timedelta(seconds=61).total_seconds())
    await ask(town, bilal)
    await town.send()
    (sent,) = bodies.of("+212612000002")
    assert await town.rows("SELECT state FROM profile.one_time_code ORDER BY one_time_code_id") == [
        ("failed",), ("replaced",), ("live",)
    ]  # fmt: skip
    town.clock.advance(timedelta(minutes=5).total_seconds())
    assert await tried(town, bilal, code_of(sent)) == (CodeOutcome.EXPIRED, 0)
    for _ in range(2):
        await ask(town, bilal)
        town.clock.advance(timedelta(seconds=61).total_seconds())
    with pytest.raises(CodeTooOftenError, match="5 codes"):
        await ask(town, bilal)
    with pytest.raises(CodeNotPossibleError, match="none that is approved"):
        await ask(town, town.people[0], template="winback")
    with pytest.raises(CodeNotPossibleError, match="none that is active"):
        await ask(town, town.people[0], number="nobody")


async def test_a_file_is_uploaded_once_a_number_and_renewed_before_it_expires(town: Street) -> None:
    loads: list[bytes] = []
    files = {hashlib.sha256(JPEG).digest(): MediaFile(content=JPEG, mime_type="image/jpeg")}

    async def load(content_hash: bytes) -> MediaFile | None:
        loads.append(content_hash)
        return files.get(content_hash)

    (photo,) = files
    async with open_media_uploads(town.workspace, load) as uploads:
        first = await uploads.media_id_for(NUMBER, photo)
        town.clock.advance(timedelta(days=1).total_seconds())
        assert (await uploads.media_id_for(NUMBER, photo, filename="a.jpg")).media_id == first.media_id
        assert len(loads) == 1
        town.clock.advance(timedelta(days=27).total_seconds())
        assert await uploads.renew() == 1
        town.clock.advance(1)
        second = await uploads.media_id_for(NUMBER, photo)
        assert second != first
        assert len(loads) == 2
        # An upload that cannot be renewed is used as long as it holds, and no longer.
        files.clear()
        town.clock.advance(timedelta(days=28).total_seconds())
        assert await uploads.renew() == 0
        assert await uploads.media_id_for(NUMBER, photo) == second
        town.clock.advance(timedelta(days=2).total_seconds())
        with pytest.raises(FileGoneError):
            await uploads.media_id_for(NUMBER, photo)
        for content, mime_type in ((b"<html>", "image/jpeg"), (JPEG, "image/gif"), (bytes(6_000_000), "x/y")):
            file = MediaFile(content=content, mime_type=mime_type)
            files[file.content_hash] = file
            with pytest.raises(FileRefusedError):
                await uploads.media_id_for(NUMBER, file.content_hash)
    settings = replace(town.workspace.settings, access_token="another")
    files[photo] = MediaFile(content=JPEG, mime_type="image/jpeg")
    async with open_media_uploads(replace(town.workspace, settings=settings), load) as uploads:
        with pytest.raises(UploadFailedError, match="190"):
            await uploads.media_id_for(NUMBER, photo)


async def test_what_a_person_wrote_is_marked_as_read_and_no_message_is_counted(town: Street) -> None:
    asha, workspace = town.people[0], town.workspace
    async with open_lean_transport(workspace) as transport:
        with pytest.raises(NothingToReadError):
            await mark_conversation_read(workspace, asha, transport=transport)
        sealed = await workspace.vault.seal(asha, SEALED_WAMID, WAMID.encode())
        async with workspace.database.transaction() as connection:
            row = OpenedRow(
                business_number_id=NUMBER,
                contact_id=asha,
                last_inbound_at=town.clock.now(),
                referral_at=None,
                sealed_last_wamid=sealed,
                last_wamid_at=town.clock.now(),
            )
            await open_windows(connection, [row])
        for is_typing in (False, True):
            receipt = await mark_conversation_read(workspace, asha, transport=transport, is_typing=is_typing)
            assert receipt.business_number_id == NUMBER
    assert [row["outcome"] for row in town.bench.ledger() if row["kind"] == "request"] == ["receipt"] * 2
    assert await town.rows("SELECT count(*) FROM deliver.message") == [(0,)]
