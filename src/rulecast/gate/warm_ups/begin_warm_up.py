"""A number's first day, where it has none yet."""

from datetime import datetime

from rulecast.account.warm_up import WarmUpTerms, begin
from rulecast.gate.warm_ups import store
from rulecast.gate.warm_ups.store import Connection


async def begin_warm_up(
    connection: Connection, business_number_id: str, terms: WarmUpTerms, *, now: datetime
) -> None:
    """Begin the warm-up of a number that never began one; one that wrote to people before is past it."""
    first = begin(terms, now)
    await store.begin_warm_up(connection, business_number_id, budget=first.budget, now=now)
