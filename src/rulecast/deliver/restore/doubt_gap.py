"""Make what may have been sent since a restored state `unknown`, so that nothing is sent twice."""

from datetime import datetime

from rulecast.account.store import list_billing_zones
from rulecast.deliver.restore import store
from rulecast.deliver.restore.store import Connection
from rulecast.values.zone_offsets import local_time

DOUBT_BATCH_MAX = 1_000
"""Messages of one transaction, each with a permit and an attempt: it holds up status webhooks for some tenths of a
second."""


async def doubt_gap(connection: Connection, *, workspace_zone: str, now: datetime) -> int:
    """Doubt at most `DOUBT_BATCH_MAX` open messages that were due by now, and return how many; repeat until 0.

    What is due later cannot have been sent: a message's time is only ever put off. Budgets of a month are charged in
    the one that runs where the number's account is billed, else in the workspace's zone.
    """
    zones = await list_billing_zones(connection)
    months = {
        number: local_time(zone or workspace_zone, now).date().replace(day=1)
        for number, zone in zones.items()
    }
    return await store.doubt_some(connection, count_max=DOUBT_BATCH_MAX, months=months, now=now)
