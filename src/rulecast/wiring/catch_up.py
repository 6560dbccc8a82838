"""Bringing the mart up to the moment of a question."""

import asyncio

from rulecast.database import Connection, fetch_value, load_queries
from rulecast.rule.engine.mart import Freshness, Mart
from rulecast.values.catalogue import Catalogue

QUERIES = load_queries(__package__)
WAIT_SECONDS = 10.0
"""A transaction that is open for longer (a long import) does not make a plan wait; the plan says how fresh it is."""
POLL_SECONDS = 0.05


async def catch_up(connection: Connection, mart: Mart, catalogue: Catalogue) -> Freshness:
    """Sync until everything committed before the call is in the mart, for ten seconds at most.

    The mart reads below the oldest open transaction, so that it misses nothing; whoever holds that open is waited
    for.
    """
    wanted = int(await fetch_value(connection, QUERIES["read_next_transaction"]))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_SECONDS
    report = await mart.sync(connection, catalogue)
    while report.horizon < wanted and loop.time() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        report = await mart.sync(connection, catalogue)
    return await mart.freshness(connection)
