"""What one would write by hand: rules as closures, kept by the name of their event; counts are given ready."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from benchmarks.trigger_workload import DAY_SECONDS, NOW_SECONDS, PlainAtom, PlainEvent, PlainRule

Values: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Values], bool]


def closures_of(rules: Sequence[PlainRule]) -> dict[str, list[tuple[int, list[Test]]]]:
    """Return the tests of each rule with its place, by the name of the event."""
    found: dict[str, list[tuple[int, list[Test]]]] = {}
    for place, rule in enumerate(rules):
        tests = [test_of(atom) for atom in rule.atoms]
        if rule.channel is not None:
            tests.insert(0, _equals("channel", rule.channel))
        if rule.count is not None:
            tests.append(_at_least(rule.count.name, rule.count.minimum))
        found.setdefault(rule.event, []).append((place, tests))
    return found


def match_by_hand(
    rules: Mapping[str, Sequence[tuple[int, Sequence[Test]]]],
    events: Sequence[PlainEvent],
    values: Sequence[Values],
) -> list[tuple[int, int]]:
    """Return place of event and rule for each match."""
    return [
        (place, rule)
        for place, (event, known) in enumerate(zip(events, values, strict=True))
        for rule, tests in rules.get(event.name, ())
        if all(test(known) for test in tests)
    ]


def test_of(atom: PlainAtom) -> Test:  # noqa: PLR0911 - one return per operator
    """Return the closure of one atom."""
    name, value = atom.attribute, atom.values[0]
    match atom.operator:
        case "=":
            return _equals(name, value)
        case "in":
            wanted = frozenset(atom.values)
            return lambda known: known[name] in wanted
        case "<":
            return lambda known: known[name] is not None and known[name] < value
        case ">=":
            return _at_least(name, value)
        case "between":
            high = atom.values[1]
            return lambda known: known[name] is not None and value <= known[name] <= high
        case "before":
            cut = NOW_SECONDS - int(value) * DAY_SECONDS
            return lambda known: known[name] is not None and known[name] < cut
        case "after":
            return _at_least(name, NOW_SECONDS - int(value) * DAY_SECONDS)


def _equals(name: str, value: Any) -> Test:
    return lambda known: bool(known[name] == value)


def _at_least(name: str, value: Any) -> Test:
    return lambda known: known[name] is not None and known[name] >= value
