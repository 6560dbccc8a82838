"""Statistics.

Counts come in; evidence, bounds and decisions with stated error rates go out. Pure arithmetic: no clock, no storage.
"""

from rulecast.statistics.sequential import evidence_above, is_above, upper_bound

__all__ = ["evidence_above", "is_above", "upper_bound"]
