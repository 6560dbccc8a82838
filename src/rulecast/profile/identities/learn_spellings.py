"""Keep how WhatsApp writes the numbers we dial otherwise."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.profile.identities import store
from rulecast.profile.identities.store import Connection
from rulecast.profile.identity import Identity, lookup_of
from rulecast.profile.seal_identities import seal_identities
from rulecast.values.ids import ContactId
from rulecast.vault import Vault


async def learn_spellings(
    connection: Connection, vault: Vault, spelled: Sequence[tuple[ContactId, str]], now: datetime
) -> None:
    """Keep spellings (E.164 with plus sign) beside the numbers of these people; the numbers stay as they are.

    A spelling that anybody has already, as number or as spelling, is left alone.
    """
    wanted = {
        lookup_of(vault, identity): (contact_id, identity)
        for contact_id, value in spelled
        for identity in (Identity(kind="wa_id", value=value),)
    }
    if not wanted:
        return
    taken = {one.lookup for one in await store.find_owners(connection, wanted)}
    new = [one for lookup, one in sorted(wanted.items()) if lookup not in taken]
    rows = await seal_identities(vault, new)
    await store.open_identities(connection, [(row, now) for row in rows])
