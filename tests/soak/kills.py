"""Kill processes at every named point and let the ledgers say whether anybody was messaged twice.

Each kill forks from this warmed process. Two business numbers take turns, so that a lease that has to run out on
one does not stop the other. `python -m tests.soak.kills --kills 1000 --seed 7` prints one JSON object.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.soak.kill_codes import codes_astray
from tests.soak.kill_lane import Lane, Report, debug
from tests.soak.kill_points import LAUNCHING, Kill, schedule
from tests.soak.kill_world import NUMBERS, SPEED, World, open_world

# More people than the kills can spend, for what is lost with leases that run out on a machine that stands still.
PEOPLE_SPARE = 100
POLL_SECONDS = 0.004
# Without any news for so long, what is missing counts as lost.
SETTLE_SECONDS_MAX = 30.0
# The promise about doubts: settled by statuses within ten minutes of the simulated clock.
SETTLED_SECONDS_MAX = 600.0
SETTLED_SHARE_MIN = 0.99
# Doubtful answers on some people's first attempt, all along: stalls for F04, broken gateways for F09, resets beside.
FAULTS = {
    "requests": [
        {"kind": "stall", "rate": 0.02},
        {"kind": "bad_gateway", "rate": 0.03},
        {"kind": "reset", "rate": 0.02},
    ],
    "webhooks": {"duplicate_rate": 0.05, "reorder_rate": 0.2},
}


def run_kills(kills: int, seed: int, directory: Path) -> Report:
    """Make the world, kill, finish, wait for the statuses, and compare both ledgers."""
    chance = random.Random(seed)
    report = Report()
    started = time.monotonic()
    dealt = schedule(kills, len(NUMBERS), chance)
    people = max(sum(kill.people_max for kill in one) for one in dealt) + PEOPLE_SPARE
    plans = max(sum(kill.point in LAUNCHING for kill in one) for one in dealt)
    debug(f"start with {people} people a number")
    with open_world(directory, people_per_number=people, plans_per_number=plans) as world:
        debug("world is open")
        world.control("faults", FAULTS)
        lanes = [
            Lane(world, number, report, random.Random(seed * 10 + i)) for i, number in enumerate(NUMBERS)
        ]
        try:
            _drive([_work(lane, waiting) for lane, waiting in zip(lanes, dealt, strict=True)])
            world.control("faults", {"requests": []})
            debug(f"killed {report.kills}")
            _drive([lane.finish() for lane in lanes])
        finally:
            for lane in lanes:
                lane.end()
        debug("finished")
        _settle(world)
        _compare(world, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _work(lane: Lane, waiting: Sequence[Kill]) -> Iterator[None]:
    for kill in waiting:
        yield from lane.kill_once(kill)


def _drive(steps: list[Iterator[None]]) -> None:
    alive = list(steps)
    while alive:
        alive = [one for one in alive if next(one, _DONE) is not _DONE]
        time.sleep(POLL_SECONDS)


_DONE = object()


def _settle(world: World) -> None:
    """Wait for the statuses of everything the simulator accepted; whatever has none by then counts as lost."""
    missing, deadline = _lost(world), time.monotonic() + SETTLE_SECONDS_MAX
    while missing and time.monotonic() < deadline:
        time.sleep(0.1)
        before, missing = missing, _lost(world)
        if missing < before:
            deadline = time.monotonic() + SETTLE_SECONDS_MAX


def _lost(world: World) -> int:
    """Return how many messages the simulator accepted that the database does not call accepted."""
    accepted = {row["opaque"] for row in world.requests() if row["outcome"] == "accepted"}
    rows = world.query(
        "SELECT translate(rtrim(encode(a.opaque_id, 'base64'), '='), '+/', '-_') FROM deliver.attempt AS a"
        " JOIN deliver.message AS m ON m.message_id = a.message_id WHERE m.state = 'accepted'"
    )
    return len(accepted - {row[0] for row in rows})


def _compare(world: World, report: Report) -> None:
    requests = world.requests()
    accepted = Counter(row["to"] for row in requests if row["outcome"] == "accepted")
    report.duplicates = sum(count - 1 for count in accepted.values() if count > 1)
    report.accepted = len(accepted)
    report.lost = _lost(world)
    open_left = world.query(
        "SELECT count(*) FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent', 'deferred')"
    )
    report.unfinished += open_left[0][0]
    report.codes_astray = codes_astray(world)
    report.unknown_left = world.query("SELECT count(*) FROM deliver.message WHERE state = 'unknown'")[0][0]
    _measure_doubts(world, {row["opaque"] for row in requests if row["outcome"] == "accepted"}, report)


def _measure_doubts(world: World, accepted: set[str], report: Report) -> None:
    """Count the doubts, and how long statuses took to settle those that Meta had accepted (P3)."""
    rows = world.query(
        "SELECT array_agg(translate(rtrim(encode(a.opaque_id, 'base64'), '='), '+/', '-_')),"
        " extract(epoch FROM d.settled_at - d.began_at)::float8 * %s"
        " FROM public.doubt AS d JOIN deliver.attempt AS a USING (message_id)"
        " GROUP BY d.message_id, d.began_at, d.settled_at",
        SPEED,
    )
    report.doubts = len(rows)
    taken = [seconds for opaques, seconds in rows if not accepted.isdisjoint(opaques)]
    settled = [seconds for seconds in taken if seconds is not None]
    report.doubts_accepted = len(taken)
    report.doubts_settled = sum(seconds <= SETTLED_SECONDS_MAX for seconds in settled)
    report.doubt_seconds_max = round(max(settled, default=0.0), 1)


def main() -> int:
    """Run from the command line; the exit code tells whether the promises held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rulecast-kills-") as directory:
        report = run_kills(chosen.kills, chosen.seed, Path(directory))
    print(json.dumps(as_json(report)))
    return 0 if holds(report) else 1


def as_json(report: Report) -> dict[str, object]:
    """Return the report as plain data."""
    return {
        "kills": report.kills,
        "duplicates": report.duplicates,
        "lost": report.lost,
        "unknown_max": report.unknown_max,
        "in_flight_max": report.in_flight_max,
        "beyond_in_flight": report.beyond_in_flight,
        "unfinished": report.unfinished,
        "accepted": report.accepted,
        "unknown_left": report.unknown_left,
        "leases_lost": report.leases_lost,
        "launched_wrong": report.launched_wrong,
        "codes_astray": report.codes_astray,
        "doubts": report.doubts,
        "doubts_accepted": report.doubts_accepted,
        "settled_in_10_minutes": _share(report),
        "doubt_seconds_max": report.doubt_seconds_max,
        "points": len(report.by_point),
        "by_fault": dict(sorted(report.by_fault.items())),
        "kill_ms_median": round(statistics.median(report.kill_ms), 1) if report.kill_ms else None,
        "seconds": report.seconds,
    }


def _share(report: Report) -> float:
    """Return the share of the doubts Meta had accepted that statuses settled in time."""
    return round(report.doubts_settled / report.doubts_accepted, 4) if report.doubts_accepted else 1.0


def holds(report: Report) -> bool:
    """Return whether nobody was messaged twice, no code went astray, and every doubt was bounded and settled."""
    return (
        not (report.duplicates or report.lost or report.beyond_in_flight)
        and not (report.unfinished or report.launched_wrong or report.codes_astray)
        and _share(report) >= SETTLED_SHARE_MIN
    )


if __name__ == "__main__":
    sys.exit(main())
