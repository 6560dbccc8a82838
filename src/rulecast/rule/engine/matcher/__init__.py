"""The batch matcher: stored events and the people they are about come in; which rules each event fires goes out.

It says what the reference evaluator says, for all rules at once: routed by event, each distinct atom evaluated once
for a batch, counts of behaviour taken from counters kept by day. `matcher.store` keeps those counters in PostgreSQL.
"""

from rulecast.rule.engine.matcher.counters import CountedPair
from rulecast.rule.engine.matcher.matching import Matching
from rulecast.rule.engine.matcher.records import (
    EventsAsked,
    History,
    HistoryInMemory,
    Match,
    TriggeredRule,
    TriggerEvent,
)
from rulecast.rule.engine.matcher.rules import CompiledRules

__all__ = [
    "CompiledRules",
    "CountedPair",
    "EventsAsked",
    "History",
    "HistoryInMemory",
    "Match",
    "Matching",
    "TriggerEvent",
    "TriggeredRule",
]
