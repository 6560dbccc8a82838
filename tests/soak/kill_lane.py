"""One business number and the processes that die on it, one after the other."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rulecast.values.failpoints import Failpoint
from tests.soak.kill_child import (
    SLOTS,
    Act,
    Board,
    Drill,
    Figures,
    fork_launch,
    fork_sender,
    launch_plan,
)
from tests.soak.kill_points import (
    LAUNCHING,
    SECOND_ANSWERS,
    STARTS_MAX,
    STOPPING,
    WAIT_STARTS_MAX,
    Kill,
    drill_of,
)
from tests.soak.kill_world import PEOPLE_PER_PLAN, RECEIVER_POINTS, World

JOURNAL_POINTS = frozenset({Failpoint.BEFORE_JOURNAL_APPEND, Failpoint.AFTER_JOURNAL_APPEND})
# Nothing waits for so long on any machine; it only bounds a failure.
CHILD_SECONDS_MAX = 60.0
FINISH_SECONDS_MAX = 120.0


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
    # Launches that died and did not end as exactly one run.
    launched_wrong: int = 0
    # Codes that two people have, and accepted messages without theirs.
    codes_astray: int = 0
    # Doubts that arose; those of them Meta had accepted; those again that a status settled in time.
    doubts: int = 0
    doubts_accepted: int = 0
    doubts_settled: int = 0
    doubt_seconds_max: float = 0.0
    by_fault: Counter[str] = field(default_factory=Counter)
    by_point: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    # From the fork of a sender to its death at the named point, in milliseconds.
    kill_ms: list[float] = field(default_factory=list)


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
        if kill.is_zombie:
            yield from self._zombie(kill)
        elif kill.point is None:
            yield from self._kill_at_any_instant()
        elif kill.point in LAUNCHING:
            yield from self._kill_launch(kill.point)
        elif kill.point in RECEIVER_POINTS:
            yield from self._kill_receiver(kill.point)
        else:
            yield from self._kill_sender(kill.point, kill.nth)
        self.report.kills += 1
        self.report.by_fault[kill.fault] += 1
        self.report.by_point[kill.point or "any"] += 1
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

    def _kill_sender(self, point: Failpoint, nth: int) -> Iterator[None]:
        forked_at = time.monotonic()
        pid = self._fork(drill_of(point, nth))
        yield from self._until_dead(pid)
        self.report.kill_ms.append((time.monotonic() - forked_at) * 1000)
        self._note_death()
        if point in STOPPING:
            self.world.query(
                "UPDATE gate.stop SET resumed_at = stopped_at, resumed_by = 'kills'"
                " WHERE resumed_at IS NULL AND target = %s RETURNING stop_id",
                self.number,
            )

    def _kill_launch(self, point: Failpoint) -> Iterator[None]:
        """A launch dies before or after its commit; launching again makes exactly one run of it (F78)."""
        plan_id = self.world.plans[self.number].pop()
        pid = fork_launch(self.world, plan_id, point)
        self.alive.add(pid)
        yield from self._until_dead(pid)
        is_new = asyncio.run(launch_plan(self.world, plan_id))
        (found,) = self.world.query(
            "SELECT count(DISTINCT r.run_id), count(*) FROM deliver.run AS r"
            " JOIN deliver.message AS m USING (run_id) WHERE r.plan_id = %s",
            plan_id,
        )
        is_right = found == (1, PEOPLE_PER_PLAN) and is_new is (point is Failpoint.BEFORE_LAUNCH_COMMIT)
        self.report.launched_wrong += not is_right

    def _kill_receiver(self, point: Failpoint) -> Iterator[None]:
        """The receiver dies while statuses come in; Meta repeats what was not answered (F44)."""
        receiver = self.world.receiver
        while receiver.is_armed:
            yield
        receiver.arm(point)
        pid = self._fork(
            Drill(act=Act.WAIT, point=Failpoint.BEFORE_CONNECT, nth=STARTS_MAX, starts_max=STARTS_MAX)
        )
        if point in JOURNAL_POINTS:
            # Statuses never come to the journal; whatever a person says does.
            yield from self._until(lambda: bool(self._asked()))
            self.world.control(f"phones/{self._asked()[0]}/say", {"text": "bonjour"})
        yield from self._until(receiver.is_dead)
        receiver.start()
        yield from self._until(lambda: self.board.read().leases > 0)
        self._kill(pid)
        self._note_death(in_flight=SLOTS)

    def _asked(self) -> list[str]:
        """Return whom Meta has accepted a message for."""
        return [row["to"] for row in self.world.requests() if row["outcome"] == "accepted"]

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
        expires = kill.point is Failpoint.DURING_LEASE_EXPIRY
        first = self._fork(
            Drill(
                act=Act.FREEZE,
                point=Failpoint.BEFORE_CONNECT if expires else kill.point,
                nth=kill.nth,
                freezes_renewal=kill.fault == "F15" and not expires,
                dies_at=Failpoint.DURING_LEASE_EXPIRY if expires else None,
            )
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
        if expires:
            yield from self._until_dead(first)
            return
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
        if figures.leases == 0:
            # It died before it had settled what the one before left: that is still to come.
            return
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


def _is_stopped(pid: int) -> bool:
    done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    if done and not os.WIFSTOPPED(status):
        raise RuntimeError("a sender died where it should have stopped")
    return bool(done)


def debug(text: str) -> None:
    """Say something to whoever debugs."""
    if os.environ.get("RULECAST_TEST_KILLS_LOUD"):
        print(f"{time.monotonic():.2f}", text, file=sys.stderr)
