"""One transaction of a sender: the results of the requests that ended, and the intents of those that start next."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from rulecast.deliver import store
from rulecast.deliver.classify import Accepted, Rejected
from rulecast.deliver.error_code import CodeAction, CodeOutcome
from rulecast.deliver.heed_codes import CodeMet, heed_codes
from rulecast.deliver.lease import Lease
from rulecast.deliver.pace_memory import keep_pace
from rulecast.deliver.pacing import Pace
from rulecast.deliver.result import Attempt, Effect, Result, effect_of
from rulecast.deliver.state import MessageState
from rulecast.deliver.store import Connection, Database, IntentRow, RefusalRow, ResultRow
from rulecast.gate import Authorised, Gate, PreparedDraft, Refusal, lock_people, release_permits
from rulecast.gate.authorise import Locked
from rulecast.gate.free_reservations import free_reservations
from rulecast.gate.permit import Permit
from rulecast.gate.terms import RunTerms
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.values.ids import AttemptId, ContactId, RunId
from rulecast.values.reason import Reason
from rulecast.vault import SealItem, Vault

SEALED_WAMID = "deliver.message.sealed_wamid"

# Refusals that mean "too late" rather than "not this person".
_TOO_LATE = frozenset(
    {
        Reason.OUTSIDE_WINDOW,
        Reason.QUIET_HOURS,
        Reason.PUBLIC_HOLIDAY,
        Reason.NOT_VALID,
        Reason.PLAN_EXPIRED,
    }
)
# Refusals behind which the message waits where it was: the sender does not claim while they last.
_WAITING = frozenset({Reason.STOPPED, Reason.NUMBER_HELD, Reason.LEASE_LOST})

Suppress = Callable[[Connection, Sequence[tuple[ContactId, int]], datetime], Awaitable[None]]
"""Suppresses people, each for an error code, in the running transaction; handed in by wiring, because delivery knows
nothing of people."""


Ended = Literal["accepted", "failed"]
OnResult = Callable[[Connection, Sequence[tuple[RunId, ContactId, Ended]], datetime], Awaitable[None]]
"""Runs what a rule binds to the acceptance and counts refusals, in the transaction that records them; handed in by
wiring."""


Learn = Callable[[Connection, Sequence[tuple[ContactId, str]], datetime], Awaitable[None]]
"""Keeps how WhatsApp writes the numbers of people; handed in by wiring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What wiring does inside a sender's transaction."""

    suppress: Suppress
    on_result: OnResult
    learn: Learn


class HookUnavailableError(Exception):
    """What wiring does inside the transaction cannot be done now; nothing was written, and it is tried again."""


class LeaseLostError(Exception):
    """Another sender holds the number now; whatever this one still wanted to write is void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one transaction writes; the drafts are claimed and prepared."""

    results: Sequence[Result]
    drafts: Sequence[PreparedDraft]
    terms: Mapping[int, RunTerms]
    # What the number's next sender must know of its pace, where answers changed it.
    pace: Pace | None = None


