"""The consent ledger: what people said about a purpose, when, how, and to which wording."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.profile import store
from rulecast.profile.contact import SEALED_EVIDENCE
from rulecast.profile.store import Connection, ConsentRow
from rulecast.values.ids import ContactId, ImportId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import SealItem, Vault

ConsentSource = Literal["import", "webhook", "agent", "track"]

METHOD_LENGTH_MAX = 100
WORDING_VERSION_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One line of the ledger.

    A grant without date, method and wording version is kept and counted, but *unproven*: nothing is ever
    sent on it. `evidence` is free text (a form's id, a recording's place) and is sealed.
    """

    contact_id: ContactId
    purpose: Purpose
    status: ConsentStatus
    source: ConsentSource
    occurred_at: datetime | None = None
    method: str = ""
    wording_version: str = ""
    evidence: str | None = field(default=None, repr=False)
    import_id: ImportId | None = None


async def record_consents(
    connection: Connection, vault: Vault, entries: Sequence[ConsentEntry], now: datetime
) -> int:
    """Append the entries in the caller's transaction and return how many were new.

    Where an entry denies or withdraws, the people's guard rows are locked first, in a statement of its own,
    so that no message can be permitted beside it. An undated entry counts from the moment it is recorded,
    and is appended once however often it is repeated.
    """
    return len(await append_consents(connection, vault, entries, now))


async def append_consents(
    connection: Connection, vault: Vault, entries: Sequence[ConsentEntry], now: datetime
) -> list[ContactId]:
    """Append the entries, as `record_consents` does, and return whose were new."""
    unique = list({_key(entry): entry for entry in entries}.values())
    if not unique:
        return []
    forbidding = sorted({one.contact_id for one in unique if one.status is not ConsentStatus.GRANTED})
    if forbidding:
        await store.lock_guards(connection, forbidding)
    evidenced = [entry for entry in unique if entry.evidence]
    sealed = iter(
        await vault.seal_many(
            [
                SealItem(entry.contact_id, SEALED_EVIDENCE, (entry.evidence or "").encode())
                for entry in evidenced
            ]
        )
    )
    rows = [
        ConsentRow(
            contact_id=entry.contact_id,
            purpose=entry.purpose.value,
            status=entry.status.value,
            occurred_at=entry.occurred_at,
            method=entry.method,
            wording_version=entry.wording_version,
            sealed_evidence=next(sealed) if entry.evidence else None,
            source=entry.source,
            import_id=entry.import_id or 0,
        )
        for entry in unique
    ]
    return await store.insert_consents(connection, rows, now)


async def find_proven(
    connection: Connection, contact_ids: Iterable[ContactId]
) -> set[tuple[ContactId, Purpose]]:
    """Return which of these people stand by a proven consent to which purposes."""
    found = await store.list_proven(connection, sorted(set(contact_ids)))
    return {(ContactId(contact_id), Purpose(purpose)) for contact_id, purpose in found}


def _key(entry: ConsentEntry) -> tuple[object, ...]:
    return (
        entry.contact_id,
        entry.purpose,
        entry.status,
        entry.occurred_at,
        entry.method,
        entry.wording_version,
    )
