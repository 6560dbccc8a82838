"""A funnel as plain data: the same object for `--json`, the page and whoever reads reports by machine."""

from decimal import Decimal

from rulecast.observe.funnel import Funnel, price_of
from rulecast.observe.rates import rates_of


def summary_of(funnel: Funnel, currency: str) -> dict[str, object]:
    """Return the funnel with its rates and its balance; amounts are decimal texts in major units."""
    return {
        "key": funnel.key,
        "considered": funnel.considered,
        "excluded": dict(funnel.excluded),
        "planned": funnel.planned,
        "states": dict(funnel.states),
        "reasons": {state: dict(found) for state, found in funnel.reasons.items()},
        "accepted": funnel.accepted,
        "delivered": funnel.delivered,
        "read_at_least": funnel.read,
        "clicked": funnel.clicked,
        "replied": funnel.replied,
        "converted": funnel.converted,
        "converted_worth": {one.currency: str(one.amount) for one in funnel.worth},
        "opted_out": funnel.opted_out,
        "failed": {str(code): count for code, count in funnel.failed.items()},
        "refused": {str(code): count for code, count in funnel.refused.items()},
        "open": funnel.open,
        "cost_estimated": _amount(price_of(funnel.cost_estimated_e4, currency)),
        "cost_billed": _amount(price_of(funnel.cost_billed_e4, currency)),
        "currency": currency,
        "rates": {
            rate.name: {
                "count": rate.count,
                "of": rate.of,
                "denominator": rate.denominator,
                "share": rate.share,
                "is_at_least": rate.is_at_least,
            }
            for rate in rates_of(funnel)
        },
        "difference": funnel.difference,
    }


def _amount(value: Decimal) -> str:
    return f"{value:f}"
