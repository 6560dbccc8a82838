"""Give a permit back, where Meta surely never accepted the message."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.gate import store
from rulecast.gate.store import Connection


async def release_permits(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    """Release the live permits of these messages, so that caps, limits and budgets count them no longer."""
    if message_ids:
        await store.release_permits(connection, sorted(message_ids), now=now)
