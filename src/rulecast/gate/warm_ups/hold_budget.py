"""How many new people a young number may write marketing to now."""

from datetime import datetime

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.account.warm_up import WarmUpTerms
from rulecast.gate.warm_ups import store
from rulecast.gate.warm_ups.begin_warm_up import begin_warm_up
from rulecast.gate.warm_ups.store import Connection
from rulecast.policy import SendingPolicy


def terms_of(policy: SendingPolicy, usual: WarmUpTerms | None) -> WarmUpTerms | None:
    """Return the terms in force: the workspace's own, else the usual ones; None where numbers are not warmed up."""
    if policy.warm_up is None:
        return usual
    return policy.warm_up if policy.warm_up.start else None


async def hold_budget(
    connection: Connection, business_number_id: str, terms: WarmUpTerms, *, now: datetime
) -> int | None:
    """Return what is left of a number's budget, locked until the permits are written; None once it is warmed up."""
    standing = await store.lock_warm_up(connection, business_number_id)
    if standing is None:
        await begin_warm_up(connection, business_number_id, terms, now=now)
        standing = await store.lock_warm_up(connection, business_number_id)
    if standing is None or standing.is_over:
        return None
    people = await store.count_marketed(
        connection, business_number_id, counted_from=now - PORTFOLIO_WINDOW, counted_until=now
    )
    return max(0, standing.budget - people)
