"""Count a permit again that was given back, where a status proves that Meta took the message after all."""

from collections.abc import Sequence

from rulecast.gate import store
from rulecast.gate.store import Connection


async def retake_permits(connection: Connection, message_ids: Sequence[int]) -> None:
    """Put the newest permit of each of these messages in force again, unless one is; caps and budgets count it."""
    if message_ids:
        await store.retake_permits(connection, sorted(message_ids))
