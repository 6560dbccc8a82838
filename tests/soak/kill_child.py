"""One sending process that is to die: what it does at the named points, and the figures it leaves behind."""

import asyncio
import mmap
import os
import signal
import struct
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from functools import partial

from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.sender import NumberSender
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.values.ids import PlanId
from rulecast.wiring.launch import launch
from rulecast.wiring.sender import SenderDrill, SenderReport, run_sender
from rulecast.wiring.stop import StopTarget, stop
from rulecast.wiring.workspace import Workspace
from tests.soak.kill_world import World, open_light, silence

SLOTS = 8
# Long enough that a sender on a busy machine loses its lease only to another one: the dead are known to be dead.
LEASE_SECONDS = 5.0
# What a frozen sender is given, because the next one has to wait for its end.
FROZEN_LEASE_SECONDS = 1.0
# Whoever leaves, or wakes, waits for requests that get no answer; in an installation that takes longer.
REQUEST_SECONDS_MAX = 3.0


class Act(StrEnum):
    """What a sender does when it comes to its point for the n-th time."""

    DIE = "die"
    FREEZE = "freeze"
    # It starts nothing more; its parent kills it at an instant of its own.
    WAIT = "wait"
    # It is told to stop, and dies on its way out.
    LEAVE = "leave"
    # It stops its number as a person would, and dies while it does, or while it obeys.
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What happens to a sender, and at which arrival at which point.

    With `dies_at` the act only begins at the point; after `starts_max` requests it starts nothing more.
    """

    act: Act
    point: Failpoint
    nth: int
    freezes_renewal: bool = False
    dies_at: Failpoint | None = None
    starts_max: int | None = None
    has_short_lease: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a sender left behind: leases taken, doubts found by the first and by the last of them, requests out.

    `beyond` counts leases it took over from itself with more doubts than it had slots taken.
    """

    leases: int = 0
    doubted_first: int = 0
    doubted_last: int = 0
    in_flight: int = 0
    beyond: int = 0


class Board:
    """Figures a child leaves for its parent in shared memory: it may die at any moment."""

    SHAPE = struct.Struct("=5q")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self.SHAPE.size)

    def write(self, figures: Figures) -> None:
        self._memory[:] = self.SHAPE.pack(*astuple(figures))

    def read(self) -> Figures:
        leases, first, last, in_flight, beyond = self.SHAPE.unpack(self._memory[:])
        return Figures(
            leases=leases, doubted_first=first, doubted_last=last, in_flight=in_flight, beyond=beyond
        )


def fork_sender(world: World, number: str, board: Board, drill: Drill | None) -> int:
    """Fork a sending process for one number and return its pid; without a drill it sends what there is."""
    return _fork(lambda: _Child(world, number, board, drill).send())


def fork_launch(world: World, plan_id: int, point: Failpoint) -> int:
    """Fork a process that launches a plan and dies at that point; returns its pid."""

    async def die(_point: Failpoint) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return _fork(lambda: launch_plan(world, plan_id, Failpoints({point: die})))


async def launch_plan(world: World, plan_id: int, failpoints: Failpoints = INERT) -> bool:
    """Launch an approved plan, and return whether nobody had before."""
    # Its template was never at Meta: without a token nobody asks.
    async with open_light(replace(world.settings, access_token=None)) as workspace:
        launched = await launch(workspace, PlanId(plan_id), launched_by="kills", failpoints=failpoints)
        return launched.is_new


