"""Kill sending processes at named points and let the ledgers say whether anybody was messaged twice.

Each kill forks from this warmed process. Two business numbers take turns, so that a lease that has to run out on
one does not stop the other. `python -m tests.soak.kills --kills 1000 --seed 7` prints one JSON object.
"""

import argparse
import asyncio
import json
import mmap
import os
import random
import signal
import statistics
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rulecast.deliver.failpoints import Failpoint, Failpoints
from rulecast.wiring.sender import SenderDrill, run_sender
from tests.soak.kill_world import NUMBERS, World, open_light, open_world, silence

LEASE_SECONDS = 1.0
SLOTS = 8
# Every kill spends about as many people as there are slots and hits.
PEOPLE_PER_KILL = 14
CHILD_SECONDS_MAX = 20.0
POLL_SECONDS = 0.004
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
    by_fault: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    # From the fork of a sender to its death at the named point, in milliseconds.
    kill_ms: list[float] = field(default_factory=list)


class Board:
    """Figures a child leaves for its parent in shared memory: it may die at any moment."""

    SHAPE = struct.Struct("=qqq")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self.SHAPE.size)

    def write(self, *, has_lease: int, doubted: int, in_flight: int) -> None:
        self._memory[:] = self.SHAPE.pack(has_lease, doubted, in_flight)

    def read(self) -> tuple[int, int, int]:
        return self.SHAPE.unpack(self._memory[:])


