"""The engine: a checked condition goes in; who it means, as SQL or for one person with reasons, comes out."""

from rulecast.rule.engine.compile_sql import CompiledAudience, compile_audience
from rulecast.rule.engine.explain import ExplanationNode, explain
from rulecast.rule.engine.facts import ConsentFact, EventFact, PersonFacts
from rulecast.rule.engine.next_flip import next_flip
from rulecast.rule.engine.reference import evaluate
from rulecast.rule.engine.sql_nodes import Relations

__all__ = [
    "CompiledAudience",
    "ConsentFact",
    "EventFact",
    "ExplanationNode",
    "PersonFacts",
    "Relations",
    "compile_audience",
    "evaluate",
    "explain",
    "next_flip",
]
