"""The sending role: one sender a business number, each under its lease, until told to stop."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from rulecast.account.ramp import USUAL_BATCHES
from rulecast.account.warm_up import USUAL_TERMS
from rulecast.database import Connection
from rulecast.database.errors import OperationalError
from rulecast.deliver.cut_short import cut_short
from rulecast.deliver.group import Ended, Hooks, HookUnavailableError, LeaseLostError
from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.lease import Lease, acquire_lease, this_holder
from rulecast.deliver.pace_memory import forget_inbound, recall_pace
from rulecast.deliver.pacing import PaceMemory
from rulecast.deliver.reconcile import reconcile_unknown
from rulecast.deliver.restore import Pulse
from rulecast.deliver.sender import NumberSender
from rulecast.deliver.sender_parts import DRAIN_SECONDS, SenderCounts, SenderParts, boottime_seconds
from rulecast.deliver.statuses import MessageDirectory, MessageMoment, settle_parked
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.transport import Transport
from rulecast.gate import Gate
from rulecast.gate.coupons import free_coupons
from rulecast.gate.coupons.tell_low import tell_low_pools
from rulecast.gate.people_chunks import return_chunks
from rulecast.gate.terms import TermsBook
from rulecast.gate.warm_ups import evaluate_warm_ups
from rulecast.profile.identities.learn_spellings import learn_spellings
from rulecast.profile.suppression import (
    Stop,
    SuppressionAction,
    SuppressionCause,
    SuppressionJournal,
    suppress,
)
from rulecast.profile.suppression.journal import JournalWriteError
from rulecast.rule.language import parse_rule
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.values.ids import ContactId, RunId
from rulecast.vault import Vault
from rulecast.wiring.breaker import watch_promises, watch_rates
from rulecast.wiring.moments import MomentActions
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.restore import admit, keep_beating
from rulecast.wiring.run_uploads import open_run_uploads
from rulecast.wiring.workspace import Workspace

# Meta answers within a second; more connections than slots could never be used.
SUPERVISION_SECONDS = 0.25
# A sender that failed for a reason nobody foresaw tries again after this; its lease is released or runs out.
RESTART_SECONDS = 2.0
# Parked statuses and old doubts are rare; seconds do not matter to them.
RECONCILE_SECONDS = 5.0
# What goes on beside the sending may say a last word to the database; one that is silent hears none.
LAST_WORD_SECONDS = 1.0
OPTED_OUT_CODE = 131050

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class SenderReport:
    """What a sending process did, by business number."""

    numbers: dict[str, SenderCounts] = field(default_factory=dict)
    doubted: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDrill:
    """What a drill changes: named points, transport, lease, slots, numbers, pace; an installation changes nothing."""

    failpoints: Failpoints = INERT
    transport: Transport | None = None
    lease_seconds: float | None = None
    drain_seconds: float = DRAIN_SECONDS
    slots: int | None = None
    numbers: frozenset[str] | None = None
    per_second: int | None = None
    started: list[NumberSender] = field(default_factory=list)
    report: SenderReport = field(default_factory=SenderReport)


async def run_sender(
    workspace: Workspace,
    *,
    stop_event: asyncio.Event,
    until_idle: bool = False,
    drill: SenderDrill | None = None,
) -> SenderReport:
    """Send from every active number until told to stop; what an earlier process left behind is settled first.

    With `until_idle` it returns as soon as no message is waiting.

    Raises:
        DatabaseHeldError: the database is a copy or a restored one, or becomes one.
    """
    drill = drill or SenderDrill()
    report = drill.report
    pulse = await admit(workspace)
    # The grammar is built before any lease is taken: later it would hold up everything for a second.
    await asyncio.to_thread(parse_rule, "")
    async with _parts_of(workspace, drill, pulse) as parts:
        await parts.stops.read()
        beating = asyncio.create_task(keep_beating(workspace, pulse))
        others = [beating, *_start_watching(workspace, parts)]
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while not stop_event.is_set():
                if beating.done():
                    beating.result()
                for number in parts.stops.numbers:
                    if number not in running and (drill.numbers is None or number in drill.numbers):
                        running[number] = asyncio.create_task(
                            _keep_sending(
                                parts,
                                number,
                                stop_event=stop_event,
                                until_idle=until_idle,
                                report=report,
                                drill=drill,
                            )
                        )
                if until_idle and all(task.done() for task in running.values()):
                    break
                await _wait(stop_event, SUPERVISION_SECONDS)
            await asyncio.gather(*running.values())
        finally:
            await cut_short([*others, *running.values()], grace_seconds=LAST_WORD_SECONDS)
    return report


def _start_watching(workspace: Workspace, parts: SenderParts) -> list[asyncio.Task[None]]:
    """Start what goes on beside the sending."""
    beside = (
        parts.stops.watch(),
        _reconcile(workspace, parts),
        watch_rates(workspace),
        watch_promises(workspace),
    )
    return [asyncio.create_task(one) for one in beside]


async def _reconcile(workspace: Workspace, parts: SenderParts) -> None:
    """Again and again, settle what came too early and give up what came never."""
    directory, actions = MessageDirectory(workspace.vault), MomentActions(workspace)
    deadline = timedelta(hours=workspace.settings.unknown_deadline_hours)
    while True:
        await parts.failpoints.reach(Failpoint.BEFORE_RECONCILE)
        try:
            async with parts.database.transaction() as connection:
                now = parts.clock.now()
                await reconcile_unknown(connection, sorted(parts.stops.numbers), deadline=deadline, now=now)
                await forget_inbound(connection, now=now)
                await evaluate_warm_ups(connection, None if workspace.is_simulated else USUAL_TERMS, now=now)
                await free_coupons(connection, now=now)
                await tell_low_pools(connection, now=now)
                settled = await settle_parked(connection, directory, now)
                await actions.run(connection, list(settled.moments), now)
                await parts.failpoints.reach(Failpoint.BEFORE_RECONCILE_COMMIT)
            await parts.failpoints.reach(Failpoint.AFTER_RECONCILE_COMMIT)
        except OperationalError:
            log.warning("reconciliation_waits")
        except Exception:
            # Sending goes on without it; the next round may find what this one met gone.
            log.exception("reconciliation_failed")
        await asyncio.sleep(RECONCILE_SECONDS)


async def _keep_sending(
    parts: SenderParts,
    number: str,
    *,
    stop_event: asyncio.Event,
    until_idle: bool,
    report: SenderReport,
    drill: SenderDrill,
) -> None:
    holder = this_holder(len(report.numbers))
    while not stop_event.is_set():
        try:
            lease, memory = await _acquire(parts, number, holder=holder)
            if lease is None:
                await _wait(stop_event, min(SUPERVISION_SECONDS, parts.lease_seconds / 4))
                continue
            report.doubted += lease.doubted
            report.returned += lease.returned
            await parts.failpoints.reach(Failpoint.AFTER_RECOVERY_COMMIT)
            sender = NumberSender(parts, lease, memory)
            drill.started.append(sender)
            report.numbers[number] = sender.counts
            await sender.run(stop_event, until_idle=until_idle)
        except LeaseLostError:
            log.warning("lease_lost", business_number_id=number)
            # Where an older state was loaded under this sender, its next beat ends it.
            await _wait(stop_event, SUPERVISION_SECONDS)
        except Exception:
            log.exception("sender_failed", business_number_id=number)
            await _wait(stop_event, RESTART_SECONDS)
        else:
            if until_idle:
                return


async def _acquire(parts: SenderParts, number: str, *, holder: str) -> tuple[Lease | None, PaceMemory]:
    """Take the lease, with it what the sender before knew of the pace, and give back what it held of shared limits."""
    await parts.failpoints.reach(Failpoint.BEFORE_LEASE_TAKE)
    async with parts.database.transaction() as connection:
        now = parts.clock.now()
        lease = await acquire_lease(
            connection,
            number,
            holder=holder,
            lease_seconds=parts.lease_seconds,
            now=now,
            failpoints=parts.failpoints,
        )
        if lease is None:
            return None, PaceMemory()
        await return_chunks(connection, number)
        return replace(lease, pulse=parts.pulse), await recall_pace(connection, number, now=now)


@asynccontextmanager
async def _parts_of(workspace: Workspace, drill: SenderDrill, pulse: Pulse) -> AsyncIterator[SenderParts]:
    settings = workspace.settings
    slots = drill.slots or settings.sender_slots
    async with _transport_of(workspace, drill) as transport, open_run_uploads(workspace) as uploads:
        yield SenderParts(
            database=workspace.database,
            gate=Gate(
                workspace_zone=settings.default_timezone,
                template_ramp=() if workspace.is_simulated else USUAL_BATCHES,
                warm_up=None if workspace.is_simulated else USUAL_TERMS,
                vault=workspace.vault,
                failpoints=drill.failpoints,
            ),
            terms=TermsBook(workspace.catalogue_of_runs),
            vault=workspace.vault,
            transport=transport,
            clock=workspace.clock,
            stops=StopWatch(workspace.database, boottime_seconds, workspace.clock),
            hooks=Hooks(
                suppress=partial(_suppress, open_journal(workspace)),
                on_result=partial(_act_on_result, MomentActions(workspace)),
                learn=partial(_learn, workspace.vault),
            ),
            random_bytes=os.urandom,
            slots=slots,
            lease_seconds=drill.lease_seconds or settings.lease_seconds,
            uploads=uploads.find,
            drain_seconds=drill.drain_seconds,
            failpoints=drill.failpoints,
            pulse=pulse,
            per_second=drill.per_second,
        )


@asynccontextmanager
async def _transport_of(workspace: Workspace, drill: SenderDrill) -> AsyncIterator[Transport]:
    if drill.transport is not None:
        yield drill.transport
        return
    settings = workspace.settings
    async with LeanTransport(
        base_url=settings.graph_base_url,
        version=settings.graph_version,
        access_token=settings.access_token or "",
        failpoints=drill.failpoints,
    ) as transport:
        yield transport


async def _suppress(
    journal: SuppressionJournal,
    connection: Connection,
    refused: Sequence[tuple[ContactId, int]],
    now: datetime,
) -> None:
    """Keep what Meta's answer said about people, in the record and, before the commit, in the journal."""
    entries = await suppress(
        connection,
        [
            Stop(
                contact_id=contact_id,
                suppression_indexes=(),
                scope="marketing" if code == OPTED_OUT_CODE else "all",
                action=SuppressionAction.STOP,
                cause=SuppressionCause.ERROR_131050 if code == OPTED_OUT_CODE else SuppressionCause.AGENT,
                occurred_at=now,
            )
            for contact_id, code in refused
        ],
        now,
    )
    if not entries:
        return
    try:
        await journal.append(entries)
    except JournalWriteError as error:
        log.warning("journal_away", error_code=error.code)
        raise HookUnavailableError from error


async def _act_on_result(
    actions: MomentActions,
    connection: Connection,
    ended: Sequence[tuple[RunId, ContactId, Ended]],
    now: datetime,
) -> None:
    moments = [
        MessageMoment(run_id=run_id, contact_id=contact_id, moment=word) for run_id, contact_id, word in ended
    ]
    await actions.run(connection, moments, now)


async def _learn(
    vault: Vault, connection: Connection, spelled: Sequence[tuple[ContactId, str]], now: datetime
) -> None:
    await learn_spellings(connection, vault, spelled, now)


async def _wait(stop_event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop_event.wait(), seconds)
    except TimeoutError:
        return
