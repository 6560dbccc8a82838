"""The daily evaluation of young numbers, on what is old enough to be judged."""

from datetime import datetime

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.account.warm_up import (
    BASELINE,
    EVALUATED_EVERY,
    MATURITY,
    Signals,
    WarmUp,
    WarmUpTerms,
    evaluate,
)
from rulecast.gate.store import policy_table
from rulecast.gate.warm_ups import store
from rulecast.gate.warm_ups.hold_budget import terms_of
from rulecast.gate.warm_ups.store import Connection
from rulecast.policy import SendingPolicy, read_sending_policy


async def evaluate_warm_ups(
    connection: Connection, usual: WarmUpTerms | None, *, now: datetime
) -> dict[str, WarmUp]:
    """Evaluate every young number whose day is over and return where each stands now."""
    due = await store.find_due(connection, before=now - EVALUATED_EVERY)
    if not due:
        return {}
    text = await store.read_policy(connection)
    policy = SendingPolicy() if text is None else read_sending_policy(policy_table(text))
    terms = terms_of(policy, usual)
    if terms is None:
        return {}
    found = {}
    for business_number_id, standing, quality in due:
        judged_from = standing.evaluated_at - MATURITY
        signals = Signals(
            quality=quality.casefold(),
            counts=await store.count_signals(
                connection, business_number_id, since=judged_from, until=now - MATURITY
            ),
            baseline=await store.count_signals(
                connection, business_number_id, since=judged_from - BASELINE, until=judged_from
            ),
            people=await store.count_marketed(
                connection,
                business_number_id,
                counted_from=standing.evaluated_at,
                # The day the budget was for, however late it is judged.
                counted_until=standing.evaluated_at + PORTFOLIO_WINDOW,
            ),
        )
        found[business_number_id] = evaluate(standing, signals, terms, now)
        await store.save_warm_up(connection, business_number_id, found[business_number_id])
    return found
