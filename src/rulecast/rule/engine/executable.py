"""Whether the mart can evaluate what the checker lets pass: exact calculations have as many digits as it holds."""

from datetime import UTC, datetime

from rulecast.rule.engine.compile_sql import compile_audience
from rulecast.rule.engine.sql_errors import MeasureTooWideError
from rulecast.rule.language import CheckedRule, RuleProblem, RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.problem import OUT_OF_LIMITS
from rulecast.rule.language.walk import atoms_of

# How many digits a calculation can need depends on no instant.
ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


def refuse_unexecutable(found: CheckedRule | RuleProblems) -> CheckedRule | RuleProblems:
    """Return what the checker found or, where the mart could not evaluate it, the places that are too large."""
    if isinstance(found, RuleProblems):
        return found
    problems = []
    for atom in atoms_of(found.condition):
        if not isinstance(atom, (c.Measure, c.PerKey)):
            continue
        try:
            compile_audience(atom, "duckdb", now=ANY_INSTANT)
        except MeasureTooWideError as error:
            problems.append(
                RuleProblem(kind=OUT_OF_LIMITS, message=str(error), span=atom.span, hint=error.remedy)
            )
    return RuleProblems(problems=tuple(problems)) if problems else found
