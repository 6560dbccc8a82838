"""The sender of one business number: claims, intents, requests and results, within slots, tokens and a lease."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.deliver import store
from rulecast.deliver.circuit import Circuit
from rulecast.deliver.classify import Accepted, Rejected, classify
from rulecast.deliver.error_code import CodeAction, CodeOutcome
from rulecast.deliver.failpoints import INERT, Failpoint, Failpoints
from rulecast.deliver.group import Group, GroupWriter, Hooks, LeaseLostError
from rulecast.deliver.lease import Lease
from rulecast.deliver.pacing import NumberPacer, PairSpacing
from rulecast.deliver.result import Attempt, NotStarted, Result
from rulecast.deliver.state import MessageState
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.store import ClaimedRow, Database, OperationalError
from rulecast.deliver.transport import OutboundRequest, Transport
from rulecast.gate import Draft, Gate, PreparedDraft, prepare_drafts, release_permits
from rulecast.gate.terms import RunTerms, TermsBook
from rulecast.values.clock import Clock
from rulecast.values.ids import ContactId, MessageId, RunId
from rulecast.vault import Vault

# An intent older than this was overtaken by something (a sleep, a blocked loop): it is not started any more.
INTENT_SECONDS_MAX = 2.0
# Two lanes: while one transaction commits, the other collects.
LANES = 2
# A group waits so long for company before it commits smaller than a quarter of the slots.
LINGER_SECONDS = 0.02
IDLE_SECONDS = 0.25
# Backoff after the database failed; results wait in memory, no new intent can be made without it.
DATABASE_PAUSE_SECONDS = 0.2
# Drafts kept ready, in multiples of the slots: enough that no lane waits, few enough that a stop finds little.
READY_SLOTS = 2


def boottime_seconds() -> float:
    """Return CLOCK_BOOTTIME: it also runs while the machine sleeps, so a sleeping intent grows old."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderParts:
    """What every sender of a process shares."""

    database: Database
    gate: Gate
    terms: TermsBook
    vault: Vault
    transport: Transport
    clock: Clock
    stops: StopWatch
    hooks: Hooks
    random_bytes: Callable[[int], bytes]
    slots: int
    lease_seconds: float
    failpoints: Failpoints = INERT
    boottime: Callable[[], float] = boottime_seconds
    # Instead of the number's own throughput; only a measurement sets it.
    per_second: int | None = None


@dataclass(slots=True, kw_only=True)
class SenderCounts:
    """What a sender has done since it started."""

    claimed: int = 0
    started: int = 0
    accepted: int = 0
    refused: int = 0
    again: int = 0
    unknown: int = 0
    not_started: int = 0
    in_flight_max: int = 0
    expired: int = field(default=0)


