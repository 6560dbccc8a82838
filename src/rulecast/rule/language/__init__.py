"""The rule language, pure: a rule's text and a catalogue go in, a checked rule or problems with places come out."""

from rulecast.rule.language.check import CheckedRule, check_rule
from rulecast.rule.language.document import Rule
from rulecast.rule.language.explain_rule import explain_rule
from rulecast.rule.language.format_rule import format_rule
from rulecast.rule.language.parse import parse_rule
from rulecast.rule.language.problem import RuleProblem, RuleProblems
from rulecast.rule.language.to_json import rule_from_json, rule_to_json

__all__ = [
    "CheckedRule",
    "Rule",
    "RuleProblem",
    "RuleProblems",
    "check_rule",
    "explain_rule",
    "format_rule",
    "parse_rule",
    "rule_from_json",
    "rule_to_json",
]
