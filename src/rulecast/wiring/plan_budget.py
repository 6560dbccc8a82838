"""What a rule may still spend when a plan of it is made."""

from datetime import date, datetime, timedelta

from rulecast.account.store import list_billing_zones
from rulecast.database import Connection
from rulecast.plan import Terms, store
from rulecast.plan.budget import budget_e4
from rulecast.values.zone_offsets import local_time, utc_of_local
from rulecast.wiring.plan_draft import Follows, PlanBudget


async def read_budget(
    connection: Connection, terms: Terms, business_number_id: str, *, follows: Follows | None = None
) -> PlanBudget:
    """Return the rule's budget and what is left of it, per run or in the month where the number's account is billed.

    A later step is paid from the budget of the run it follows.

    Raises:
        BudgetCurrencyError: the budget is in a currency for which the workspace has no figure.
    """
    budget = terms.rule.budget
    limit = budget_e4(budget, billing_currency=terms.billing_currency, rates=terms.policy.budget_rates)
    if budget is None or limit is None or budget.per == "run":
        spent = 0 if follows is None else await store.find_run_spending(connection, follows.first_run_id)
        left = None if limit is None else max(limit - spent, 0)
        return PlanBudget(limit_e4=limit, left_e4=left, next_month=None)
    zone = (await list_billing_zones(connection)).get(business_number_id) or terms.workspace_zone
    month = month_of(terms.evaluated_at, zone=zone)
    spent = await store.find_month_spending(connection, terms.rule.name, month)
    following = (month + timedelta(days=31)).replace(day=1)
    return PlanBudget(
        limit_e4=limit,
        left_e4=max(limit - spent, 0),
        next_month=utc_of_local(zone, following),
    )


def month_of(at: datetime, *, zone: str) -> date:
    """Return the first day of the month that an instant belongs to in a zone."""
    return local_time(zone, at).date().replace(day=1)
