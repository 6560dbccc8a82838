"""Walking over conditions: parts, atoms, events, attributes, rebuilding."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TypeAlias, TypeVar, cast

from rulecast.rule.language import condition as c

Rewrite: TypeAlias = Callable[[c.Condition], c.Condition]
Moved = TypeVar("Moved")


def atoms_of(condition: c.Condition) -> Iterator[c.Atom]:
    """Yield the atoms of a condition in order of the text, those of a resolved segment in its place.

    Conditions on the properties of an event (`where`, `has`) and those inside `for some` are not entered.
    """
    if isinstance(condition, (c.And, c.Or)):
        for part in condition.parts:
            yield from atoms_of(part)
    elif isinstance(condition, c.Not):
        yield from atoms_of(condition.part)
    elif isinstance(condition, c.InSegment) and condition.condition is not None:
        yield from atoms_of(condition.condition)
    else:
        yield condition


def map_parts(condition: c.Condition, rewrite: Rewrite) -> c.Condition:
    """Return the condition with each direct part rewritten; an atom is returned as it is."""
    if isinstance(condition, (c.And, c.Or)):
        return replace(condition, parts=tuple(rewrite(part) for part in condition.parts))
    if isinstance(condition, c.Not):
        return replace(condition, part=rewrite(condition.part))
    return condition


def moved(value: Moved, span: c.Span) -> Moved:
    """Return a condition, or a part of one, as if everything in it stood at one place of the text."""
    if isinstance(value, tuple):
        return cast("Moved", tuple(moved(part, span) for part in value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {
        entry.name: span if isinstance(part, c.Span) else moved(part, span)
        for entry in fields(value)
        if isinstance(part := getattr(value, entry.name), tuple) or is_dataclass(part)
    }
    return replace(value, **changes)


def aggregates_of(expression: c.Expression) -> Iterator[c.Aggregate]:
    """Yield the aggregates of a calculation in order of the text."""
    if isinstance(expression, c.Aggregate):
        yield expression
    elif isinstance(expression, c.Arithmetic):
        yield from aggregates_of(expression.left)
        yield from aggregates_of(expression.right)


def fields_of(expression: c.Expression) -> Iterator[c.Field]:
    """Yield the attributes of the contact that a calculation names."""
    if isinstance(expression, c.Field):
        yield expression
    elif isinstance(expression, c.Arithmetic):
        yield from fields_of(expression.left)
        yield from fields_of(expression.right)


def patterns_of(atom: c.Atom) -> Iterator[c.EventPattern]:
    """Yield every pattern of events in an atom, also those of windows and inside `for some`."""
    match atom:
        case c.Did() | c.DidInPeriods() | c.Gap() | c.EdgeEvent():
            yield atom.pattern
            yield from _anchor(atom.window)
        case c.DidThen():
            yield atom.first
            yield atom.second
            yield from _anchor(atom.window)
        case c.Measure():
            for side in (atom.left, atom.right):
                for aggregate in aggregates_of(side):
                    yield aggregate.pattern
                    yield from _anchor(aggregate.window)
        case c.PerKey():
            for part in atoms_of(atom.condition):
                yield from patterns_of(part)
        case _:
            return


def _anchor(window: c.Window | None) -> Iterator[c.EventPattern]:
    if isinstance(window, c.FirstWindow) and window.anchor is not None:
        yield window.anchor


def windows_of(atom: c.Atom) -> Iterator[c.Window]:
    """Yield the windows of an atom, also those inside `for some`."""
    found: list[c.Window | None] = []
    match atom:
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.Gap() | c.EdgeEvent():
            found.append(atom.window)
        case c.Measure():
            sides = (atom.left, atom.right)
            found.extend(aggregate.window for side in sides for aggregate in aggregates_of(side))
        case c.PerKey():
            found.extend(window for part in atoms_of(atom.condition) for window in windows_of(part))
        case _:
            pass
    yield from (window for window in found if window is not None)


def attributes_of(atom: c.Atom) -> Iterator[c.Field]:
    """Yield the attributes of the contact that an atom names."""
    if isinstance(atom, c.Measure):
        yield from fields_of(atom.left)
        yield from fields_of(atom.right)
    elif isinstance(atom, c.PerKey):
        for part in atoms_of(atom.condition):
            yield from attributes_of(part)
    else:
        name = getattr(atom, "field", None)
        if isinstance(name, c.Field):
            yield name


def size_of(condition: c.Condition) -> int:
    """Return how many conditions there are, those on properties and each aggregate counted."""
    return sum(_size(atom) for atom in atoms_of(condition))


def _size(atom: c.Atom) -> int:
    wheres = sum(size_of(pattern.where) for pattern in patterns_of(atom) if pattern.where is not None)
    match atom:
        case c.Measure():
            aggregates = sum(1 for side in (atom.left, atom.right) for _ in aggregates_of(side))
            return max(1, aggregates) + wheres
        case c.EdgeEvent():
            return 1 + size_of(atom.has) + wheres
        case c.PerKey():
            return 1 + size_of(atom.condition)
        case _:
            return 1 + wheres