def _fork(work: Callable[[], Coroutine[None, None, object]]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        silence()
        asyncio.run(work())
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child has nobody above it
        traceback.print_exc()
    finally:
        os._exit(code)


class _Child:
    """The sender from the inside."""

    def __init__(self, world: World, number: str, board: Board, drill: Drill | None) -> None:
        self._world = world
        self._number = number
        self._board = board
        self._drill = drill
        self._hits = 0
        self._starts = 0
        self._workspace: Workspace | None = None
        self._doubted_before = 0
        self._has_been_frozen = False
        self._stop_event = asyncio.Event()
        self._started: list[NumberSender] = []
        self._report = SenderReport()

    async def send(self) -> None:
        drill = self._drill
        is_short = drill is not None and (drill.act is Act.FREEZE or drill.has_short_lease)
        failpoints, settings = Failpoints(self._points()), self._world.settings
        async with (
            open_light(settings) as workspace,
            LeanTransport(
                base_url=settings.graph_base_url,
                version=settings.graph_version,
                access_token=settings.access_token or "",
                failpoints=failpoints,
                total_seconds=REQUEST_SECONDS_MAX,
            ) as transport,
        ):
            self._workspace = workspace
            parts = SenderDrill(
                failpoints=failpoints,
                transport=transport,
                lease_seconds=FROZEN_LEASE_SECONDS if is_short else LEASE_SECONDS,
                slots=SLOTS,
                numbers=frozenset({self._number}),
                started=self._started,
                report=self._report,
            )
            await run_sender(workspace, stop_event=self._stop_event, until_idle=True, drill=parts)

    def _points(self) -> dict[Failpoint, Callable[[Failpoint], Awaitable[None]]]:
        acts: dict[Failpoint, list[Callable[[Failpoint], Awaitable[None]]]] = defaultdict(list)
        acts[Failpoint.AFTER_RECOVERY_COMMIT].append(self._note_recovery)
        drill = self._drill
        if drill is not None:
            acts[drill.point].append(self._strike)
            if drill.dies_at is not None:
                acts[drill.dies_at].append(self._die)
            if drill.starts_max is not None:
                acts[Failpoint.BEFORE_CONNECT].append(self._hold)
            if drill.freezes_renewal:
                acts[Failpoint.DURING_LEASE_RENEWAL].append(_wait_for_ever)
        return {point: partial(_one_after_the_other, some) for point, some in acts.items()}

    async def _hold(self, point: Failpoint) -> None:
        """Let so many requests start, and no more."""
        assert self._drill is not None
        assert self._drill.starts_max is not None
        self._starts += 1
        if self._starts > self._drill.starts_max:
            await _wait_for_ever(point)

    @property
    def _slots_taken(self) -> int:
        """Return the slots of the newest sender: what the ones before left was settled when it took its lease."""
        return self._started[-1].slots_taken if self._started else 0

    async def _strike(self, point: Failpoint) -> None:
        drill = self._drill
        assert drill is not None
        self._hits += 1
        if drill.act is Act.WAIT and self._hits > drill.nth:
            await _wait_for_ever(point)
        if self._hits != drill.nth:
            return
        if drill.act is Act.DIE:
            await self._die(point)
        elif drill.act is Act.LEAVE:
            self._stop_event.set()
        elif drill.act is Act.STOP:
            assert self._workspace is not None
            dying = {} if drill.dies_at is None else {drill.dies_at: self._die}
            target = StopTarget(scope="sender", name=self._number)
            await stop(self._workspace, target, reason="drill", failpoints=Failpoints(dying))
        elif drill.act is Act.FREEZE:
            self._note_in_flight()
            self._has_been_frozen = True
            os.kill(os.getpid(), signal.SIGSTOP)

    async def _die(self, _point: Failpoint) -> None:
        self._note_in_flight()
        os.kill(os.getpid(), signal.SIGKILL)

    def _note_in_flight(self) -> None:
        self._board.write(replace(self._board.read(), in_flight=self._slots_taken))

    async def _note_recovery(self, point: Failpoint) -> None:
        doubted = self._report.doubted - self._doubted_before
        self._doubted_before = self._report.doubted
        figures = self._board.read()
        is_first = figures.leases == 0
        # What somebody who woke takes over is another's; its parent knows whose.
        is_beyond = not is_first and not self._has_been_frozen and doubted > self._slots_taken
        self._board.write(
            replace(
                figures,
                leases=figures.leases + 1,
                doubted_first=doubted if is_first else figures.doubted_first,
                doubted_last=doubted,
                beyond=figures.beyond + is_beyond,
            )
        )
        if self._has_been_frozen:
            # It has noticed that its number was taken over, and wrote what it could.
            await _wait_for_ever(point)


async def _one_after_the_other(
    acts: Sequence[Callable[[Failpoint], Awaitable[None]]], point: Failpoint
) -> None:
    for act in acts:
        await act(point)


async def _wait_for_ever(_point: Failpoint) -> None:
    await asyncio.Event().wait()
