"""Open windows by what people wrote, in the caller's transaction and by the webhook's own time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.conversation import store
from rulecast.conversation.store import Connection
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault

SEALED_WAMID = "conversation.window.sealed_last_wamid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message a person wrote to a number.

    `is_referral` where an advertisement or a page brought it, `is_quotable` where an answer can quote it.
    """

    business_number_id: str
    contact_id: ContactId
    occurred_at: datetime
    wamid: str = field(repr=False)
    is_referral: bool = False
    is_quotable: bool = True


async def open_windows(connection: Connection, vault: Vault, heard: Sequence[Heard]) -> None:
    """Open or extend the windows of these messages; any order and repetition come to the same."""
    newest: dict[tuple[str, ContactId], Heard] = {}
    quotable: dict[tuple[str, ContactId], Heard] = {}
    referred: dict[tuple[str, ContactId], datetime] = {}
    for one in heard:
        key = (one.business_number_id, one.contact_id)
        if key not in newest or newest[key].occurred_at < one.occurred_at:
            newest[key] = one
        if one.is_quotable and (key not in quotable or quotable[key].occurred_at < one.occurred_at):
            quotable[key] = one
        if one.is_referral:
            referred[key] = max(one.occurred_at, referred.get(key, one.occurred_at))
    if not newest:
        return
    ordered = sorted(newest)
    quoted = sorted(quotable)
    wamids = await vault.seal_many(
        [
            SealItem(contact_id, SEALED_WAMID, quotable[number, contact_id].wamid.encode())
            for number, contact_id in quoted
        ]
    )
    sealed = dict(zip(quoted, wamids, strict=True))
    await store.open_windows(
        connection,
        [
            store.OpenedRow(
                business_number_id=key[0],
                contact_id=key[1],
                last_inbound_at=newest[key].occurred_at,
                referral_at=referred.get(key),
                sealed_last_wamid=sealed.get(key),
                last_wamid_at=quotable[key].occurred_at if key in quotable else None,
            )
            for key in ordered
        ],
    )


async def answer_entry_points(
    connection: Connection, answers: Sequence[tuple[str, ContactId, datetime]]
) -> None:
    """Keep when (number, person) was first answered after a referral; an earlier answer wins."""
    first: dict[tuple[str, ContactId], datetime] = {}
    for number, contact_id, at in answers:
        first[number, contact_id] = min(at, first.get((number, contact_id), at))
    if first:
        await store.answer_entry_points(connection, [(*key, first[key]) for key in sorted(first)])


async def find_windows(
    connection: Connection, pairs: Sequence[tuple[str, ContactId]]
) -> dict[tuple[str, ContactId], store.WindowRow]:
    """Return the windows of these numbers and people; our answers are read from the messages sent."""
    if not pairs:
        return {}
    rows = await store.find_windows(connection, sorted(set(pairs)))
    return {(row.business_number_id, row.contact_id): row for row in rows}
