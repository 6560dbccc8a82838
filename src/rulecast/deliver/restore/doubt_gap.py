"""Make what may have been sent since a restored state `unknown`, so that nothing is sent twice."""

from datetime import datetime

from rulecast.deliver.restore import store
from rulecast.deliver.restore.store import Connection

DOUBT_BATCH_MAX = 5_000
"""Messages of one transaction: it holds up status webhooks for some tenths of a second."""


async def doubt_gap(connection: Connection, *, now: datetime) -> int:
    """Doubt at most `DOUBT_BATCH_MAX` open messages that were due by now, and return how many; repeat until 0.

    What is due later cannot have been sent: a message's time is only ever put off.
    """
    return await store.doubt_some(connection, count_max=DOUBT_BATCH_MAX, now=now)
