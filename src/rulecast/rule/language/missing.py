"""Who is left out, or taken in, only because a value is missing: a condition that finds them, and the words."""

from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language.lower import lower
from rulecast.rule.language.problem import ADDS_MISSING, DROPS_MISSING, RuleProblem
from rulecast.rule.language.simplify import simplify


def people_behind(warning: RuleProblem, condition: c.Condition) -> c.Condition | None:
    """Return the lowered condition of those whom a warning about missing values means; None for other warnings.

    They are those who fulfil the rest of the condition where the value is missing.
    """
    if warning.attribute is None or warning.kind not in {DROPS_MISSING, ADDS_MISSING}:
        return None
    return _where_missing(simplify(lower(condition)), warning)


def _where_missing(form: c.Condition, warning: RuleProblem) -> c.Condition:
    if isinstance(form, (c.And, c.Or)):
        return replace(form, parts=tuple(_where_missing(part, warning) for part in form.parts))
    negated = isinstance(form, c.Not)
    atom = form.part if isinstance(form, c.Not) else form
    meant = negated if warning.kind is ADDS_MISSING else isinstance(form, c.Ago)
    name = getattr(atom, "field", None)
    if not meant or not isinstance(name, c.Field) or name.name != warning.attribute:
        return form
    return c.Not(part=c.Presence(field=name, is_set=True, span=atom.span), span=form.span)


def with_count(warning: RuleProblem, count: int) -> RuleProblem:
    """Return the warning with the number of people it means."""
    people = "1 person" if count == 1 else f"{count:,} people"
    verb = ("is" if count == 1 else "are") + (" left out" if warning.kind is DROPS_MISSING else " taken in")
    return replace(warning, message=f"{people} whose {warning.attribute} is missing {verb}.")
