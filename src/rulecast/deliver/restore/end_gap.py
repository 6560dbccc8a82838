"""End what was to be written since a restored state, so that nothing of it goes out a second time."""

from datetime import datetime

from rulecast.deliver.restore import store
from rulecast.deliver.restore.store import Connection

END_BATCH_MAX = 1_500
"""Rows of each of three kinds in one transaction: 4,500 at most, below the 5,000 of one transaction."""


async def end_gap(connection: Connection, *, now: datetime) -> int:
    """End some next steps, replies and answers to opt-outs due by now, and return how many; repeat until 0."""
    return await store.end_some(connection, count_max=END_BATCH_MAX, now=now)
