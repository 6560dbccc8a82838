"""The pass that finds conditions nobody, or everybody, can fulfil, and parts that decide nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rulecast.rule.language import condition as c
from rulecast.rule.language.conflict import conflict, related
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.limits import SENSE_LITERALS_MAX, SENSE_RELATED_MAX
from rulecast.rule.language.lower import lower
from rulecast.rule.language.problem import (
    ALWAYS_TRUE_PART,
    CONTRADICTION,
    EVERYBODY_JOINED,
    IMPLIED_PART,
    MATCHES_EVERYBODY,
    MATCHES_NOBODY,
    RuleProblem,
)
from rulecast.rule.language.restrict import Restriction, restriction_of
from rulecast.rule.language.simplify import NOBODY, simplify
from rulecast.rule.language.walk import atoms_of, patterns_of

SAY_EVERYBODY = "if everybody is meant, write: when everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a part stands: what holds around it already, whether it is the whole condition, and shared spans."""

    around: tuple[Restriction, ...]
    is_whole: bool
    shared: frozenset[c.Span]


def sense_problems(condition: c.Condition) -> list[RuleProblem]:
    """Return errors and warnings about a condition whose names and types are right."""
    form = simplify(lower(condition))
    if form == NOBODY:
        return [RuleProblem(kind=MATCHES_NOBODY, message="Nobody is meant.", span=condition.span)]
    found = list(_everybody_joined(condition))
    if isinstance(form, c.Everybody):
        return found
    counts = Counter(literal.span for literal in _literals(form))
    shared = frozenset(span for span, count in counts.items() if count > 1 or span.length == 0)
    if sum(counts.values()) > SENSE_LITERALS_MAX:
        return found
    found.extend(_visit(form, _Place(around=(), is_whole=True, shared=shared)))
    for inner in _inner_conditions(form):
        found.extend(_visit(inner, _Place(around=(), is_whole=False, shared=shared)))
    return found


def is_never_true(condition: c.Condition) -> bool:
    """Return whether a checked condition is surely true of nobody; False where that cannot be told."""
    form = simplify(lower(condition))
    return form == NOBODY or _is_dead(form, ())


def _everybody_joined(condition: c.Condition) -> Iterator[RuleProblem]:
    if isinstance(condition, c.Everybody):
        return
    for atom in atoms_of(condition):
        if isinstance(atom, c.Everybody):
            yield RuleProblem(
                kind=EVERYBODY_JOINED,
                message="Joined with other conditions `everybody` changes nothing, or makes them change nothing.",
                span=atom.span,
                hint="leave one of them out",
            )


def _literals(form: c.Condition) -> Iterator[c.Condition]:
    if isinstance(form, (c.And, c.Or)):
        for part in form.parts:
            yield from _literals(part)
    else:
        yield form


def _inner_conditions(form: c.Condition) -> Iterator[c.Condition]:
    """Yield the conditions on properties of events and those inside `for some`."""
    for atom in atoms_of(form):
        if isinstance(atom, c.EdgeEvent):
            yield atom.has
        if isinstance(atom, c.PerKey):
            yield atom.condition
        yield from (pattern.where for pattern in patterns_of(atom) if pattern.where is not None)


def _visit(form: c.Condition, place: _Place) -> Iterator[RuleProblem]:
    if isinstance(form, c.Or):
        yield from _any_of(form, place)
    elif isinstance(form, c.And):
        yield from _all_of(form, place)
    else:
        yield from _alone(restriction_of(form), place)


def _alone(only: Restriction, place: _Place) -> Iterator[RuleProblem]:
    """Tell a literal that can never, or must always, be true."""
    if conflict([only]):
        yield _problem_never(only)
    elif conflict([only.complement()]):
        yield _problem_always(only.literal, place)


def _all_of(form: c.And, place: _Place) -> Iterator[RuleProblem]:
    own: list[Restriction] = []
    for literal in (part for part in form.parts if not isinstance(part, (c.And, c.Or))):
        one = restriction_of(literal)
        opponent = _opponent(one, own)
        if conflict([one]):
            yield _problem_never(one)
            return
        if opponent is not None:
            yield _problem_exclude(one, opponent)
            return
        if conflict([one.complement()]):
            yield _problem_always(literal, _inside(place))
        own.append(one)
    yield from _implied(own, place, joined_by_and=True)
    inner = _Place(around=(*place.around, *own), is_whole=False, shared=place.shared)
    for part in form.parts:
        if isinstance(part, (c.And, c.Or)):
            if _is_dead(part, tuple(own)):
                yield _problem_beside(part)
            else:
                yield from _visit(part, inner)


