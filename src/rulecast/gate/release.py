"""Give a permit back, where Meta surely never accepted the message."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.gate import store
from rulecast.gate.store import Connection


async def release_permits(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    """Release the live permits of these messages, so that caps, limits and budgets count them no longer.

    Where an earlier attempt of a message is in doubt, its permit takes the place of the one given back. Other rules
    can have the people of those that ended, and stronger ones those of the others.
    """
    if message_ids:
        await store.release_permits(connection, sorted(message_ids), now=now)
        await store.retake_permits(connection, sorted(message_ids), only_in_doubt=True)
        await store.free_reservations(connection, sorted(message_ids))
        await store.unmark_reservations(connection, sorted(message_ids))
