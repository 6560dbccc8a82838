"""Which restrictions cannot all hold of one person at one instant."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from rulecast.rule.language import condition as c
from rulecast.rule.language.restrict import Restriction, ValueSet
from rulecast.rule.language.value_sets import Choices, Ranges


def conflict(restrictions: Sequence[Restriction]) -> bool:
    """Return whether no person can fulfil all; False where that cannot be told.

    Subjects are taken as independent but for counts of events, where a wider window holds at least as many.
    """
    return any(_impossible(group) for group in _by_subject(restrictions).values()) or _counts(restrictions)


def related(one: Restriction, other: Restriction) -> bool:
    """Return whether two restrictions can bear on each other."""
    if one.subject == other.subject:
        return True
    mine, theirs = counted_of(one), counted_of(other)
    return mine is not None and theirs is not None and mine[0].event == theirs[0].event


def _by_subject(restrictions: Iterable[Restriction]) -> dict[Hashable, list[Restriction]]:
    found: dict[Hashable, list[Restriction]] = {}
    for restriction in restrictions:
        found.setdefault(restriction.subject, []).append(restriction)
    return found


def _impossible(group: list[Restriction]) -> bool:
    """Return whether neither a value nor a missing one fulfils all restrictions of one subject."""
    if all(one.may_miss and one.missing for one in group):
        return False
    lines: dict[Hashable, ValueSet] = {}
    for one in group:
        known = lines.get(one.line, one.universe)
        lines[one.line] = one.values if known is None else common_values(known, one.values)
    if any(values.is_empty for values in lines.values()):
        return True
    values = lines.get("value")
    if isinstance(values, Choices) and not values.is_excluded:
        return not any(all(_allows(one, value) for one in group) for value in values.values)
    return False


def common_values(one: ValueSet, other: ValueSet) -> ValueSet:
    """Return the values both sets of one line hold."""
    if isinstance(one, Ranges) and isinstance(other, Ranges):
        return one.within(other)
    if isinstance(one, Choices) and isinstance(other, Choices):
        return one.within(other)
    return one


def _allows(restriction: Restriction, value: Any) -> bool:
    """Return whether a text may be the value, as far as a condition on its letters can be tried."""
    literal = restriction.literal
    atom = literal.part if isinstance(literal, c.Not) else literal
    match atom:
        case c.StartsWith() if isinstance(value, str):
            holds = value.startswith(str(atom.prefix.value))
        case c.Contains() if isinstance(value, str):
            tests = (str(one.value) in value for one in atom.values)
            holds = all(tests) if atom.mode == "all" else any(tests)
        case _:
            return True
    return holds is not isinstance(literal, c.Not)


# ---- counts of events
def counted_of(restriction: Restriction) -> tuple[c.EventPattern, c.Window | None] | None:
    """Return what a restriction counts, None where it counts nothing."""
    literal = restriction.literal
    atom = literal.part if isinstance(literal, c.Not) else literal
    if isinstance(atom, c.Did):
        return atom.pattern, atom.window
    if isinstance(atom, c.Measure) and not restriction.may_miss:
        for side in (atom.left, atom.right):
            if isinstance(side, c.Aggregate) and side.kind == "count":
                return side.pattern, side.window
    return None


def _counts(restrictions: Sequence[Restriction]) -> bool:
    """Return whether a narrow window must hold more events than a wider one may."""
    counts = [
        (counted, one.values)
        for one in restrictions
        if (counted := counted_of(one)) is not None and isinstance(one.values, Ranges)
    ]
    for (wide_pattern, wide_window), wide in counts:
        most = wide.greatest()
        if most is None:
            continue
        for (pattern, window), narrow in counts:
            least = narrow.least()
            wide_count, count = (wide_pattern, wide_window), (pattern, window)
            if least is not None and least > most and is_narrower(count, than=wide_count):
                return True
    return False


def is_narrower(
    narrow: tuple[c.EventPattern, c.Window | None], *, than: tuple[c.EventPattern, c.Window | None]
) -> bool:
    """Return whether everything that one count counts is surely counted by another."""
    return _holds(than[0], narrow[0]) and _wider(than[1], narrow[1])


def _holds(wide: c.EventPattern, narrow: c.EventPattern) -> bool:
    return wide.event == narrow.event and wide.where in {None, narrow.where}


def _wider(wide: c.Window | None, narrow: c.Window | None) -> bool:
    """Return whether one window surely holds the other."""
    if wide is None or wide == narrow:
        return True
    outer, inner = _ends(wide), _ends(narrow)
    return outer is not None and inner is not None and outer[0] >= inner[0] and outer[1] <= inner[1]


def _ends(window: c.Window | None) -> tuple[timedelta, timedelta] | None:
    """Return how long ago a window begins and ends, None where that depends."""
    match window:
        case c.LastWindow():
            return window.duration.length, timedelta(0)
        case c.AgoWindow():
            return window.start.length, window.end.length
        case c.BeforeWindow():
            return timedelta.max, window.duration.length
        case _:
            return None
