"""Read what bears on the cost of a stored plan, and give its interval."""

from datetime import datetime

from rulecast.account.errors import RateUnknownError
from rulecast.account.rate_card import market_of
from rulecast.account.service_price import allowance_left
from rulecast.plan.combine import Terms, local_day
from rulecast.plan.cost import store
from rulecast.plan.cost.answers import Answers, answers_cost, listed_prices
from rulecast.plan.cost.interval import CostInterval, Line, cost_interval
from rulecast.plan.cost.store import Connection
from rulecast.values.ids import PlanId
from rulecast.values.zone_offsets import utc_of_local

TIERED = frozenset({"utility", "authentication"})
"""Volume tiers exist for these categories alone."""


async def read_interval(
    connection: Connection, terms: Terms, plan_id: PlanId, *, business_number_id: str
) -> CostInterval:
    """Return between what and what the planned messages will cost."""
    at = max(terms.evaluated_at, terms.made_at)
    templates = {int(one.template_id): one.category for one in terms.templates.values()}
    rows = await store.sum_messages(connection, plan_id, business_number_id=business_number_id)
    charged = (
        await _charged(connection, terms, at)
        if any(templates.get(one.template_id) in TIERED for one in rows)
        else {}
    )
    arrived, sampled = await store.sample_arrivals(connection, business_number_id, before=at)
    lines = [_line(terms, row, templates.get(row.template_id, ""), charged=charged, at=at) for row in rows]
    return cost_interval(lines, arrived=arrived, sampled=sampled)


async def _charged(connection: Connection, terms: Terms, at: datetime) -> dict[tuple[str, str], int]:
    """Return how many messages of the month were charged, by market and category."""
    day = local_day(clock_zone=terms.billing_zone, at=at, workspace_zone=terms.workspace_zone)
    since = utc_of_local(terms.billing_zone, day.replace(day=1))
    found: dict[tuple[str, str], int] = {}
    for country, category, count in await store.count_charged(connection, since):
        key = (market_of(country), category)
        found[key] = found.get(key, 0) + count
    return found


def _line(
    terms: Terms,
    row: store.MessageSum,
    category: str,
    *,
    charged: dict[tuple[str, str], int],
    at: datetime,
) -> Line:
    day = local_day(clock_zone=terms.billing_zone, at=at, workspace_zone=terms.workspace_zone)
    try:
        marketing = terms.rate_card.find(row.country, "marketing", currency=terms.billing_currency, on=day)
        tiers = terms.rate_card.tiers(row.country, category, currency=terms.billing_currency, on=day)
    except RateUnknownError:
        return Line(
            count=row.count, cost_e4=row.cost_e4, free_e4=row.free_e4, tiers=(), charged=0, marketing_e4=0
        )
    return Line(
        count=row.count,
        cost_e4=row.cost_e4,
        free_e4=row.free_e4,
        tiers=tiers,
        charged=charged.get((market_of(row.country), category), 0),
        marketing_e4=marketing.price_e4 if category == "utility" else 0,
    )


async def read_answers(
    connection: Connection, terms: Terms, plan_id: PlanId, *, business_number_id: str, replies: int
) -> Answers:
    """Return what answers to a plan's messages can cost, `replies` to each of them."""
    at = max(terms.evaluated_at, terms.made_at)
    day = local_day(clock_zone=terms.billing_zone, at=at, workspace_zone=terms.workspace_zone)
    people: dict[str, int] = {}
    for row in await store.sum_messages(connection, plan_id, business_number_id=business_number_id):
        people[row.country] = people.get(row.country, 0) + row.count
    since = utc_of_local(terms.billing_zone, day.replace(day=1))
    answered = await store.count_answered(connection, business_number_id, since=since)
    return answers_cost(
        listed_prices(people, terms.rate_card, currency=terms.billing_currency, on=day),
        replies=replies,
        left=allowance_left(answered),
    )