def fork_sender(
    world: World, number: str, board: Board, act: "Drill | None", *, stop_after: float | None
) -> int:
    """Fork a sending process for one number and return its pid; it never returns."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        silence()
        asyncio.run(_send(world, number, board, act, stop_after=stop_after))
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child has nobody above it
        traceback.print_exc()
    finally:
        os._exit(code)


@dataclass(slots=True, kw_only=True)
class Drill:
    """Does something to the process at the n-th arrival at a point."""

    point: Failpoint
    nth: int
    signal_number: int = signal.SIGKILL
    freezes_renewal: bool = False


async def _send(
    world: World, number: str, board: Board, drill: Drill | None, *, stop_after: float | None
) -> None:
    hits = 0
    senders: list[object] = []

    def in_flight() -> int:
        return sum(getattr(one, "slots_taken", 0) for one in senders)

    async def strike(_point: Failpoint) -> None:
        nonlocal hits
        hits += 1
        assert drill is not None
        if hits == drill.nth:
            board.write(has_lease=1, doubted=board.read()[1], in_flight=in_flight())
            os.kill(os.getpid(), drill.signal_number)

    async def note_recovery(_point: Failpoint) -> None:
        board.write(has_lease=1, doubted=sender_drill.report.doubted, in_flight=0)

    async def never_renew(_point: Failpoint) -> None:
        await asyncio.sleep(CHILD_SECONDS_MAX)

    points: dict[Failpoint, Callable[[Failpoint], Awaitable[None]]] = {
        Failpoint.AFTER_RECOVERY_COMMIT: note_recovery
    }
    if drill is not None:
        points[drill.point] = strike
        if drill.freezes_renewal:
            points[Failpoint.DURING_LEASE_RENEWAL] = never_renew
    sender_drill = SenderDrill(
        failpoints=Failpoints(points),
        lease_seconds=LEASE_SECONDS,
        slots=SLOTS,
        numbers=frozenset({number}),
    )
    senders = sender_drill.started  # type: ignore[assignment] - the list fills while the sender runs
    async with open_light(world.settings) as workspace:
        stop_event = asyncio.Event()
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, stop_event.set)
        await run_sender(workspace, stop_event=stop_event, until_idle=stop_after is None, drill=sender_drill)


class Lane:
    """One number and the senders that live and die on it, one after the other."""

    def __init__(self, world: World, number: str, report: Report, chance: random.Random) -> None:
        self.world = world
        self.number = number
        self.report = report
        self.chance = chance
        self.board = Board()
        self.in_flight_before = SLOTS
        self.rests = False
        self.forked_at = 0.0

    def kill_once(self, fault: str, point: Failpoint | None) -> Iterator[None]:
        """Fork a sender, let it die, and count; yields while it waits."""
        if fault == "F13":
            yield from self._zombie(freeze=False)
        elif fault == "F15":
            yield from self._zombie(freeze=True)
        elif point is None:
            yield from self._random_kill()
        else:
            stop_after = 0.15 if point is Failpoint.BEFORE_LEASE_RELEASE else None
            nth = 1 if stop_after is not None else self._nth(point)
            pid = self._fork(Drill(point=point, nth=nth), stop_after=stop_after)
            yield from self._until_dead(pid)
            self.report.kill_ms.append((time.monotonic() - self.forked_at) * 1000)
            self._count(fault)

    def _nth(self, point: Failpoint) -> int:
        per_group = {
            Failpoint.AFTER_INTENT_COMMIT,
            Failpoint.BEFORE_INTENT_COMMIT,
            Failpoint.AFTER_CLAIM_COMMIT,
            Failpoint.BEFORE_RESULT_COMMIT,
            Failpoint.AFTER_RESULT_COMMIT_BEFORE_RELEASE,
        }
        if point is Failpoint.AFTER_CLAIM_COMMIT:
            return 1
        return self.chance.randint(1, 2) if point in per_group else self.chance.randint(1, 10)

    def _fork(self, drill: Drill | None, *, stop_after: float | None = None) -> int:
        self.board.write(has_lease=0, doubted=-1, in_flight=0)
        self.forked_at = time.monotonic()
        return fork_sender(self.world, self.number, self.board, drill, stop_after=stop_after)

    def _random_kill(self) -> Iterator[None]:
        pid = self._fork(None)
        yield from self._until(lambda: self.board.read()[0] == 1)
        until = time.monotonic() + self.chance.uniform(0.0, 0.08)
        yield from self._until(lambda: time.monotonic() >= until)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.board.write(has_lease=1, doubted=self.board.read()[1], in_flight=SLOTS)
        self._count("F02")

    def _zombie(self, *, freeze: bool) -> Iterator[None]:
        """A sender stops, or cannot renew; another takes over; the first wakes and must change nothing (F13, F15)."""
        point = Failpoint.BEFORE_CONNECT if freeze else Failpoint.AFTER_RESPONSE_BEFORE_RESULT
        first = self._fork(
            Drill(
                point=point,
                nth=self.chance.randint(2, 6),
                signal_number=signal.SIGSTOP,
                freezes_renewal=freeze,
            )
        )
        yield from self._until(lambda: _is_stopped(first))
        self._note_recovery()
        self.in_flight_before = max(1, self.board.read()[2])
        held = self.board
        self.board = Board()
        second = self._fork(Drill(point=Failpoint.AFTER_RESPONSE_BEFORE_RESULT, nth=4))
        yield from self._until_dead(second)
        os.kill(first, signal.SIGCONT)
        until = time.monotonic() + 0.1
        yield from self._until(lambda: time.monotonic() >= until)
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        self._count("F15" if freeze else "F13")
        held.write(has_lease=0, doubted=0, in_flight=0)

    def _until_dead(self, pid: int) -> Iterator[None]:
        """Wait for the end of a child; one that found nothing to do is no kill."""
        deadline = time.monotonic() + CHILD_SECONDS_MAX
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                if not os.WIFSIGNALED(status):
                    raise RuntimeError(f"a sender of {self.number} ended with {status} before its kill")
                return
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise RuntimeError(f"a sender of {self.number} never came to its point")
            yield

    def _until(self, is_true: Callable[[], bool]) -> Iterator[None]:
        deadline = time.monotonic() + CHILD_SECONDS_MAX
        while not is_true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"a sender of {self.number} got stuck")
            yield

    def _note_recovery(self) -> None:
        """Compare what this sender found in doubt with what was in flight when the one before it died."""
        _, doubted, _ = self.board.read()
        if doubted < 0:
            return
        self.report.unknown_max = max(self.report.unknown_max, doubted)
        if doubted > self.in_flight_before:
            self.report.beyond_in_flight += 1

    def _count(self, fault: str) -> None:
        self.report.kills += 1
        self.report.by_fault[fault] += 1
        debug(f"{self.number[-1]} {fault} {self.board.read()}")
        self._note_recovery()
        self.in_flight_before = self.board.read()[2]
        self.report.in_flight_max = max(self.report.in_flight_max, self.in_flight_before)

    def finish(self) -> Iterator[None]:
        """Let a last sender do what is left, undisturbed."""
        pid = self._fork(None)
        deadline = time.monotonic() + 60
        while not os.waitpid(pid, os.WNOHANG)[0]:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                self.report.unfinished += 1
                return
            yield
        self._note_recovery()


def _is_stopped(pid: int) -> bool:
    done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    if done and not os.WIFSTOPPED(status):
        raise RuntimeError("a sender died where it should have stopped")
    return bool(done)


def schedule(kills: int, chance: random.Random) -> list[tuple[str, Failpoint | None]]:
    """Return so many kills in the shares of `POINTS`, shuffled."""
    weighted = [(fault, point) for fault, point, share in POINTS for _ in range(share)]
    full, rest = divmod(kills, len(weighted))
    chosen = weighted * full + chance.sample(weighted, rest)
    chance.shuffle(chosen)
    return chosen


def run_kills(kills: int, seed: int, directory: Path) -> Report:
    """Make the world, kill, finish, wait for the statuses, and compare both ledgers."""
    chance = random.Random(seed)
    report = Report()
    started = time.monotonic()
    people = max(60, kills * PEOPLE_PER_KILL // len(NUMBERS) + 80)
    debug("start")
    with open_world(directory, people_per_number=people) as world:
        debug("world is open")
        world.control("faults", FAULTS)
        waiting = schedule(kills, chance)
        lanes = [
            Lane(world, number, report, random.Random(seed * 10 + i)) for i, number in enumerate(NUMBERS)
        ]
        _drive([_work(lane, waiting) for lane in lanes])
        world.control("faults", {"requests": []})
        debug(f"killed {report.kills}")
        _drive([lane.finish() for lane in lanes])
        debug("finished")
        _settle(world)
        _compare(world, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _work(lane: Lane, waiting: list[tuple[str, Failpoint | None]]) -> Iterator[None]:
    while waiting:
        fault, point = waiting.pop()
        yield from lane.kill_once(fault, point)


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
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while _lost(world) and time.monotonic() < deadline:
        time.sleep(0.1)


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
        "by_fault": dict(sorted(report.by_fault.items())),
        "kill_ms_median": round(statistics.median(report.kill_ms), 1) if report.kill_ms else None,
        "seconds": report.seconds,
    }


def holds(report: Report) -> bool:
    """Return whether nobody was messaged twice, nothing got lost, and every doubt was bounded."""
    return not (report.duplicates or report.lost or report.beyond_in_flight or report.unfinished)


if __name__ == "__main__":
    sys.exit(main())