class GroupWriter:
    """Writes groups for one lease."""

    def __init__(
        self,
        database: Database,
        gate: Gate,
        vault: Vault,
        *,
        lease: Lease,
        hooks: Hooks,
        failpoints: Failpoints,
    ) -> None:
        """Take the parts; the lease's epoch is the fence of every write."""
        self._database = database
        self._gate = gate
        self._vault = vault
        self._lease = lease
        self._hooks = hooks
        self._failpoints = failpoints

    async def write(self, group: Group, now: datetime) -> list[Attempt]:
        """Commit the group and return the attempts whose requests may start now.

        Raises:
            LeaseLostError: the lease is another's; nothing was written.
            HookUnavailableError: a hook could not do its part now; nothing was written.
        """
        # Keys may need the other database: sealed before the transaction opens.
        effects = [
            effect_of(one.outcome, attempt=one.attempt.permit.attempt, now=now) for one in group.results
        ]
        results = await self._result_rows(group.results, effects)
        suppressed = [
            (one.attempt.permit.contact_id, one.outcome.code)
            for one in group.results
            if isinstance(one.outcome, Rejected) and one.outcome.action is CodeAction.SUPPRESS_CONTACT
        ]
        async with self._database.transaction() as connection:
            if not await store.hold_lease(
                connection,
                self._lease.business_number_id,
                epoch=self._lease.epoch,
                beat=self._lease.pulse.beat,
            ):
                raise LeaseLostError
            await self._failpoints.reach(Failpoint.BEFORE_LOCK)
            locked = await lock_people(
                connection, group.drafts, also=[contact_id for contact_id, _ in suppressed]
            )
            locked = await self._lock_messages(connection, group, locked)
            await self._failpoints.reach(Failpoint.AFTER_LOCK)
            if results:
                await self._failpoints.reach(Failpoint.BEFORE_RESULT_WRITE)
            await self._record(connection, list(zip(group.results, effects, strict=True)), results, now)
            if results:
                await self._failpoints.reach(Failpoint.AFTER_RESULT_WRITE)
            if group.pace is not None:
                await keep_pace(connection, self._lease.business_number_id, group.pace)
            if suppressed:
                await self._hooks.suppress(connection, suppressed, now)
            attempts = await self._intend(connection, group, locked, now) if locked.prepared else []
            if attempts:
                await self._failpoints.reach(Failpoint.BEFORE_INTENT_COMMIT)
            if results:
                await self._failpoints.reach(Failpoint.BEFORE_RESULT_COMMIT)
        return attempts

    async def _lock_messages(self, connection: Connection, group: Group, locked: Locked) -> Locked:
        """Lock every message of the group, and leave out drafts that are not ours any more."""
        ours = await store.lock_messages(
            connection,
            [one.attempt.permit.message_id for one in group.results]
            + [one.draft.message_id for one in group.drafts],
            epoch=self._lease.epoch,
        )
        return replace(locked, prepared=[one for one in locked.prepared if one.draft.message_id in ours])

    async def _result_rows(self, results: Sequence[Result], effects: Sequence[Effect]) -> list[ResultRow]:
        accepted = [
            (one.attempt.permit.contact_id, one.outcome.wamid)
            for one in results
            if isinstance(one.outcome, Accepted)
        ]
        sealed = iter(
            await self._vault.seal_many(
                [SealItem(contact_id, SEALED_WAMID, wamid.encode()) for contact_id, wamid in accepted]
            )
        )
        return [
            self._result_row(one, effect, next(sealed) if isinstance(one.outcome, Accepted) else None)
            for one, effect in zip(results, effects, strict=True)
        ]

    def _result_row(self, result: Result, effect: Effect, sealed_wamid: bytes | None) -> ResultRow:
        attempt, outcome = result.attempt, result.outcome
        return ResultRow(
            message_id=attempt.permit.message_id,
            attempt_id=attempt.attempt_id,
            intent_at=attempt.intent_at,
            attempt=attempt.permit.attempt,
            state=effect.state.value,
            attempt_state=effect.attempt_state.value,
            reason=effect.reason,
            error_code=effect.error_code,
            send_from=effect.send_from,
            wamid_index=self._vault.lookup_index("wamid", outcome.wamid)
            if isinstance(outcome, Accepted)
            else None,
            sealed_wamid=sealed_wamid,
        )

    async def _record(
        self,
        connection: Connection,
        told: Sequence[tuple[Result, Effect]],
        rows: Sequence[ResultRow],
        now: datetime,
    ) -> None:
        if not rows:
            return
        counted = await store.write_results(
            connection, await _without_repeated_wamids(connection, rows), epoch=self._lease.epoch, now=now
        )
        released = [
            one.attempt.permit.message_id
            for one, effect in told
            if effect.releases and one.attempt.permit.message_id in counted
        ]
        await release_permits(connection, released, now)
        ended = [
            (one.attempt.permit.run_id, one.attempt.permit.contact_id, word)
            for one, effect in told
            if (word := _ended(effect)) is not None
            and one.attempt.permit.message_id in counted
            and not one.attempt.permit.is_test
        ]
        if ended:
            await self._hooks.on_result(connection, ended, now)
        spelled = [
            (one.attempt.permit.contact_id, one.outcome.spelling)
            for one, _ in told
            if isinstance(one.outcome, Accepted) and one.outcome.spelling
        ]
        if spelled:
            await self._hooks.learn(connection, spelled, now)
        await self._pause(connection, [one for one, _ in told], now)

    async def _pause(self, connection: Connection, results: Sequence[Result], now: datetime) -> None:
        """Put in force what error codes demand beside the message; a hold stays until a person resumes."""
        met = [
            CodeMet(
                code=one.outcome.code,
                action=one.outcome.action,
                contact_id=one.attempt.permit.contact_id,
                template_id=one.attempt.permit.template_id,
                business_number_id=self._lease.business_number_id,
                message_id=one.attempt.permit.message_id,
                at=now,
            )
            for one in results
            if isinstance(one.outcome, Rejected)
        ]
        if met:
            await heed_codes(connection, met, now)

    async def _intend(
        self, connection: Connection, group: Group, locked: Locked, now: datetime
    ) -> list[Attempt]:
        authorised = await self._gate.authorise(
            connection,
            locked,
            terms=group.terms,
            business_number_id=self._lease.business_number_id,
            now=now,
        )
        if authorised.refusals:
            await store.write_refusals(
                connection,
                [_refusal_row(one) for one in authorised.refusals],
                epoch=self._lease.epoch,
                now=now,
            )
            await free_reservations(connection, [one.draft.message_id for one in authorised.refusals])
        return await self._write_intents(connection, authorised, now)

    async def _write_intents(
        self, connection: Connection, authorised: Authorised, now: datetime
    ) -> list[Attempt]:
        permits = authorised.permits
        if not permits:
            return []
        attempt_ids = await store.write_intents(
            connection, [_intent_row(one) for one in permits], epoch=self._lease.epoch, now=now
        )
        if len(attempt_ids) != len(permits):
            # The rows were locked as ours: with one of them goes every assumption about this group.
            raise LeaseLostError
        return [
            Attempt(permit=one, attempt_id=AttemptId(attempt_ids[one.message_id]), intent_at=now)
            for one in permits
        ]


