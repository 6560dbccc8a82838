"""A segment checked alone, when the workspace declares it: for a rule of any purpose it could serve."""

from rulecast.rule.language.check_types import check_types
from rulecast.rule.language.parse import parse_condition
from rulecast.rule.language.problem import RuleProblem, RuleProblems, in_order
from rulecast.rule.language.resolve import resolve
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import Catalogue
from rulecast.values.purpose import Purpose


def check_segment(name: str, catalogue: Catalogue) -> RuleProblems | None:
    """Return what keeps every rule from naming a segment, or None where a rule of some purpose can."""
    parsed = parse_condition(catalogue.segments[name])
    if isinstance(parsed, RuleProblems):
        return parsed
    fewest: tuple[RuleProblem, ...] | None = None
    for purpose in Purpose:
        scope = Scope(catalogue=catalogue, purpose=purpose, problems=[], segments=(name,))
        check_types(resolve(parsed, scope), scope)
        found = in_order(scope.problems)
        if not found:
            return None
        if fewest is None or len(found) < len(fewest):
            fewest = found
    return RuleProblems(problems=fewest or ())