def _any_of(form: c.Or, place: _Place) -> Iterator[RuleProblem]:
    own = [restriction_of(part) for part in form.parts if not isinstance(part, (c.And, c.Or))]
    if conflict([one.complement() for one in own]):
        yield _problem_always(form, place)
        return
    for one in own:
        if conflict([one]):
            yield _problem_never(one)
    for part in form.parts:
        if _is_dead(part, place.around) and not _is_dead(part, ()) and part.span not in place.shared:
            yield _problem_dead(part)
        elif isinstance(part, (c.And, c.Or)):
            yield from _visit(part, _inside(place))
    yield from _implied(own, place, joined_by_and=False)


def _is_dead(form: c.Condition, around: tuple[Restriction, ...]) -> bool:
    """Return whether a part cannot be true where all of these hold."""
    if isinstance(form, c.Or):
        return all(_is_dead(part, around) for part in form.parts)
    if isinstance(form, c.And):
        literals = (part for part in form.parts if not isinstance(part, (c.And, c.Or)))
        own = (*around, *(restriction_of(literal) for literal in literals))
        return conflict(own) or any(
            _is_dead(part, own) for part in form.parts if isinstance(part, (c.And, c.Or))
        )
    return conflict((*around, restriction_of(form)))


def _inside(place: _Place) -> _Place:
    return _Place(around=place.around, is_whole=False, shared=place.shared)


def _opponent(one: Restriction, before: Sequence[Restriction]) -> Restriction | None:
    """Return the restriction that makes another impossible, the nearest of those that do it together."""
    near = [other for other in before if related(one, other)][-SENSE_RELATED_MAX:]
    if not near or not conflict([one, *near]):
        return None
    alone = (other for other in near if conflict([one, other]))
    return next(alone, near[-1])


def _implied(own: list[Restriction], place: _Place, *, joined_by_and: bool) -> Iterator[RuleProblem]:
    """Tell literals that the others already decide; the parts of a shorthand are not told apart."""
    kept = list(own)
    for one in own:
        others = [other for other in kept if other is not one and related(one, other)][:SENSE_RELATED_MAX]
        if not others or one.literal.span in place.shared:
            continue
        if joined_by_and:
            is_implied = conflict([one.complement(), *others])
        else:
            is_implied = conflict([one, *(other.complement() for other in others)])
        if is_implied:
            kept.remove(one)
            by = " and ".join(f"`{format_condition(other.literal)}`" for other in others)
            yield RuleProblem(
                kind=IMPLIED_PART,
                message=f"`{format_condition(one.literal)}` changes nothing beside {by}.",
                span=one.literal.span,
                hint="leave it out",
            )


# ---- problems
def _problem_never(one: Restriction) -> RuleProblem:
    text = format_condition(one.literal)
    return RuleProblem(kind=CONTRADICTION, message=f"`{text}` can never be true.", span=one.literal.span)


def _problem_exclude(one: Restriction, other: Restriction) -> RuleProblem:
    first, second = format_condition(other.literal), format_condition(one.literal)
    return RuleProblem(
        kind=CONTRADICTION,
        message=f"`{first}` and `{second}` exclude each other.",
        span=one.literal.span,
        hint="if one of them is enough, join them by `or`",
    )


def _problem_beside(form: c.Condition) -> RuleProblem:
    text = format_condition(form)
    return RuleProblem(
        kind=CONTRADICTION, message=f"`{text}` cannot be true beside the other parts.", span=form.span
    )


def _problem_dead(form: c.Condition) -> RuleProblem:
    return RuleProblem(
        kind=IMPLIED_PART,
        message=f"`{format_condition(form)}` changes nothing: what stands around excludes it.",
        span=form.span,
        hint="leave it out",
    )


def _problem_always(form: c.Condition, place: _Place) -> RuleProblem:
    if place.is_whole:
        message = "Every contact matches this condition."
        return RuleProblem(kind=MATCHES_EVERYBODY, message=message, span=form.span, hint=SAY_EVERYBODY)
    return RuleProblem(
        kind=ALWAYS_TRUE_PART,
        message=f"`{format_condition(form)}` is always true.",
        span=form.span,
        hint="leave it out",
    )
