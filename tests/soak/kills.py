"""Kill sending processes at named points and let the ledgers say whether anybody was messaged twice.

Each kill forks from this warmed process. Two business numbers take turns, so that a lease that has to run out on
one does not stop the other. `python -m tests.soak.kills --kills 1000 --seed 7` prints one JSON object.
"""

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rulecast.values.failpoints import Failpoint
from tests.soak.kill_child import SLOTS, Act, Board, Drill, Figures, fork_sender
from tests.soak.kill_world import NUMBERS, World, open_world

# More people than the kills can spend, for what is lost with leases that run out on a machine that stands still.
PEOPLE_SPARE = 100
# Requests a sender may start before it is killed at no point in particular: any machine is fast enough for these.
WAIT_STARTS_MAX = 30
# Answers the sender gets that takes over from a frozen one.
SECOND_ANSWERS = 4
# Nothing waits for so long on any machine; it only bounds a failure.
CHILD_SECONDS_MAX = 60.0
FINISH_SECONDS_MAX = 120.0
POLL_SECONDS = 0.004
# Without any news for so long, what is missing counts as lost.
SETTLE_SECONDS_MAX = 30.0

# Point by point: the fault it stands for, and its share among the kills.
POINTS: tuple[tuple[str, Failpoint | None, int], ...] = (
    ("F01", Failpoint.AFTER_INTENT_COMMIT, 10),
    ("F01", Failpoint.BEFORE_CONNECT, 10),
    ("F01", Failpoint.BEFORE_INTENT_COMMIT, 4),
    ("F01", Failpoint.AFTER_CLAIM_COMMIT, 3),
    ("F02", Failpoint.AFTER_FIRST_BYTE, 15),
    ("F02", Failpoint.AFTER_RESPONSE_BEFORE_RESULT, 14),
    ("F02", Failpoint.BEFORE_RESULT_COMMIT, 6),
    ("F03", Failpoint.AFTER_RESULT_COMMIT_BEFORE_RELEASE, 10),
    ("F03", Failpoint.BEFORE_LEASE_RELEASE, 3),
    ("F04", Failpoint.AFTER_FIRST_BYTE, 6),
    ("F09", Failpoint.AFTER_RESPONSE_BEFORE_RESULT, 6),
    ("F13", Failpoint.AFTER_RESPONSE_BEFORE_RESULT, 4),
    ("F15", Failpoint.BEFORE_CONNECT, 3),
    ("F02", None, 6),
)
ZOMBIES = frozenset({"F13", "F15"})
# Points that a sender meets once in each of its transactions.
PER_GROUP = frozenset(
    {
        Failpoint.AFTER_INTENT_COMMIT,
        Failpoint.BEFORE_INTENT_COMMIT,
        Failpoint.AFTER_CLAIM_COMMIT,
        Failpoint.BEFORE_RESULT_COMMIT,
        Failpoint.AFTER_RESULT_COMMIT_BEFORE_RELEASE,
    }
)
# Doubtful answers on some people's first attempt, all along: stalls for F04, broken gateways for F09, resets beside.
FAULTS = {
    "requests": [
        {"kind": "stall", "rate": 0.02},
        {"kind": "bad_gateway", "rate": 0.03},
        {"kind": "reset", "rate": 0.02},
    ],
    "webhooks": {"duplicate_rate": 0.05, "reorder_rate": 0.2},
}


