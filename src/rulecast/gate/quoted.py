"""The message that a reply answers: what the person wrote last to the number, quoted above the answer."""

from collections.abc import Sequence

from rulecast.conversation.open_windows import SEALED_WAMID
from rulecast.conversation.store import find_windows
from rulecast.gate.open_each import open_each
from rulecast.gate.store import Connection
from rulecast.template.messages import MessageInvalidError
from rulecast.template.messages.limits import wamid_of
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault


async def find_quoted(
    connection: Connection, vault: Vault, contact_ids: Sequence[ContactId], *, business_number_id: str
) -> dict[int, str]:
    """Return the id of the newest message of each of these people, for the length of one rendering.

    Whose message is not known, or cannot be opened, is answered without a quotation.
    """
    if not contact_ids:
        return {}
    rows = await find_windows(connection, [(business_number_id, one) for one in dict.fromkeys(contact_ids)])
    items = [
        SealItem(ContactId(row.contact_id), SEALED_WAMID, row.sealed_last_wamid)
        for row in rows
        if row.sealed_last_wamid is not None
    ]
    plain, _ = await open_each(vault, items)
    found = {item.contact_id: one.decode() for item, one in zip(items, plain, strict=True) if one is not None}
    return {contact_id: wamid for contact_id, wamid in found.items() if _is_wamid(wamid)}


def _is_wamid(text: str) -> bool:
    try:
        wamid_of("quotes", text)
    except MessageInvalidError:
        return False
    return True