class NumberSender:
    """Sends the messages of one number while it holds the lease; `run` returns when it was told to stop."""

    def __init__(self, parts: SenderParts, lease: Lease) -> None:
        """Begin with empty hands: no tokens, no drafts."""
        self._parts = parts
        self._lease = lease
        self._number = lease.business_number_id
        self._writer = GroupWriter(
            parts.database,
            parts.gate,
            parts.vault,
            lease=lease,
            hooks=parts.hooks,
            failpoints=parts.failpoints,
        )
        self._pacer = NumberPacer(throughput_per_second=self._throughput(), now=parts.clock.now())
        self._pairs = PairSpacing()
        self._circuit = Circuit(parts.boottime)
        self._ready: deque[PreparedDraft] = deque()
        self._terms: dict[int, RunTerms] = {}
        self._results: list[Result] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._free_slots = parts.slots
        self._wake = asyncio.Event()
        self._hungry = asyncio.Event()
        self._draining = False
        self._renewed_at = parts.boottime()
        self._lost = False
        self._nothing_due = False
        self.counts = SenderCounts()

    @property
    def slots_taken(self) -> int:
        """Return how many slots hold a message whose result is not committed."""
        return self._parts.slots - self._free_slots

    def _throughput(self) -> int:
        return self._parts.per_second or self._parts.stops.numbers[self._number].throughput_per_second

    async def run(self, stop_event: asyncio.Event, *, until_idle: bool = False) -> None:
        """Send until told to stop, or until nothing of this number is open, then hand everything back.

        Raises:
            LeaseLostError: another sender took the number over.
        """
        is_lost = False
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew())
                group.create_task(self._claim())
                lanes = [group.create_task(self._lane()) for _ in range(LANES)]
                group.create_task(self._end(stop_event, until_idle=until_idle, lanes=lanes))
        except* _Ended:
            pass
        except* LeaseLostError:
            is_lost = self._lost = True
        if is_lost:
            await self._abandon()
            raise LeaseLostError

    async def _end(
        self, stop_event: asyncio.Event, *, until_idle: bool, lanes: Sequence[asyncio.Task[None]]
    ) -> None:
        """Wait for the end, drain, and give the lease back."""
        while not stop_event.is_set() and not (until_idle and await self._is_idle()):
            try:
                await asyncio.wait_for(stop_event.wait(), IDLE_SECONDS if until_idle else None)
            except TimeoutError:
                continue
        self._draining = True
        self._wake.set()
        await asyncio.wait(lanes)
        await self._give_back(list(self._ready))
        self._ready.clear()
        async with self._parts.database.transaction() as connection:
            await store.finish_runs(connection, self._number, now=self._parts.clock.now())
        await self._parts.failpoints.reach(Failpoint.BEFORE_LEASE_RELEASE)
        async with self._parts.database.transaction() as connection:
            await store.release_lease(connection, self._number, epoch=self._lease.epoch)
        raise _Ended

    @property
    def _is_busy(self) -> bool:
        """Return whether anything is claimed, out, or on its way into the database."""
        return bool(self._ready) or self.slots_taken > 0

    async def _is_idle(self) -> bool:
        if not self._nothing_due or self._is_busy:
            return False
        async with self._parts.database.connection() as connection:
            return await store.next_due(connection, self._number) is None

    async def _renew(self) -> None:
        """Renew the lease three times in its length; a renewal that comes too late ends everything."""
        while True:
            await asyncio.sleep(self._parts.lease_seconds / 3)
            await self._parts.failpoints.reach(Failpoint.DURING_LEASE_RENEWAL)
            asked_at = self._parts.boottime()
            try:
                async with self._parts.database.connection() as connection:
                    renewed = await store.renew_lease(
                        connection,
                        self._number,
                        epoch=self._lease.epoch,
                        lease_seconds=self._parts.lease_seconds,
                    )
            except OperationalError:
                continue
            if not renewed:
                raise LeaseLostError
            self._renewed_at = asked_at

    async def _claim(self) -> None:
        """Keep drafts ready: claimed in the database, their requests frozen."""
        while not self._draining:
            if self._parts.stops.stops_number(self._number):
                await self._rest()
                continue
            wanted = self._parts.slots * READY_SLOTS - len(self._ready)
            if wanted < self._parts.slots:
                await self._until_hungry()
                continue
            try:
                claimed = await self._claim_once(wanted)
            except OperationalError:
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)
                continue
            if claimed == 0:
                await self._pause()

    async def _rest(self) -> None:
        """While a stop is in force, hold no claims: a resume, or another sender, finds them planned."""
        returned = list(self._ready)
        self._ready.clear()
        await self._give_back(returned)
        await self._pause()

    async def _claim_once(self, wanted: int) -> int:
        parts, now = self._parts, self._parts.clock.now()
        async with parts.database.transaction() as connection:
            rows = await store.claim_messages(
                connection,
                self._number,
                epoch=self._lease.epoch,
                now=now,
                count_max=wanted,
                stopped_rules=sorted(parts.stops.stopped_rules),
            )
            if rows:
                await parts.failpoints.reach(Failpoint.BEFORE_CLAIM_COMMIT)
        taken = [row for row in rows if row.state == MessageState.CLAIMED]
        self.counts.expired += len(rows) - len(taken)
        self._nothing_due = not rows
        if not rows:
            await self._finish_runs(now)
            return 0
        await parts.failpoints.reach(Failpoint.AFTER_CLAIM_COMMIT)
        if taken:
            await self._prepare(taken)
        return len(rows)

    async def _prepare(self, rows: Sequence[ClaimedRow]) -> None:
        drafts = [_draft(row) for row in sorted(rows, key=lambda row: row.message_id)]
        async with self._parts.database.connection() as connection:
            terms = await self._parts.terms.terms(connection, {one.run_id for one in drafts})
            prepared = await prepare_drafts(
                connection,
                self._parts.vault,
                drafts,
                terms=terms,
                random_bytes=self._parts.random_bytes,
            )
        self._terms.update(terms)
        self.counts.claimed += len(prepared)
        self._ready.extend(prepared)
        self._wake.set()

    async def _finish_runs(self, now: datetime) -> None:
        if self._is_busy:
            return
        async with self._parts.database.transaction() as connection:
            await store.finish_runs(connection, self._number, now=now)

    async def _until_hungry(self) -> None:
        self._hungry.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hungry.wait(), IDLE_SECONDS)

    async def _pause(self) -> None:
        """Wait for news: a new run, a resume, or a quarter of a second."""
        self._parts.stops.heard.clear()
        try:
            await asyncio.wait_for(self._parts.stops.heard.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    async def _lane(self) -> None:
        """Commit group after group; one group in a transaction, one transaction in a lane."""
        while not (self._draining and not self._results and not self._requests):
            results, self._results = self._results, []
            drafts = [] if self._draining else self._take_drafts(self._free_slots + len(results))
            if not results and not drafts:
                await self._wait_for_work()
                continue
            # A slot whose result is being committed stays this lane's until the commit: so intents in the database
            # never outnumber the slots.
            idle_taken = max(0, len(drafts) - len(results))
            self._free_slots -= idle_taken
            started = await self._turn(results, drafts)
            self._free_slots += idle_taken + len(results) - started

    def _take_drafts(self, slots: int) -> list[PreparedDraft]:
        """Take as many drafts as there are slots, tokens, and trust in the peer."""
        now = self._parts.clock.now()
        if self._parts.stops.stops_number(self._number):
            return []
        self._pacer.throughput_per_second = self._throughput()
        wanted = min(slots, len(self._ready))
        wanted = self._circuit.allowed(wanted) if wanted else 0
        taken = self._pacer.take(wanted, now) if wanted else 0
        if wanted and not taken:
            self._circuit.probe_not_used()
        drafts = [self._ready.popleft() for _ in range(taken)]
        if len(self._ready) <= self._parts.slots * (READY_SLOTS - 1):
            self._hungry.set()
        return drafts

    async def _turn(self, results: list[Result], drafts: list[PreparedDraft]) -> int:
        """Write one group, again and again until it is known to be written, and start its requests."""
        while True:
            # Taken before the facts are read, so that the age of an intent is never understated.
            intent_at = self._parts.boottime()
            try:
                attempts = await self._writer.write(
                    Group(results=results, drafts=drafts, terms=self._terms), self._parts.clock.now()
                )
            except OperationalError:
                # The commit may or may not have happened (F67). Results are repeated: compare-and-set makes that
                # harmless. The intents were not started: they are taken back whatever happened.
                await self._after_failure(drafts)
                drafts = []
                if not results:
                    return 0
                continue
            break
        await self._parts.failpoints.reach(Failpoint.AFTER_RESULT_COMMIT_BEFORE_RELEASE)
        if attempts:
            await self._parts.failpoints.reach(Failpoint.AFTER_INTENT_COMMIT)
        self._pacer.give_back(len(drafts) - len(attempts))
        self._start(attempts, intent_at)
        return len(attempts)

    async def _after_failure(self, drafts: Sequence[PreparedDraft]) -> None:
        while True:
            if self._parts.boottime() - self._renewed_at > self._parts.lease_seconds:
                raise LeaseLostError
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            try:
                await self._give_back(drafts)
            except OperationalError:
                continue
            return

    def _start(self, attempts: Sequence[Attempt], intent_at: float) -> None:
        for attempt in attempts:
            task = asyncio.create_task(self._request(attempt, intent_at))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)
        self.counts.started += len(attempts)
        self.counts.in_flight_max = max(self.counts.in_flight_max, len(self._requests))

    async def _request(self, attempt: Attempt, intent_at: float) -> None:
        """Make one attempt, unless it must not start any more; the result is always noted."""
        permit = attempt.permit
        await self._parts.failpoints.reach(Failpoint.BEFORE_CONNECT)
        cause = self._reason_not_to_start(permit.rule_name, intent_at)
        if cause is not None:
            self._note(Result(attempt=attempt, outcome=NotStarted(cause=cause)))
            return
        self._pairs.note(permit.contact_id, self._parts.clock.now())
        outcome = classify(
            await self._parts.transport.send(
                OutboundRequest(business_number_id=permit.business_number_id, body=permit.body)
            )
        )
        await self._parts.failpoints.reach(Failpoint.AFTER_RESPONSE_BEFORE_RESULT)
        self._note(Result(attempt=attempt, outcome=outcome))

    def _reason_not_to_start(self, rule_name: str, intent_at: float) -> str | None:
        now = self._parts.boottime()
        if self._lost or now - self._renewed_at > self._parts.lease_seconds:
            return "lease_lost"
        if now - intent_at > INTENT_SECONDS_MAX:
            return "too_old"
        if self._parts.stops.stops_message(self._number, rule_name):
            return "stopped"
        return None

    def _note(self, result: Result) -> None:
        """Keep a result for the next group, and let pace and circuit learn from it."""
        counts, outcome = self.counts, result.outcome
        match outcome:
            case NotStarted():
                counts.not_started += 1
            case Accepted():
                counts.accepted += 1
                self._circuit.record(is_doubtful=False)
            case Rejected():
                self._learn(outcome)
        self._results.append(result)
        self._wake.set()

    def _learn(self, rejected: Rejected) -> None:
        counts, now = self.counts, self._parts.clock.now()
        is_unknown = rejected.outcome is CodeOutcome.UNKNOWN
        # A peer that cannot be reached is as bad a sign as one that stammers.
        self._circuit.record(is_doubtful=is_unknown or rejected.code == 0)
        if is_unknown:
            counts.unknown += 1
        elif rejected.outcome is CodeOutcome.AGAIN:
            counts.again += 1
        else:
            counts.refused += 1
        if rejected.action is CodeAction.SLOW_NUMBER:
            self._pacer.slow_down(now)
        elif rejected.action is CodeAction.RETRY_AFTER and rejected.code:
            self._pacer.rest(rejected.wait_seconds, now)

    async def _wait_for_work(self) -> None:
        self._wake.clear()
        now = self._parts.clock.now()
        seconds = IDLE_SECONDS
        if self._ready:
            # Tokens come in clock seconds; a virtual clock runs faster than the loop.
            await self._parts.clock.sleep(min(self._pacer.seconds_until_token(now), IDLE_SECONDS))
            seconds = LINGER_SECONDS
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        if self._results and len(self._results) < self._parts.slots // 4 and self._requests:
            await asyncio.sleep(LINGER_SECONDS)

    async def _give_back(self, drafts: Sequence[PreparedDraft]) -> None:
        """Return claims, and intents whose commit was in doubt, that were never started by us."""
        if not drafts:
            return
        now = self._parts.clock.now()
        async with self._parts.database.transaction() as connection:
            returned = await store.return_unstarted(
                connection, [one.draft.message_id for one in drafts], epoch=self._lease.epoch, now=now
            )
            await release_permits(connection, returned, now)

    async def _abandon(self) -> None:
        """After the lease is lost: wait for the requests that are out, and write nothing."""
        if self._requests:
            await asyncio.wait(set(self._requests))


class _Ended(Exception):  # noqa: N818 - not an error: it ends the task group
    """The sender has drained."""


def _draft(row: ClaimedRow) -> Draft:
    return Draft(
        message_id=MessageId(row.message_id),
        contact_id=ContactId(row.contact_id),
        run_id=RunId(row.run_id),
        template_id=row.template_id,
        attempt=row.attempts + 1,
        send_until=row.send_until,
    )
