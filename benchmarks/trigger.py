"""Matching events against many rules: ours in batches, closures by hand, and engines that go rule by rule.

Seconds are processor time of one process, so that figures are those of one core. All sides are given people in memory
and match the same events; a third of the rules count what the person did in a window. Ours reads its counters by day,
the others are given the numbers ready.
"""

import argparse
import gc
import json
import resource
import subprocess
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

from benchmarks.result import Result
from benchmarks.trigger_by_hand import closures_of, match_by_hand
from benchmarks.trigger_ours import NOW, batch_of, history_of, people_of, rules_of
from benchmarks.trigger_workload import Workload, counts_in, counts_of, workload_of
from rulecast.rule.engine.matcher import CompiledRules, HistoryInMemory, TriggerEvent
from rulecast.wiring.triggers.run import ARRIVALS_AT_ONCE

RULES_DEFAULT = 10_000
PEOPLE = 5_000
# As many as the product takes at once when it is behind.
BATCH = ARRIVALS_AT_ONCE
# At so many rules an event costs a closure or a peer a tenth of a second and more: they get fewer events, and a peer
# fewer rules, since compiling a hundred thousand takes minutes.
EVALUATIONS_BY_HAND = 2_000_000
EVALUATIONS_OF_PEERS = 100_000
RULES_OF_PEERS_MAX = 10_000
PEERS = ("zen-engine", "rule-engine")
ROOT = Path(__file__).resolve().parent.parent
PEER_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
PEER_SECONDS_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side did: events a second and, for checking, the matches of the first events."""

    per_second: float
    events: int
    matches: set[tuple[int, int]]
    rules: int


def measure(arguments: argparse.Namespace) -> Result:
    """Match the events with every side and compare the matches."""
    rules = arguments.rules or RULES_DEFAULT
    events = arguments.size or max(20 * BATCH * RULES_DEFAULT // rules, 5 * BATCH)
    workload = workload_of(rules, events, PEOPLE, arguments.seed)
    started = time.process_time()
    compiled = CompiledRules.of(rules_of(workload))
    compile_s = time.process_time() - started
    history = history_of(workload, compiled)
    gc.collect()
    # As a server does after loading: what stays is not looked at again by every collection.
    gc.freeze()
    ours, batch_ms = run_ours(compiled, workload, history)
    by_hand = run_by_hand(workload, max(EVALUATIONS_BY_HAND // rules, 20))
    peers: dict[str, Side] = {}
    for name in PEERS:
        peers.update(run_peer(name, workload, arguments.seed))
    is_equal = all(agree(ours, side) for side in (by_hand, *peers.values()))
    return Result(
        name="trigger",
        params={
            "rules": rules,
            "rules_that_count": sum(rule.count is not None for rule in workload.rules),
            "distinct_atoms": len(compiled.table.predicates),
            "events": events,
            "batch": BATCH,
            "batch_ms_min": round(batch_ms[0], 2),
            "batch_ms_median": round(batch_ms[len(batch_ms) // 2], 2),
            "batch_ms_max": round(batch_ms[-1], 2),
            "microseconds_per_event": round(1e6 / ours.per_second, 2),
            "matches_per_event": round(len(ours.matches) / events, 2),
            "compile_s": round(compile_s, 2),
            "compared_with_closures_events": by_hand.events,
            "compared_with_peers_events": next((side.events for side in peers.values()), 0),
            "compared_with_peers_rules": next((side.rules for side in peers.values()), 0),
        },
        unit="events/s of one core",
        ours=ours.per_second,
        limit=by_hand.per_second,
        peers={name: side.per_second for name, side in peers.items()},
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        cpu_s=events / ours.per_second,
        valid=is_equal,
        notes=(
            "limit: rules as Python closures by the name of their event, counts given ready",
            "peers: every rule an expression, counts given ready; routed: only those of the event's name"
            if peers
            else "no peers: they are set up by `make bench`",
            f"peers are given {min(rules, RULES_OF_PEERS_MAX)} of {rules} rules, their rate is scaled by that",
        ),
    )


def run_ours(
    compiled: CompiledRules, workload: Workload, history: HistoryInMemory
) -> tuple[Side, list[float]]:
    """Match everything in batches; return the side and the milliseconds of each batch, in order of size."""
    events = batch_of(workload.events, people_of(workload.people))
    batches: list[list[TriggerEvent]] = [events[at : at + BATCH] for at in range(0, len(events), BATCH)]
    compiled.match(batches[0], NOW, history=history)
    places, rules = array("q"), array("q")
    batch_ms: list[float] = []
    for number, batch in enumerate(batches):
        started = time.process_time()
        found = compiled.match(batch, NOW, history=history)
        batch_ms.append(1000 * (time.process_time() - started))
        # Kept outside the measured time and as plain numbers: who is measured passes its matches on.
        places.extend(number * BATCH + place for place, _ in found)
        rules.extend(rule for _, rule in found)
        del found
    matches = set(zip(places, rules, strict=True))
    rate = 1000 * len(events) / sum(batch_ms)
    side = Side(per_second=rate, events=len(events), matches=matches, rules=len(workload.rules))
    return side, sorted(batch_ms)


def run_by_hand(workload: Workload, count: int) -> Side:
    """Match the first events by closures."""
    rules = closures_of(workload.rules)
    counts = counts_in(workload.rules)
    events = workload.events[:count]
    values = [
        {
            "channel": event.channel,
            **workload.people[event.person],
            **counts_of(workload, event.person, counts),
        }
        for event in events
    ]
    started = time.process_time()
    found = match_by_hand(rules, events, values)
    seconds = time.process_time() - started
    return Side(
        per_second=len(events) / seconds, events=len(events), matches=set(found), rules=len(workload.rules)
    )


def run_peer(name: str, workload: Workload, seed: int) -> dict[str, Side]:
    """Return a peer's figures, rule by rule and routed by event; nothing where `make bench` has not set it up."""
    if not PEER_PYTHON.exists():
        return {}
    rules = len(workload.rules)
    tried = min(rules, RULES_OF_PEERS_MAX)
    count = max(EVALUATIONS_OF_PEERS // tried, 5)
    numbers = (rules, PEOPLE, len(workload.events), seed, tried, count)
    done = subprocess.run(
        [str(PEER_PYTHON), "-m", "benchmarks.trigger_peers", name, *map(str, numbers)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=PEER_SECONDS_MAX,
    )
    said = json.loads(done.stdout)
    matches = {(event, rule) for event, rule in said["matches"]}
    return {
        label: Side(
            per_second=count / said[seconds] * tried / rules, events=count, matches=matches, rules=tried
        )
        for label, seconds in ((name, "seconds"), (f"{name}, routed", "routed_seconds"))
    }


def agree(ours: Side, other: Side) -> bool:
    """Return whether ours found the same where the other looked."""
    mine = {(event, rule) for event, rule in ours.matches if event < other.events and rule < other.rules}
    return mine == other.matches
