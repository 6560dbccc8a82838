"""Between what and what a plan's messages will cost.

Planned messages with their prices come in, with who is free in an entry point and how many of the last messages
arrived; the lowest and the highest cost go out, each with its reason.
"""

from rulecast.plan.cost.interval import CostInterval, Line, cost_interval
from rulecast.plan.cost.read_cost import read_answers, read_interval

__all__ = ["CostInterval", "Line", "cost_interval", "read_answers", "read_interval"]
