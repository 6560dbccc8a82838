"""What an author should know about a rule that is correct."""

from collections.abc import Iterator

from rulecast.rule.language import condition as c
from rulecast.rule.language.lower import lower
from rulecast.rule.language.problem import (
    ADDS_MISSING,
    DROPS_MISSING,
    MATCHES_EVERYBODY,
    MATCHES_NOBODY,
    READS_SENSITIVE,
    RuleProblem,
)
from rulecast.rule.language.reads import Reads
from rulecast.rule.language.simplify import simplify
from rulecast.rule.language.walk import atoms_of

# Every contact has them, so comparing them cannot miss anybody.
ALWAYS_SET = frozenset({"first_seen_at"})


def warnings_of(condition: c.Condition, reads: Reads) -> list[RuleProblem]:
    """Return the warnings about a checked condition."""
    form = simplify(lower(condition))
    found = [*_missing(form), *_tautology(condition, form)]
    for atom in atoms_of(condition):
        name = getattr(atom, "field", None)
        if isinstance(name, c.Field) and name.name in reads.sensitive:
            found.append(
                RuleProblem(
                    kind=READS_SENSITIVE,
                    message=f"{name.name} is sensitive; the plan names it and the approver must allow it.",
                    span=name.span,
                    attribute=name.name,
                )
            )
    return found


def _missing(form: c.Condition) -> Iterator[RuleProblem]:
    match form:
        case c.And() | c.Or():
            for part in form.parts:
                yield from _missing(part)
        case c.Ago() if form.field.name not in ALWAYS_SET:
            yield RuleProblem(
                kind=DROPS_MISSING,
                message=f"People whose {form.field.name} is missing are left out.",
                span=form.span,
                hint=f"to take them in: (... or {form.field.name} is missing)",
                attribute=form.field.name,
            )
        case c.Not(
            part=c.Comparison() | c.Between() | c.OneOf() | c.Contains() | c.StartsWith() | c.Ago() as atom
        ):
            if atom.field.name not in ALWAYS_SET:
                yield RuleProblem(
                    kind=ADDS_MISSING,
                    message=f"People whose {atom.field.name} is missing are taken in.",
                    span=form.span,
                    hint=f"to leave them out add: and {atom.field.name} is set",
                    attribute=atom.field.name,
                )
        case _:
            return


def _tautology(condition: c.Condition, form: c.Condition) -> Iterator[RuleProblem]:
    if _always(form, c.Or):
        yield RuleProblem(
            kind=MATCHES_EVERYBODY, message="Every contact matches this condition.", span=condition.span
        )
    elif _always(form, c.And):
        yield RuleProblem(
            kind=MATCHES_NOBODY, message="No contact can match this condition.", span=condition.span
        )


def _always(form: c.Condition, kind: type[c.And] | type[c.Or]) -> bool:
    """Return whether a form is decided by holding an atom and its negation side by side.

    For `Or` that is "always true", for `And` "always false"; a join of the other kind needs it in every part.
    """
    if isinstance(form, kind):
        parts = set(form.parts)
        negated = {part.part for part in form.parts if isinstance(part, c.Not)}
        return bool(parts & negated) or any(_always(part, kind) for part in form.parts)
    if isinstance(form, (c.And, c.Or)):
        return all(_always(part, kind) for part in form.parts)
    if isinstance(form, c.Presence) and form.field.name in ALWAYS_SET:
        return kind is c.Or
    return False
