"""The warm-up of young numbers: how many people a day each may write marketing to.

What became of a number's matured messages comes in; its budget of people goes out, locked until the permits that use it
are written, and evaluated once a day.
"""

from rulecast.gate.warm_ups.begin_warm_up import begin_warm_up
from rulecast.gate.warm_ups.evaluate_warm_ups import evaluate_warm_ups
from rulecast.gate.warm_ups.hold_budget import hold_budget, terms_of

__all__ = ["begin_warm_up", "evaluate_warm_ups", "hold_budget", "terms_of"]
