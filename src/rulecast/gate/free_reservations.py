"""Let other rules have the people whose message ended without a permit."""

from collections.abc import Sequence

from rulecast.gate import store
from rulecast.gate.store import Connection


async def free_reservations(connection: Connection, message_ids: Sequence[int]) -> None:
    """Delete the reservations behind those of these messages that ended and hold no live permit."""
    if message_ids:
        await store.free_reservations(connection, sorted(message_ids))