def _ended(effect: Effect) -> Ended | None:
    """Return how a message came to an end that rules hear of; None where it is tried again or in doubt."""
    if effect.state is MessageState.REFUSED:
        return "failed"
    # What Meta holds is accepted once a status says that it left.
    return "accepted" if effect.state is MessageState.ACCEPTED else None


def _intent_row(permit: Permit) -> IntentRow:
    return IntentRow(
        message_id=permit.message_id,
        contact_id=permit.contact_id,
        permit_id=permit.permit_id,
        attempt=permit.attempt,
        opaque_id=permit.opaque_id,
        sealed_request=permit.sealed_request,
    )


def _refusal_row(refusal: Refusal) -> RefusalRow:
    if refusal.reason in _WAITING:
        state, send_from = MessageState.PLANNED, None
    elif refusal.until is not None and refusal.until < refusal.draft.send_until:
        state, send_from = MessageState.DEFERRED, refusal.until
    elif refusal.until is not None or refusal.reason in _TOO_LATE:
        state, send_from = MessageState.EXPIRED, None
    else:
        state, send_from = MessageState.CANCELLED, None
    return RefusalRow(
        message_id=refusal.draft.message_id,
        state=state.value,
        reason=refusal.reason.value,
        send_from=send_from,
    )


async def _without_repeated_wamids(connection: Connection, rows: Sequence[ResultRow]) -> list[ResultRow]:
    """Turn an answer that names another message's id into a doubt: two messages cannot be one."""
    indexes = [one.wamid_index for one in rows if one.wamid_index is not None]
    taken = await store.known_wamids(connection, indexes) if indexes else set()
    kept: list[ResultRow] = []
    for one in rows:
        if one.wamid_index is not None and one.wamid_index in taken:
            kept.append(_in_doubt(one))
            continue
        if one.wamid_index is not None:
            taken.add(one.wamid_index)
        kept.append(one)
    return kept


def _in_doubt(row: ResultRow) -> ResultRow:
    return replace(
        row,
        state=MessageState.UNKNOWN.value,
        attempt_state=CodeOutcome.UNKNOWN.value,
        reason="answer_repeats_id",
        wamid_index=None,
        sealed_wamid=None,
    )