@dataclass(slots=True, kw_only=True)
class Report:
    """What the kills came to."""

    kills: int = 0
    duplicates: int = 0
    lost: int = 0
    unknown_max: int = 0
    in_flight_max: int = 0
    beyond_in_flight: int = 0
    unfinished: int = 0
    accepted: int = 0
    unknown_left: int = 0
    # Leases that ran out while their sender lived: the machine stood still. Nothing is lost with them.
    leases_lost: int = 0
    by_fault: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    # From the fork of a sender to its death at the named point, in milliseconds.
    kill_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill to be made: the fault it stands for, the point (None: any instant), and which arrival there."""

    fault: str
    point: Failpoint | None
    nth: int

    @property
    def people_max(self) -> int:
        """Return how many people the senders of this kill can spend: each has its slots, and who was answered."""
        if self.point is None:
            return WAIT_STARTS_MAX + SLOTS
        if self.point in PER_GROUP:
            return (self.nth + 1) * SLOTS
        if self.fault in ZOMBIES:
            return self.nth + SLOTS + SECOND_ANSWERS + SLOTS
        # One that leaves may fill its slots once more before it notices.
        leaving = SLOTS if self.point is Failpoint.BEFORE_LEASE_RELEASE else 0
        return self.nth + SLOTS + leaving


class Lane:
    """One number and the senders that live and die on it, one after the other."""

    def __init__(self, world: World, number: str, report: Report, chance: random.Random) -> None:
        self.world = world
        self.number = number
        self.report = report
        self.chance = chance
        self.board = Board()
        self.in_flight_before = 0
        self.alive: set[int] = set()

    def kill_once(self, kill: Kill) -> Iterator[None]:
        """Fork a sender, let it die, and count; yields while it waits."""
        if kill.fault in ZOMBIES:
            yield from self._zombie(kill)
        elif kill.point is None:
            yield from self._kill_at_any_instant()
        else:
            forked_at = time.monotonic()
            pid = self._fork(_drill_of(kill.point, kill.nth))
            yield from self._until_dead(pid)
            self.report.kill_ms.append((time.monotonic() - forked_at) * 1000)
            self._note_death()
        self.report.kills += 1
        self.report.by_fault[kill.fault] += 1
        debug(f"{self.number[-1]} {kill} {self.board.read()}")

    def _fork(self, drill: Drill | None) -> int:
        self.board.write(Figures())
        pid = fork_sender(self.world, self.number, self.board, drill)
        self.alive.add(pid)
        return pid

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.alive.discard(pid)

    def end(self) -> None:
        """Leave nobody behind, whatever went wrong; one that is stopped would wait for ever."""
        for pid in tuple(self.alive):
            self._kill(pid)

    def _kill_at_any_instant(self) -> Iterator[None]:
        pid = self._fork(Drill(act=Act.WAIT, point=Failpoint.BEFORE_CONNECT, nth=WAIT_STARTS_MAX))
        yield from self._until(lambda: self.board.read().leases > 0)
        until = time.monotonic() + self.chance.uniform(0.0, 0.08)
        yield from self._until(lambda: time.monotonic() >= until)
        self._kill(pid)
        self._note_death(in_flight=SLOTS)

    def _zombie(self, kill: Kill) -> Iterator[None]:
        """A sender stops, or cannot renew; another takes over; the first wakes and must change nothing (F13, F15)."""
        assert kill.point is not None
        first = self._fork(
            Drill(act=Act.FREEZE, point=kill.point, nth=kill.nth, freezes_renewal=kill.fault == "F15")
        )
        yield from self._until(lambda: _is_stopped(first))
        self._note_death()
        held, self.board = self.board, Board()
        second = self._fork(
            Drill(act=Act.DIE, point=Failpoint.AFTER_RESPONSE_BEFORE_RESULT, nth=SECOND_ANSWERS)
        )
        yield from self._until_dead(second)
        self._note_death()
        leases = held.read().leases
        os.kill(first, signal.SIGCONT)
        # It notices, writes what it still can, and takes the lease the dead one has left.
        yield from self._until(lambda: held.read().leases > leases)
        self._kill(first)
        self._compare_doubts(held.read().doubted_last)
        self.in_flight_before = 0

    def _until_dead(self, pid: int) -> Iterator[None]:
        """Wait for the death of a child; one that ended by itself is an error."""
        deadline = time.monotonic() + CHILD_SECONDS_MAX
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.alive.discard(pid)
                if not os.WIFSIGNALED(status):
                    raise RuntimeError(f"a sender of {self.number} ended with {status} before its kill")
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"a sender of {self.number} never came to its point")
            yield

    def _until(self, is_true: Callable[[], bool]) -> Iterator[None]:
        deadline = time.monotonic() + CHILD_SECONDS_MAX
        while not is_true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"a sender of {self.number} got stuck")
            yield

    def _note_death(self, in_flight: int | None = None) -> None:
        """Compare what this sender found in doubt, and remember what is in flight now that it writes no more."""
        figures = self.board.read()
        self._note_recovery(figures)
        self.in_flight_before = figures.in_flight if in_flight is None else in_flight
        self.report.in_flight_max = max(self.report.in_flight_max, self.in_flight_before)

    def _note_recovery(self, figures: Figures) -> None:
        self._compare_doubts(figures.doubted_first)
        self.report.beyond_in_flight += figures.beyond
        self.report.leases_lost += max(0, figures.leases - 1)

    def _compare_doubts(self, doubted: int) -> None:
        """Compare doubts with what was in flight when the sender before died."""
        self.report.unknown_max = max(self.report.unknown_max, doubted)
        if doubted > self.in_flight_before:
            self.report.beyond_in_flight += 1

    def finish(self) -> Iterator[None]:
        """Let a last sender do what is left, undisturbed."""
        pid = self._fork(None)
        deadline = time.monotonic() + FINISH_SECONDS_MAX
        while not os.waitpid(pid, os.WNOHANG)[0]:
            if time.monotonic() > deadline:
                self._kill(pid)
                self.report.unfinished += 1
                return
            yield
        self.alive.discard(pid)
        self._note_recovery(self.board.read())


def _drill_of(point: Failpoint, nth: int) -> Drill:
    if point is Failpoint.BEFORE_LEASE_RELEASE:
        # Told to stop by an answer, not by a clock: then it has a lease, and requests are out.
        return Drill(act=Act.LEAVE, point=Failpoint.AFTER_RESPONSE_BEFORE_RESULT, nth=nth)
    return Drill(act=Act.DIE, point=point, nth=nth)


def _is_stopped(pid: int) -> bool:
    done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    if done and not os.WIFSTOPPED(status):
        raise RuntimeError("a sender died where it should have stopped")
    return bool(done)


def schedule(kills: int, lanes: int, chance: random.Random) -> list[list[Kill]]:
    """Return for each lane its kills: so many in all in the shares of `POINTS`, dealt evenly and then shuffled."""
    weighted = [(fault, point) for fault, point, share in POINTS for _ in range(share)]
    full, rest = divmod(kills, len(weighted))
    chosen = weighted * full + chance.sample(weighted, rest)
    chosen.sort(key=weighted.index)
    dealt = [
        [Kill(fault=fault, point=point, nth=_nth(fault, point, chance)) for fault, point in chosen[i::lanes]]
        for i in range(lanes)
    ]
    for one in dealt:
        chance.shuffle(one)
    return dealt


def _nth(fault: str, point: Failpoint | None, chance: random.Random) -> int:
    if fault in ZOMBIES:
        return chance.randint(2, 6)
    if point is Failpoint.AFTER_CLAIM_COMMIT:
        return 1
    return chance.randint(1, 2) if point in PER_GROUP else chance.randint(1, 10)


def run_kills(kills: int, seed: int, directory: Path) -> Report:
    """Make the world, kill, finish, wait for the statuses, and compare both ledgers."""
    chance = random.Random(seed)
    report = Report()
    started = time.monotonic()
    dealt = schedule(kills, len(NUMBERS), chance)
    people = max(sum(kill.people_max for kill in one) for one in dealt) + PEOPLE_SPARE
    debug(f"start with {people} people a number")
    with open_world(directory, people_per_number=people) as world:
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


def debug(text: str) -> None:
    """Say something to whoever debugs."""
    if os.environ.get("RULECAST_TEST_KILLS_LOUD"):
        print(f"{time.monotonic():.2f}", text, file=sys.stderr)


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
    report.unknown_left = world.query("SELECT count(*) FROM deliver.message WHERE state = 'unknown'")[0][0]


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
        "by_fault": dict(sorted(report.by_fault.items())),
        "kill_ms_median": round(statistics.median(report.kill_ms), 1) if report.kill_ms else None,
        "seconds": report.seconds,
    }


def holds(report: Report) -> bool:
    """Return whether nobody was messaged twice, nothing got lost, and every doubt was bounded."""
    return not (report.duplicates or report.lost or report.beyond_in_flight or report.unfinished)


if __name__ == "__main__":
    sys.exit(main())
