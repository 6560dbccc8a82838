"""What happened and why: funnels that balance, rates that name their denominator, losses, conversions.

Messages, permits, verdicts and members of plans come in; funnels by run, rule, variant, template and hour go out.
Nothing here changes a message; counted successes are the only rows it writes.
"""

from rulecast.observe.funnel import Funnel, Grain, price_of
from rulecast.observe.rates import Rate, rates_of
from rulecast.observe.read_funnels import read_funnels
from rulecast.observe.store import Scope, find_run, list_losses, list_runs

__all__ = [
    "Funnel",
    "Grain",
    "Rate",
    "Scope",
    "find_run",
    "list_losses",
    "list_runs",
    "price_of",
    "rates_of",
    "read_funnels",
]
