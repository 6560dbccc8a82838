"""The breaker: what has become of messages and what stands in the ledger come in; holds, stops and incidents go out.

Three questions, asked as soon as a bad sign is committed and at least twice a second: is a stop condition of a rule
true, does more go wrong than usual, is a promise broken.
"""

from rulecast.wiring.breaker.invariants import Guard
from rulecast.wiring.breaker.rates import check_rates
from rulecast.wiring.breaker.upkeep import run_upkeep
from rulecast.wiring.breaker.watch import watch_promises, watch_rates

__all__ = ["Guard", "check_rates", "run_upkeep", "watch_promises", "watch_rates"]
