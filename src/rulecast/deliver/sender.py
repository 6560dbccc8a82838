"""The sender of one business number: claims, intents, requests and results, within slots, tokens and a lease."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog

from rulecast.deliver import store
from rulecast.deliver.attach_files import attach_files
from rulecast.deliver.courier import Courier
from rulecast.deliver.cut_short import cut_short
from rulecast.deliver.drain import drain
from rulecast.deliver.group import Group, GroupWriter, HookUnavailableError, LeaseLostError
from rulecast.deliver.lease import Lease
from rulecast.deliver.pacing import PaceMemory
from rulecast.deliver.ready import ReadyDrafts
from rulecast.deliver.result import Result
from rulecast.deliver.sender_parts import SenderParts
from rulecast.deliver.state import MessageState
from rulecast.deliver.store import ClaimedRow, OperationalError, Unstarted
from rulecast.deliver.wait_within import wait_within
from rulecast.gate import Draft, PreparedDraft, prepare_drafts, release_permits
from rulecast.gate.free_reservations import free_reservations
from rulecast.gate.people_chunks import return_chunks
from rulecast.gate.terms import RunTerms
from rulecast.values.failpoints import Failpoint
from rulecast.values.ids import ContactId, MessageId, RunId

log = structlog.get_logger(__name__)

# Two lanes: while one transaction commits, the other collects.
LANES = 2
# A group waits so long for company before it commits smaller than a quarter of the slots.
LINGER_SECONDS = 0.02
IDLE_SECONDS = 0.25
# Backoff after the database failed; results wait in memory, no new intent can be made without it.
DATABASE_PAUSE_SECONDS = 0.2
# What goes first is claimed beside a full hand; a quarter of a second brings no more than this of it.
FIRST_CLAIM_MAX = 50
# Drafts kept ready, in multiples of the slots: enough that no lane waits, few enough that a stop finds little.
READY_SLOTS = 2


class NumberSender:
    """Sends the messages of one number while it holds the lease; `run` returns when it was told to stop."""

    def __init__(self, parts: SenderParts, lease: Lease, memory: PaceMemory | None = None) -> None:
        """Begin with empty hands, no tokens, no drafts, and with the pace of the sender before."""
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
        self._courier = Courier(parts, self._number, memory)
        self._ready = ReadyDrafts()
        self._terms: dict[int, RunTerms] = {}
        self._free_slots = parts.slots
        self._hungry = asyncio.Event()
        self._draining = self._nothing_due = self._is_claiming = False
        self.counts = self._courier.counts

    @property
    def slots_taken(self) -> int:
        """Return how many slots hold a message whose result is not committed."""
        return self._parts.slots - self._free_slots

    async def run(self, stop_event: asyncio.Event, *, until_idle: bool = False) -> None:
        """Send until told to stop, or until nothing of this number is open, then hand everything back.

        Raises:
            LeaseLostError: another sender took the number over.
        """
        is_lost = False
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew())
                working = [group.create_task(self._claim())]
                working += [group.create_task(self._lane()) for _ in range(LANES)]
                group.create_task(
                    self._end(stop_event, until_idle=until_idle, working=working, renewing=renewing)
                )
        except* _Ended:
            pass
        except* LeaseLostError:
            is_lost = self._courier.is_lost = True
        if is_lost:
            await self._abandon()
            raise LeaseLostError

    async def _end(
        self,
        stop_event: asyncio.Event,
        *,
        until_idle: bool,
        working: Sequence[asyncio.Task[None]],
        renewing: asyncio.Task[None],
    ) -> None:
        """Wait for the end, drain, and give the lease back, all within the time there is."""
        while not stop_event.is_set() and not (until_idle and await self._is_idle()):
            await wait_within(stop_event, IDLE_SECONDS if until_idle else None)
        await self._reach(Failpoint.BEFORE_DRAIN)
        self._draining = True
        self._courier.wake.set()
        self._hungry.set()
        if not await drain(self._courier, working, self._hand_back, answer_seconds=self._parts.drain_seconds):
            # Without the database nothing can be given back; the next sender's recovery does it.
            log.warning("left_without_database", business_number_id=self._number)
        await cut_short([renewing, *working])
        raise _Ended

    async def _hand_back(self) -> None:
        """Give back what was claimed, and then the number itself."""
        await self._reach(Failpoint.BEFORE_GIVE_BACK)
        await self._give_back(_unstarted(self._ready.take_all()))
        await self._reach(Failpoint.BEFORE_RUN_FINISH)
        async with self._parts.database.transaction() as connection:
            await store.finish_runs(connection, self._number, now=self._parts.clock.now())
        await self._reach(Failpoint.BEFORE_LEASE_RELEASE)
        async with self._parts.database.transaction() as connection:
            await return_chunks(connection, self._number)
            await store.release_lease(connection, self._number, epoch=self._lease.epoch)
        await self._reach(Failpoint.AFTER_LEASE_RELEASE)

    async def _reach(self, point: Failpoint) -> None:
        await self._parts.failpoints.reach(point)

    @property
    def _rests(self) -> bool:
        """Return whether nothing is claimed, being claimed or given back, out, or on its way into the database."""
        return self._nothing_due and not self._ready and not self._is_claiming and self.slots_taken == 0

    async def _is_idle(self) -> bool:
        if not self._rests:
            return False
        async with self._parts.database.connection() as connection:
            nothing_waits = await store.next_due(connection, self._number) is None
        # Once more: what was claimed while the question was under way waits no more, and is not sent yet.
        return nothing_waits and self._rests

    async def _renew(self) -> None:
        """Renew the lease three times in its length; a renewal that comes too late ends everything."""
        while True:
            await asyncio.sleep(self._parts.lease_seconds / 3)
            await self._reach(Failpoint.DURING_LEASE_RENEWAL)
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
            self._courier.renewed_at = asked_at
            await self._reach(Failpoint.AFTER_LEASE_RENEWAL)

    async def _claim(self) -> None:
        """Keep drafts ready: claimed in the database, their requests frozen."""
        while not self._draining:
            if self._parts.stops.stops_number(self._number):
                await self._rest()
                continue
            wanted = self._parts.slots * READY_SLOTS - len(self._ready)
            if wanted < self._parts.slots:
                if not await self._until_hungry():
                    # A campaign may keep all hands full for minutes; whoever waits for an answer does not.
                    await self._claim_once(FIRST_CLAIM_MAX, only_first=True)
                continue
            if await self._claim_once(wanted) == 0:
                await self._pause()

    async def _rest(self) -> None:
        """While a stop is in force, hold no claims: a resume, or another sender, finds them planned."""
        returned = _unstarted(self._ready.take_all())
        await self._reach(Failpoint.DURING_STOP)
        try:
            await self._give_back(returned)
        except OperationalError:
            await self._after_failure(returned)
        await self._pause()

    async def _claim_once(self, wanted: int, *, only_first: bool = False) -> int:
        rows: list[ClaimedRow] = []
        await self._reach(Failpoint.BEFORE_CLAIM)
        self._is_claiming = True
        try:
            await self._claim_rows(rows, wanted, only_first=only_first)
            if rows:
                await self._reach(Failpoint.AFTER_CLAIM_COMMIT)
            else:
                await self._finish_runs(self._parts.clock.now())
            await self._prepare([row for row in rows if row.state == MessageState.CLAIMED])
        except OperationalError:
            # Claims that found no request, also those whose commit is in doubt (F67), would stay claimed until the next
            # sender's recovery.
            await self._after_failure(dict.fromkeys((row.message_id for row in rows), None))
        finally:
            self._is_claiming = False
        return len(rows)

    async def _claim_rows(self, rows: list[ClaimedRow], wanted: int, *, only_first: bool) -> None:
        """Claim in one transaction; the rows are told before its commit, because its word may be lost."""
        parts, now = self._parts, self._parts.clock.now()
        async with parts.database.transaction() as connection:
            # Whoever takes the number over waits for this commit, so that its recovery sees every claim of ours.
            if not await store.hold_lease(
                connection, self._number, epoch=self._lease.epoch, beat=self._lease.pulse.beat
            ):
                raise LeaseLostError
            rows += await store.claim_messages(
                connection,
                self._number,
                store.Claim(
                    count_max=wanted,
                    stopped_rules=sorted(parts.stops.stopped_rules),
                    only_first=only_first,
                ),
                epoch=self._lease.epoch,
                now=now,
            )
            late = [row.message_id for row in rows if row.state == MessageState.EXPIRED]
            await free_reservations(connection, late)
            if rows:
                await parts.failpoints.reach(Failpoint.BEFORE_CLAIM_COMMIT)
        self.counts.expired += len(late)
        if not only_first:
            self._nothing_due = not rows

    async def _prepare(self, rows: Sequence[ClaimedRow]) -> None:
        if not rows:
            return
        drafts = [_draft(row) for row in sorted(rows, key=lambda row: row.message_id)]
        async with self._parts.database.connection() as connection:
            terms = await self._parts.terms.terms(connection, {one.run_id for one in drafts})
        await self._reach(Failpoint.BEFORE_MEDIA)
        drafts = await attach_files(drafts, terms, self._parts.uploads, business_number_id=self._number)
        await self._reach(Failpoint.AFTER_MEDIA)
        async with self._parts.database.connection() as connection:
            prepared = await prepare_drafts(
                connection,
                self._parts.vault,
                drafts,
                terms=terms,
                business_number_id=self._number,
                random_bytes=self._parts.random_bytes,
            )
        await self._reach(Failpoint.AFTER_PREPARE)
        self._terms.update(terms)
        self.counts.claimed += len(prepared)
        first = frozenset(row.message_id for row in rows if row.goes_first)
        self._ready.add(prepared, first=first)
        self._courier.wake.set()

    async def _finish_runs(self, now: datetime) -> None:
        if self._ready or self.slots_taken:
            return
        async with self._parts.database.transaction() as connection:
            await store.finish_runs(connection, self._number, now=now)

    async def _until_hungry(self) -> bool:
        """Return whether drafts are wanted before a quarter of a second is over."""
        self._hungry.clear()
        return await wait_within(self._hungry, IDLE_SECONDS)

    async def _pause(self) -> None:
        """Wait for news: a new run, a resume, or a quarter of a second."""
        self._parts.stops.heard.clear()
        await wait_within(self._parts.stops.heard, IDLE_SECONDS)

    async def _lane(self) -> None:
        """Commit group after group; one group in a transaction, one transaction in a lane."""
        while not (self._draining and not self._courier.results and not self._courier.requests):
            results = self._courier.take_results()
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
        taken = self._courier.take_tokens(min(slots, len(self._ready)), first=self._ready.first)
        drafts = self._ready.take(taken)
        if len(self._ready) <= self._parts.slots * (READY_SLOTS - 1):
            self._hungry.set()
        return drafts

    async def _turn(self, results: list[Result], drafts: list[PreparedDraft]) -> int:
        """Write one group, again and again until it is known to be written, and start its requests."""
        taken = len(drafts)
        pace = self._courier.take_unsaved_pace()
        while True:
            # Taken before the facts are read, so that the age of an intent is never understated.
            intent_at = self._parts.boottime()
            try:
                attempts = await self._writer.write(
                    Group(results=results, drafts=drafts, terms=self._terms, pace=pace),
                    self._parts.clock.now(),
                )
            except (OperationalError, HookUnavailableError):
                # The commit may or may not have happened (F67). Results are repeated: compare-and-set makes that
                # harmless. The intents were not started: they are taken back whatever happened.
                await self._after_failure(_unstarted(drafts))
                drafts = []
                if not results:
                    if pace is not None:
                        self._courier.pacer.put_back_unsaved()
                    self._courier.give_back(taken)
                    return 0
                continue
            break
        await self._reach(Failpoint.AFTER_RESULT_COMMIT_BEFORE_RELEASE)
        if attempts:
            await self._reach(Failpoint.AFTER_INTENT_COMMIT)
        self._courier.give_back(taken - len(attempts))
        self._courier.start(attempts, intent_at)
        return len(attempts)

    async def _after_failure(self, unstarted: Unstarted) -> None:
        """Wait for the database, and give back what was taken for a transaction that failed."""
        self._nothing_due = False
        while True:
            if self._parts.boottime() - self._courier.renewed_at > self._parts.lease_seconds:
                raise LeaseLostError
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            try:
                await self._give_back(unstarted)
            except OperationalError:
                continue
            return

    async def _wait_for_work(self) -> None:
        self._courier.wake.clear()
        seconds = IDLE_SECONDS
        if self._ready:
            # Tokens come in clock seconds; a virtual clock runs faster than the loop.
            seconds_until_token = self._courier.seconds_until_token(is_first=self._ready.first > 0)
            await self._parts.clock.sleep(min(seconds_until_token, IDLE_SECONDS))
            seconds = LINGER_SECONDS
        if not await wait_within(self._courier.wake, seconds):
            return
        results = self._courier.results
        if results and len(results) < self._parts.slots // 4 and self._courier.requests:
            await asyncio.sleep(LINGER_SECONDS)

    async def _give_back(self, unstarted: Unstarted) -> None:
        """Return claims, and intents whose commit was in doubt, that were never started by us.

        Asked twice, because the word about its own commit was lost, it leaves alone what has been claimed anew since.
        """
        if not unstarted:
            return
        now = self._parts.clock.now()
        async with self._parts.database.transaction() as connection:
            returned = await store.return_unstarted(connection, unstarted, epoch=self._lease.epoch, now=now)
            await release_permits(connection, returned, now)

    async def _abandon(self) -> None:
        """After the lease is lost: wait for the requests that are out, and write nothing."""
        await self._reach(Failpoint.DURING_LEASE_EXPIRY)
        if self._courier.requests:
            await asyncio.wait(set(self._courier.requests))


class _Ended(Exception):  # noqa: N818 - not an error: it ends the task group
    """The sender has drained."""


def _unstarted(drafts: Iterable[PreparedDraft]) -> Unstarted:
    return {one.draft.message_id: one.opaque_id for one in drafts}


def _draft(row: ClaimedRow) -> Draft:
    return Draft(
        message_id=MessageId(row.message_id),
        contact_id=ContactId(row.contact_id),
        run_id=RunId(row.run_id),
        template_id=row.template_id,
        variant=row.variant,
        media=row.media,
        attempt=row.attempts + 1,
        send_until=row.send_until,
    )
