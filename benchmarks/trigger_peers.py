"""Engines that evaluate rule by rule, in an environment of their own: `python -m benchmarks.trigger_peers ENGINE ...`.

Each rule is one compiled expression over the event's name, its channel, the attributes and the counts, which are given
ready. Arguments: engine, rules of the workload, its people, its events, seed, rules tried, events tried. Prints one
JSON object: seconds of processor time for all rules, for those of the event's name alone, and the matches.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.trigger_workload import (
    DAY_SECONDS,
    NOW_SECONDS,
    PlainAtom,
    PlainRule,
    counts_in,
    counts_of,
    workload_of,
)

Holds = Callable[[dict[str, Any]], bool]


def compile_zen(text: str) -> Holds:
    """Return a compiled expression of zen-engine."""
    import zen  # noqa: PLC0415 - each run has one engine

    expression = zen.compile_expression(text)
    return lambda known: bool(expression.evaluate(known))


def compile_rule_engine(text: str) -> Holds:
    """Return a compiled rule of rule-engine."""
    import rule_engine  # noqa: PLC0415 - each run has one engine

    rule = rule_engine.Rule(text)
    return lambda known: bool(rule.matches(known))


ENGINES = {"zen-engine": compile_zen, "rule-engine": compile_rule_engine}


def text_of(rule: PlainRule) -> str:
    """Return a rule in the syntax that both engines have in common."""
    parts = [f'event_name == "{rule.event}"']
    if rule.channel is not None:
        parts.append(f'channel == "{rule.channel}"')
    parts.extend(_atom(atom) for atom in rule.atoms)
    if rule.count is not None:
        parts.append(f"{rule.count.name} >= {rule.count.minimum}")
    return " and ".join(parts)


def _atom(atom: PlainAtom) -> str:
    name, value = atom.attribute, json.dumps(atom.values[0])
    match atom.operator:
        case "=":
            return f"{name} == {value}"
        case "in":
            return f"{name} in {json.dumps(list(atom.values))}"
        case "<" | ">=":
            return f"({name} != null and {name} {atom.operator} {value})"
        case "between":
            return f"({name} != null and {name} >= {value} and {name} <= {json.dumps(atom.values[1])})"
        case "before" | "after":
            cut = NOW_SECONDS - int(atom.values[0]) * DAY_SECONDS
            return f"({name} != null and {name} {'<' if atom.operator == 'before' else '>='} {cut})"


def main(engine: str, numbers: Sequence[int]) -> None:
    """Evaluate and print."""
    rules_made, people, events_made, seed, rules_tried, events_tried = numbers
    workload = workload_of(rules_made, events_made, people, seed)
    rules = workload.rules[:rules_tried]
    compiled = [(place, rule.event, ENGINES[engine](text_of(rule))) for place, rule in enumerate(rules)]
    counts = counts_in(rules)
    known = [
        {
            "event_name": event.name,
            "channel": event.channel,
            **workload.people[event.person],
            **counts_of(workload, event.person, counts),
        }
        for event in workload.events[:events_tried]
    ]
    started = time.process_time()
    matches = [
        (place, rule) for place, values in enumerate(known) for rule, _, holds in compiled if holds(values)
    ]
    seconds = time.process_time() - started
    by_name: dict[str, list[Holds]] = {}
    for _, name, holds in compiled:
        by_name.setdefault(name, []).append(holds)
    started = time.process_time()
    for values in known:
        for holds in by_name.get(values["event_name"], ()):
            holds(values)
    routed_seconds = time.process_time() - started
    print(json.dumps({"seconds": seconds, "routed_seconds": routed_seconds, "matches": matches}))


if __name__ == "__main__":
    main(sys.argv[1], [int(one) for one in sys.argv[2:]])
