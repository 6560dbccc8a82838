"""Leave out events that came before, where their instant is only the one of their arrival."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rulecast.collect import store
from rulecast.collect.event import NewEvent
from rulecast.collect.store import Connection

REPEATED_WITHIN = timedelta(days=14)
"""Meta repeats a webhook for seven days; what comes later than twice that is another one."""


async def drop_repeats(connection: Connection, events: Sequence[NewEvent], now: datetime) -> list[NewEvent]:
    """Return the events nobody has recorded in the last days, each key once; they are known by key alone."""
    if not events:
        return []
    first = {one.event_key: one for one in reversed(events)}
    known = await store.find_known_keys(connection, sorted(first), since=now - REPEATED_WITHIN)
    return [one for key, one in first.items() if key not in known]
