"""The month partitions of the large tables, made before their first rows come.

A row whose month has no partition goes to the default one, and from then on PostgreSQL refuses that month a
partition of its own. So every opening of a workspace makes the months at hand, before any role can write.
"""

from datetime import date, timedelta

import structlog

from rulecast.database import Database, execute, fetch_all, load_queries
from rulecast.database.errors import CheckViolation

QUERIES = load_queries(__package__)
LOG = structlog.get_logger("partitions")

PARTITIONED = ("collect.inbox", "collect.event", "gate.verdict", "deliver.attempt", "deliver.status")
# The clocks of hosts differ by less than a day, and so do Meta's instants from ours.
MARGIN = timedelta(days=1)


async def make_partitions(database: Database, today: date, *, ahead: timedelta) -> int:
    """Make what is missing of the months from yesterday's to that of `today + ahead`, and return how many.

    Each month has a transaction of its own: one whose rows stand in the default partition already keeps them there,
    where they are found all the same, and hinders no other.
    """
    async with database.connection() as connection:
        missing = await fetch_all(
            connection,
            QUERIES["missing_partitions"],
            {"parents": list(PARTITIONED), "from_day": today - MARGIN, "to_day": today + ahead},
        )
    made = 0
    for parent, month in missing:
        try:
            async with database.transaction() as connection:
                await execute(connection, QUERIES["ensure_partition"], {"parent": parent, "month": month})
        except CheckViolation:
            LOG.warning("partition not made", table=f"{parent}_{month:%Y%m}")
        else:
            made += 1
    return made
