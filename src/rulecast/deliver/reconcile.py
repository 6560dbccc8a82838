"""What nobody answered: doubts past their deadline are called unresolved, and never sent again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rulecast.deliver import store
from rulecast.deliver.store import Connection


async def reconcile_unknown(
    connection: Connection, business_number_ids: Iterable[str], *, deadline: timedelta, now: datetime
) -> int:
    """Give up the doubts of these numbers that are older than the deadline, and return how many.

    Their permits stay spent; a status that comes later still makes them accepted.
    """
    given_up = 0
    for number in business_number_ids:
        given_up += await store.give_up_unknown(connection, number, before=now - deadline, now=now)
    return given_up
