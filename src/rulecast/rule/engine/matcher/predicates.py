"""Atoms as predicates: how each is answered for a whole batch, and when two are the same."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from rulecast.rule.engine.matcher.answers import Answer, Scope, field_answer, person_answer
from rulecast.rule.engine.matcher.count_test import CountTest, count_test
from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT

INBOUND = "last_inbound_at"
# How few events fulfil an atom, guessed from its kind: equality first, what most people fulfil last.
RANKS: dict[type, int] = {
    c.OneOf: 2,
    c.HasTag: 2,
    c.HasLabel: 2,
    c.StartsWith: 2,
    c.Anniversary: 2,
    c.Near: 3,
    c.Matches: 3,
    c.Contains: 3,
    c.FieldWindow: 4,
    c.Between: 4,
}
RANK_OF_EQUALITY = 1
RANK_OF_OTHERS = 5
RANK_OF_NEGATIONS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One distinct atom.

    `answer` decides it from the events and the people of a batch. Without it the past decides: counters where there
    is a `count`, otherwise the events of these names; `answer_if_brought` decides for those people who bring what
    the past would tell. A low `rank` says that few events fulfil it.
    """

    atom: c.Atom
    scope: Scope
    rank: int
    answer: Answer | None = None
    answer_if_brought: Answer | None = None
    count: CountTest | None = None
    names: frozenset[str] = frozenset()


def predicate_of(atom: c.Atom, scope: Scope) -> Predicate:
    """Return a lowered atom as a predicate on the events themselves or on the people they are about."""
    rank = RANKS.get(type(atom), RANK_OF_OTHERS)
    if isinstance(atom, c.Comparison) and atom.operator == "=" and not isinstance(atom.value.value, bool):
        rank = RANK_OF_EQUALITY
    if scope == "event":
        assert isinstance(atom, c.FieldAtom), "the resolve pass lets only properties stand inside where"
        return Predicate(atom=atom, scope=scope, rank=rank, answer=field_answer(atom, scope))
    names = frozenset(event_names(atom))
    answer = field_answer(atom, scope) if isinstance(atom, c.FieldAtom) else None
    if names:
        return Predicate(
            atom=atom, scope=scope, rank=rank, answer_if_brought=answer, count=count_test(atom), names=names
        )
    return Predicate(atom=atom, scope=scope, rank=rank, answer=answer or person_answer(atom))


def identity(value: Any) -> Hashable:
    """Return what makes an atom itself: all its parts with the types that the checker found, but not its place."""
    if isinstance(value, tuple):
        return tuple(identity(part) for part in value)
    if not is_dataclass(value):
        return type(value), value
    return type(value), *(identity(getattr(value, one.name)) for one in fields(value) if one.name != "span")


def event_names(value: Any) -> Iterator[str]:
    """Yield the names of the events that an atom asks for, wherever in it they stand."""
    if isinstance(value, c.EventPattern):
        yield value.event
    elif isinstance(value, c.Field):
        if value.name == INBOUND:
            yield SILENCE_EVENT
    elif isinstance(value, tuple):
        for part in value:
            yield from event_names(part)
    elif is_dataclass(value):
        for one in fields(value):
            yield from event_names(getattr(value, one.name))
