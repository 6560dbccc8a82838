"""Read receipts: whoever handles what a person wrote lets the person see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from operator import itemgetter

from rulecast.account.store import list_numbers
from rulecast.conversation import WindowRow
from rulecast.conversation.open_windows import SEALED_WAMID
from rulecast.conversation.store import find_windows
from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.mark_read import mark_read
from rulecast.deliver.transport import Transport
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId
from rulecast.wiring.workspace import Workspace


class NothingToReadError(RulecastError):
    """A person has written nothing that could be marked as read."""

    code = "RC-RECEIPT-001"
    summary = "A person has written nothing that could be marked as read."
    remedy = "Look at the person with `rulecast contact show`; name the business number they wrote to."


class ReceiptNotTakenError(RulecastError):
    """Meta did not take a read receipt."""

    code = "RC-RECEIPT-002"
    summary = "Meta did not take a read receipt."
    remedy = "Try again; nothing else depends on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Whose newest message was marked, at which of our numbers."""

    contact_id: ContactId
    business_number_id: str


async def mark_conversation_read(
    workspace: Workspace,
    contact_id: ContactId,
    *,
    transport: Transport,
    number: str | None = None,
    is_typing: bool = False,
) -> Receipt:
    """Mark what a person wrote as read, up to the newest message; `number` is the name of one of ours.

    Raises:
        NothingToReadError: the person has written nothing, or not to this number.
        ReceiptNotTakenError: Meta did not take it.
    """
    async with workspace.database.connection() as connection:
        numbers = [one for one in await list_numbers(connection) if number in {None, one.name}]
        windows = await find_windows(
            connection, [(str(one.business_number_id), contact_id) for one in numbers]
        )
    newest = _newest(windows)
    wamid = (
        None
        if newest is None or newest.sealed_last_wamid is None
        else await workspace.vault.open(contact_id, SEALED_WAMID, newest.sealed_last_wamid)
    )
    if newest is None or wamid is None:
        raise NothingToReadError
    taken = await mark_read(
        transport,
        business_number_id=newest.business_number_id,
        wamid=wamid.decode(),
        is_typing=is_typing,
    )
    if not taken:
        raise ReceiptNotTakenError
    return Receipt(contact_id=contact_id, business_number_id=newest.business_number_id)


def _newest(windows: list[WindowRow]) -> WindowRow | None:
    heard = [(one.last_inbound_at, one) for one in windows if one.last_inbound_at is not None]
    return max(heard, key=itemgetter(0))[1] if heard else None


@asynccontextmanager
async def open_lean_transport(workspace: Workspace) -> AsyncIterator[Transport]:
    """Open the way to Meta for a few requests."""
    settings = workspace.settings
    async with LeanTransport(
        base_url=settings.graph_base_url,
        version=settings.graph_version,
        access_token=settings.access_token or "",
    ) as transport:
        yield transport
