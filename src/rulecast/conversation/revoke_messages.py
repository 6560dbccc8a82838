"""Forget the words of messages that people took back, and that an answer would quote them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from rulecast.conversation import store
from rulecast.conversation.open_windows import SEALED_WAMID, Heard
from rulecast.conversation.store import Connection
from rulecast.vault import Vault
from rulecast.vault.errors import SealBrokenError


async def revoke_messages(
    connection: Connection,
    vault: Vault,
    *,
    revoked: Mapping[bytes, datetime],
    written: Collection[bytes],
    quotable: Mapping[bytes, Heard],
) -> None:
    """Delete words and details of the revoked events, and of `written` ones that were revoked before they came.

    `quotable` are the messages behind events, revoked ones too: where an answer would quote one that was taken back
    it quotes nothing. Run it after the windows were opened.
    """
    if revoked:
        await store.insert_revocations(connection, revoked)
    keys = {*revoked, *written, *quotable}
    if not keys:
        return
    taken = await store.delete_revoked(connection, sorted(keys))
    await _forget_quoted(connection, vault, [quotable[key] for key in taken if key in quotable])


async def _forget_quoted(connection: Connection, vault: Vault, taken: Sequence[Heard]) -> None:
    if not taken:
        return
    gone = {(one.business_number_id, one.contact_id, one.wamid.encode()) for one in taken}
    rows = await store.find_windows(connection, sorted({(number, person) for number, person, _ in gone}))
    forgotten = []
    for row in rows:
        if row.sealed_last_wamid is None:
            continue
        try:
            wamid = await vault.open(row.contact_id, SEALED_WAMID, row.sealed_last_wamid)
        except SealBrokenError:
            # What cannot be opened is quoted by nobody.
            continue
        if (row.business_number_id, row.contact_id, wamid) in gone:
            forgotten.append(row)
    if forgotten:
        await store.forget_wamids(connection, forgotten)
