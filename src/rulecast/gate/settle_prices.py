"""What Meta billed for messages, where that is not what was estimated when they were let through."""

from collections.abc import Mapping, Sequence

from rulecast.gate import store
from rulecast.gate.rows import PermittedRow
from rulecast.gate.store import Connection


async def find_permitted(connection: Connection, message_ids: Sequence[int]) -> list[PermittedRow]:
    """Return the live permits of these messages."""
    return await store.find_permitted(connection, message_ids)


async def settle_prices(connection: Connection, billed_e4: Mapping[int, int]) -> int:
    """Keep what messages were billed, charge or refund the difference, and return how many it concerned.

    A budget never shows more than its limit: what lies beyond is money already spent, and nothing more is sent.
    """
    if not billed_e4:
        return 0
    return await store.settle_prices(connection, billed_e4)
