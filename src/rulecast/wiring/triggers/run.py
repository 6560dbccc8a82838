"""The loop of triggers: arrivals are matched, audiences swept, windows that closed decided, plans launched."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from rulecast.database import Connection
from rulecast.database.errors import DatabaseError
from rulecast.values.ids import RuleVersionId
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.arming import arm_new, complete
from rulecast.wiring.triggers.counting import fill_counters, keep_counters
from rulecast.wiring.triggers.deciding import CandidatesMovedError, decide_due
from rulecast.wiring.triggers.entering import changes_in, look_at_changed, sweep_block
from rulecast.wiring.triggers.launching import launch_planned
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.triggers.matching import match_events
from rulecast.wiring.triggers.records import Arrival, Evaluation
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")

LOCK = "rulecast.triggers"
POLL_SECONDS = 0.1
"""How often an idle loop looks: a tenth of the second an event may take to become an intent."""
ARRIVALS_AT_ONCE = 5_000
"""Rows a transaction may take (design section 3); at 40,000 events a second these arrive in an eighth of a second."""
ARRIVALS_MIN = 100
LOOKS_AT_ONCE = 20_000
"""People times rules on entering that are looked at at a time: about as many as in a sweep, so that neither waits."""
VERSIONS_PER_SWEEP = 20
"""Rules for which a block of 512 people is looked at together: about half a second of work."""
TURN_POLL_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 0.5
PAUSE_SECONDS_MAX = 30.0


async def run_triggers(workspace: Workspace, *, stop_event: asyncio.Event, until_idle: bool = False) -> None:
    """Run triggers until told to stop, or until nothing is left to do at this instant.

    One loop of a workspace runs at a time; another one waits for its turn. A step that fails is tried again after a
    pause, and what it had not committed has not happened.
    """
    runtime = _Runtime(workspace)
    pause_seconds = FIRST_PAUSE_SECONDS
    async with _turn(workspace, stop_event):
        async with workspace.database.transaction() as connection:
            await store.forget_failures(connection)
        while not stop_event.is_set():
            try:
                has_worked = await runtime.step()
            except Exception:
                if until_idle:
                    raise
                LOG.exception("a step of the triggers failed", pause_seconds=pause_seconds)
                await _pause(stop_event, pause_seconds)
                pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
                runtime = runtime.anew()
                continue
            pause_seconds = FIRST_PAUSE_SECONDS
            if until_idle and not has_worked and runtime.is_idle:
                return
            await _pause(stop_event, 0 if has_worked else POLL_SECONDS)


@asynccontextmanager
async def _turn(workspace: Workspace, stop_event: asyncio.Event) -> AsyncIterator[None]:
    """Wait for the turn of this loop, or for the word to stop, whichever is first."""
    async with AsyncExitStack() as stack:
        while not stop_event.is_set():
            async with AsyncExitStack() as attempt:
                if await attempt.enter_async_context(workspace.database.advisory_lock(LOCK, wait=False)):
                    stack.push_async_exit(attempt.pop_all())
                    break
            await _pause(stop_event, TURN_POLL_SECONDS)
        yield


async def _pause(stop_event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop_event.wait(), seconds)


class _Runtime:
    """What the loop knows from one step to the next; everything that matters is in the database."""

    def __init__(self, workspace: Workspace, listening: Listening | None = None) -> None:
        self._workspace = workspace
        self._listening = listening or Listening()
        self._is_filling = True
        self._evaluation: Evaluation | None = None
        self._has_evaluated = False

    def anew(self) -> "_Runtime":
        """Return what knows nothing but the checked rules: checking ten thousand takes a minute."""
        return _Runtime(self._workspace, self._listening.anew())

    async def step(self) -> bool:
        """Do a little of everything and tell whether there was something to do."""
        await self._refresh()
        await self._begin_evaluation()
        matched = await self._match_arrivals()
        is_behind = matched >= self._arrivals_at_once
        swept = await self._sweep()
        not_yet = await self._still_evaluated()
        work = [self._decide(not_yet)]
        if is_behind:
            # The next arrivals are matched while these are decided.
            work.append(self._match_arrivals())
        done = 0
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            done += outcome
        self._is_filling = self._is_filling and await fill_counters(self._workspace)
        return bool(matched or swept or done or self._is_filling)

    async def _decide(self, not_yet: Sequence[RuleVersionId]) -> int:
        """Plan what is due and launch what is planned; return how much there was."""
        decided = 0
        with contextlib.suppress(CandidatesMovedError):
            decided = await decide_due(self._workspace, self._listening, not_yet=not_yet)
        return decided + await launch_planned(self._workspace)

    @property
    def is_idle(self) -> bool:
        """Return whether every version listens."""
        return not self._listening.arming

    async def _refresh(self) -> None:
        async with self._workspace.database.connection() as connection:
            has_changed = await self._listening.refresh(connection, self._workspace)
        if has_changed:
            await arm_new(self._workspace, self._listening)
            await keep_counters(self._workspace, self._listening.event_rules)
            self._listening.arming = frozenset(self._listening.rules)
            self._is_filling = True
        if self._listening.arming:
            await complete(self._workspace, self._listening)

    async def _match_arrivals(self) -> int:
        """Match the next arrivals; in one transaction they go and what follows from them comes."""
        arrivals: list[Arrival] = []
        try:
            async with self._workspace.database.transaction() as connection:
                arrivals = await store.take_arrivals(connection, count=self._arrivals_at_once)
                if arrivals:
                    await self._match(connection, arrivals)
                    await store.delete_arrivals(connection, arrivals)
        except DatabaseError:
            raise
        except Exception:
            async with self._workspace.database.transaction() as connection:
                await store.note_failures(connection, arrivals)
            raise
        return len(arrivals)

    @property
    def _arrivals_at_once(self) -> int:
        looks = max(1, len(self._listening.entering()))
        return max(ARRIVALS_MIN, min(ARRIVALS_AT_ONCE, LOOKS_AT_ONCE // looks))

    async def _match(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        listening, now = self._listening, self._workspace.clock.now()
        assert listening.catalogue is not None
        firings = await match_events(
            connection,
            listening.event_rules,
            [one for one in arrivals if one.name],
            catalogue=listening.catalogue,
            now=now,
        )
        firings += await look_at_changed(
            connection, listening.awake(), changes_in(arrivals), catalogue=listening.catalogue, now=now
        )
        evaluation = self._evaluation
        await store.fire(
            connection, firings, now=now, evaluation_at=None if evaluation is None else evaluation.begun_at
        )

    async def _begin_evaluation(self) -> None:
        """Begin an evaluation of the rules on entering once the last one is over."""
        if self._evaluation is not None or not self._listening.awake():
            return
        async with self._workspace.database.connection() as connection:
            self._evaluation = await store.begin_evaluation(
                connection, now=self._workspace.clock.now(), is_first=not self._has_evaluated
            )
        self._has_evaluated = True

    async def _sweep(self) -> bool:
        """Look at one block of people whom time may have moved, or whose baseline is to be taken."""
        listening = self._listening
        versions = [rule.rule_version_id for rule in listening.awake()]
        evaluation = self._evaluation
        if not versions or evaluation is None:
            return False
        now, until = self._workspace.clock.now(), evaluation.until
        async with self._workspace.database.transaction() as connection:
            due = await store.find_due_blocks(connection, versions, now=until, count=VERSIONS_PER_SWEEP)
            if not due:
                return False
            assert listening.catalogue is not None
            firings = await sweep_block(
                connection, listening.rules, due, catalogue=listening.catalogue, now=now, until=until
            )
            await store.fire(connection, firings, now=now, evaluation_at=evaluation.begun_at)
        return True

    async def _still_evaluated(self) -> list[RuleVersionId]:
        """Return the versions on entering whose evaluation is under way: what it finds is decided when it is over."""
        versions = [rule.rule_version_id for rule in self._listening.awake()]
        if not versions or self._evaluation is None:
            return []
        async with self._workspace.database.connection() as connection:
            waiting = await store.list_unevaluated(connection, versions, self._evaluation)
        if not waiting:
            self._evaluation = None
        return waiting
