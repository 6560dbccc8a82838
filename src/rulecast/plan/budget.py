"""A rule's budget in the currency the workspace is billed in."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from rulecast.account import PRICE_SCALE
from rulecast.plan.errors import BudgetCurrencyError
from rulecast.rule.language.document import Budget
from rulecast.values.money import MINOR_UNIT_DIGITS


def budget_e4(budget: Budget | None, *, billing_currency: str, rates: Mapping[str, Decimal]) -> int | None:
    """Return the budget in 10^-4 minor units of the billing currency, rounded down; None without a budget.

    `rates` says what one unit of another currency counts as; Meta's cards are never converted, only the budget is.

    Raises:
        BudgetCurrencyError: the budget is in another currency and the workspace has no figure for it.
    """
    if budget is None:
        return None
    rate = Decimal(1) if budget.currency == billing_currency else rates.get(budget.currency)
    if rate is None:
        raise BudgetCurrencyError(
            f"The budget is in {budget.currency}, the workspace is billed in {billing_currency}."
        )
    scaled = (budget.amount * rate).scaleb(MINOR_UNIT_DIGITS.get(billing_currency, 2)) * PRICE_SCALE
    return int(scaled.to_integral_value(ROUND_DOWN))
