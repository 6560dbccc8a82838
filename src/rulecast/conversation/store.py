"""The only file of this room that reaches the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.conversation.windows import WindowRow
from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.values.ids import ContactId

__all__ = ["QUERIES", "Connection", "DetailRow", "OpenedRow", "WindowRow"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRow:
    """What a message does to a window."""

    business_number_id: str
    contact_id: ContactId
    last_inbound_at: datetime
    referral_at: datetime | None
    sealed_last_wamid: bytes | None = field(repr=False)
    last_wamid_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailRow:
    """A sealed detail of an event."""

    event_key: bytes
    contact_id: ContactId
    kind: str
    occurred_at: datetime
    sealed_detail: bytes = field(repr=False)


async def open_windows(connection: Connection, rows: Sequence[OpenedRow]) -> None:
    """Open or extend windows; rows come in the order of their keys."""
    await execute(
        connection,
        QUERIES["open_windows"],
        {
            "numbers": [row.business_number_id for row in rows],
            "contact_ids": [row.contact_id for row in rows],
            "last_inbound": [row.last_inbound_at for row in rows],
            "referrals": [row.referral_at for row in rows],
            "wamids": [row.sealed_last_wamid for row in rows],
            "wamids_at": [row.last_wamid_at for row in rows],
        },
    )


async def answer_entry_points(
    connection: Connection, answers: Sequence[tuple[str, ContactId, datetime]]
) -> None:
    """Keep the first answer after each referral."""
    await execute(
        connection,
        QUERIES["answer_entry_points"],
        {
            "numbers": [number for number, _, _ in answers],
            "contact_ids": [contact_id for _, contact_id, _ in answers],
            "answered": [at for _, _, at in answers],
        },
    )


async def find_windows(connection: Connection, pairs: Sequence[tuple[str, ContactId]]) -> list[WindowRow]:
    """Return the windows of these numbers and people."""
    return await fetch_all(
        connection,
        QUERIES["find_windows"],
        {"numbers": [number for number, _ in pairs], "contact_ids": [contact_id for _, contact_id in pairs]},
        record=WindowRow,
    )


async def insert_details(connection: Connection, rows: Sequence[DetailRow]) -> None:
    """Append details that are not there yet."""
    await execute(
        connection,
        QUERIES["insert_details"],
        {
            "keys": [row.event_key for row in rows],
            "contact_ids": [row.contact_id for row in rows],
            "kinds": [row.kind for row in rows],
            "occurred": [row.occurred_at for row in rows],
            "sealed": [row.sealed_detail for row in rows],
        },
    )


async def insert_revocations(connection: Connection, revoked: Mapping[bytes, datetime]) -> None:
    """Keep which events were taken back."""
    await execute(
        connection,
        QUERIES["insert_revocations"],
        {"keys": list(revoked), "revoked": list(revoked.values())},
    )


async def delete_revoked(connection: Connection, event_keys: Sequence[bytes]) -> list[bytes]:
    """Delete words and details of those of these events that were taken back, and return them."""
    taken = await fetch_all(connection, QUERIES["delete_revoked"], {"keys": list(event_keys)})
    return [bytes(key) for (key,) in taken]


async def forget_wamids(connection: Connection, rows: Sequence[WindowRow]) -> None:
    """Forget the newest messages of these windows, where they are still the same."""
    await execute(
        connection,
        QUERIES["forget_wamids"],
        {
            "numbers": [row.business_number_id for row in rows],
            "contact_ids": [row.contact_id for row in rows],
            "sealed": [row.sealed_last_wamid for row in rows],
        },
    )
