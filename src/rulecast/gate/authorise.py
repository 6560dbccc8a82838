"""The gate itself: under the locks, with fresh facts, each draft gets a verdict, and some get a permit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rulecast.account.warm_up import WarmUpTerms
from rulecast.gate import store
from rulecast.gate.budgets import lock_budgets, spend_budgets
from rulecast.gate.coupons import hold_coupons, use_coupons
from rulecast.gate.coupons.open_code import opener
from rulecast.gate.draft import PreparedDraft, Refusal
from rulecast.gate.facts import GroupState, facts_of
from rulecast.gate.people_chunks import use_people
from rulecast.gate.permit import Permit
from rulecast.gate.permit_row import counted_window, permit_row
from rulecast.gate.ramps import lock_ramps, save_ramps
from rulecast.gate.recheck import matches_of
from rulecast.gate.shared_limits import SharedLimits, count_wanted
from rulecast.gate.store import Connection, PersonRow, VerdictRow
from rulecast.gate.terms import RunTerms
from rulecast.gate.verdict_json import facts_json
from rulecast.gate.without_request import refuse_without_request, without_stale_files
from rulecast.policy import Allowed, Deferred, Denied, Facts, SendingPolicy, decide, read_sending_policy
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.values.ids import ContactId, MessageId, PermitId
from rulecast.values.purpose import Purpose
from rulecast.values.zone_offsets import local_time
from rulecast.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """Proof that the guard rows of these drafts are locked in the running transaction; `present` says whose."""

    prepared: Sequence[PreparedDraft]
    present: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorised:
    """What became of a group of drafts: permits in the order of the drafts, and refusals."""

    permits: Sequence[Permit]
    refusals: Sequence[Refusal]


async def lock_people(
    connection: Connection, prepared: Sequence[PreparedDraft], *, also: Sequence[ContactId] = ()
) -> Locked:
    """Lock the people of a group, in order, in a statement of its own, before anything else is read or written.

    `also` names people about whom the same transaction writes something that forbids a send.
    """
    contact_ids = sorted({one.draft.contact_id for one in prepared} | set(also))
    if not contact_ids:
        return Locked(prepared=prepared, present=frozenset())
    present = await store.lock_guards(connection, contact_ids)
    return Locked(prepared=prepared, present=frozenset(present))


class Gate:
    """Decides with facts that are read after the locks; unknown means defer."""

    def __init__(
        self,
        *,
        workspace_zone: str,
        template_ramp: Sequence[int] = (),
        warm_up: WarmUpTerms | None = None,
        vault: Vault | None = None,
        failpoints: Failpoints = INERT,
    ) -> None:
        """Take what does not change while the process runs; the batches hold where the policy names none.

        Without a vault no code of a pool can be opened, and what needs one waits.
        """
        self._failpoints = failpoints
        self._template_ramp = tuple(template_ramp)
        self._limits = SharedLimits(warm_up)
        self._open_code = None if vault is None else opener(vault)
        self._workspace_zone = workspace_zone
        self._billing_zones: dict[str, str] = {}
        self._policy_text: str | None = None
        self._policy = SendingPolicy()
        # Of tokens and people: what marketing leaves to messages somebody waits for.
        self.reserve_percent = self._policy.reserve_percent

    async def authorise(
        self,
        connection: Connection,
        locked: Locked,
        *,
        terms: Mapping[int, RunTerms],
        business_number_id: str,
        now: datetime,
    ) -> Authorised:
        """Decide each draft, write its verdict, and write a permit for each that is allowed.

        The caller holds the lease in this transaction and commits it; without the commit nothing happened.
        """
        drafts = [one for one in locked.prepared if one.draft.run_id in terms]
        await self._failpoints.reach(Failpoint.BEFORE_FACTS_READ)
        group = await self._read_group(
            connection, drafts, terms=terms, business_number_id=business_number_id, now=now
        )
        rows = await self._read_people(connection, drafts, locked, terms=terms, group=group)
        group.matches = await matches_of(
            connection, [(one.draft, terms[one.draft.run_id]) for one in drafts], now=now
        )
        await self._failpoints.reach(Failpoint.AFTER_FACTS_READ)
        allowed: list[tuple[PreparedDraft, Facts]] = []
        refusals: list[Refusal] = []
        verdicts: list[VerdictRow] = []
        for prepared in without_stale_files(drafts, group.templates):
            row = rows.get(prepared.draft.message_id)
            facts = facts_of(prepared, terms[prepared.draft.run_id], row, group)
            refusal = _refusal(prepared, facts, now)
            verdicts.append(_verdict(prepared, facts, refusal, row, now=now))
            if refusal is None:
                filled = group.coupons.fill(prepared, terms[prepared.draft.run_id].rule_name)
                allowed.append((filled, facts))
                _use_up(group, prepared, terms[prepared.draft.run_id], facts)
            else:
                refusals.append(refusal)
        if verdicts:
            await store.insert_verdicts(connection, verdicts, now=now)
        permits = await self._grant(
            connection,
            allowed,
            terms=terms,
            business_number_id=business_number_id,
            in_window={message_id for message_id, row in rows.items() if row.is_in_window},
            now=now,
        )
        await _use_limits(connection, group, permits, now)
        await self._failpoints.reach(Failpoint.AFTER_PERMITS)
        return Authorised(permits=permits, refusals=refusals)

    async def _read_group(
        self,
        connection: Connection,
        drafts: Sequence[PreparedDraft],
        *,
        terms: Mapping[int, RunTerms],
        business_number_id: str,
        now: datetime,
    ) -> GroupState:
        shared = await store.read_shared_facts(connection, business_number_id, now=now)
        shared = shared or _missing_number(business_number_id)
        self._billing_zones[business_number_id] = shared.billing_zone
        policy = self._read_policy(shared.sending_policy)
        wanted = count_wanted(terms[one.draft.run_id].purpose for one in drafts)
        templates = await store.read_template_states(
            connection, sorted({one.draft.template_id for one in drafts})
        )
        batches = self._template_ramp if policy.template_ramp is None else policy.template_ramp
        return GroupState(
            now=now,
            lease_held=True,
            shared=shared,
            policy=policy,
            templates=templates,
            ramps=await lock_ramps(connection, templates, batches, now),
            budget_left_e4=await lock_budgets(
                connection,
                [terms[one.draft.run_id] for one in drafts],
                month=self._month(now, business_number_id),
            ),
            people=await self._limits.people(connection, wanted, shared, policy=policy, now=now),
            warm_up_left=await self._limits.warm_up_left(connection, wanted, shared, policy=policy, now=now),
            coupons=await hold_coupons(
                connection,
                [(one, terms[one.draft.run_id].rule_name) for one in drafts],
                open_code=self._open_code,
                now=now,
            ),
            granted_now={},
            workspace_zone=self._workspace_zone,
            matches={},
        )

    async def _read_people(
        self,
        connection: Connection,
        drafts: Sequence[PreparedDraft],
        locked: Locked,
        *,
        terms: Mapping[int, RunTerms],
        group: GroupState,
    ) -> dict[int, PersonRow]:
        wanted = [
            (
                int(one.draft.message_id),
                int(one.draft.contact_id),
                terms[one.draft.run_id].plan_id,
                terms[one.draft.run_id].purpose.value,
            )
            for one in drafts
            # Without a guard row there is no lock, and without a lock no fact counts.
            if one.draft.contact_id in locked.present
        ]
        if not wanted:
            return {}
        return await store.read_people_facts(
            connection,
            wanted,
            now=group.now,
            counted_from=group.now - counted_window(drafts, terms, self._policy),
            portfolio_id="" if group.people is None else group.shared.portfolio_id,
            business_number_id=group.shared.business_number_id,
        )

    def _month(self, now: datetime, business_number_id: str) -> date:
        """Return the first day of the running month where the number's account is billed, else of the workspace."""
        zone = self._billing_zones.get(business_number_id) or self._workspace_zone
        return local_time(zone, now).date().replace(day=1)

    def _read_policy(self, text: str | None) -> SendingPolicy:
        if text is not None and text != self._policy_text:
            self._policy = read_sending_policy(store.policy_table(text))
            self._policy_text = text
            self.reserve_percent = self._policy.reserve_percent
        return self._policy

    async def _grant(
        self,
        connection: Connection,
        allowed: Sequence[tuple[PreparedDraft, Facts]],
        *,
        terms: Mapping[int, RunTerms],
        business_number_id: str,
        in_window: Collection[int],
        now: datetime,
    ) -> list[Permit]:
        if not allowed:
            return []
        month = self._month(now, business_number_id)
        rows = [
            permit_row(
                prepared,
                facts,
                terms[prepared.draft.run_id],
                month=month,
                is_in_window=prepared.draft.message_id in in_window,
            )
            for prepared, facts in allowed
        ]
        # Of what was attempted before, a permit may still be in force: where two people had a doubt sent once more.
        again = [prepared.draft.message_id for prepared, _ in allowed if prepared.draft.attempt > 1]
        if again:
            await store.release_permits(connection, sorted(again), now=now)
        permit_ids = await store.insert_permits(
            connection, rows, business_number_id=business_number_id, now=now
        )
        spent = [(terms[prepared.draft.run_id], facts.price_e4) for prepared, facts in allowed]
        await spend_budgets(connection, spent, month=month)
        return [
            _permit(
                prepared,
                terms[prepared.draft.run_id],
                permit_id=permit_ids[prepared.draft.message_id],
                business_number_id=business_number_id,
                now=now,
            )
            for prepared, _ in allowed
        ]


def _permit(
    prepared: PreparedDraft, terms: RunTerms, *, permit_id: int, business_number_id: str, now: datetime
) -> Permit:
    draft = prepared.draft
    return Permit(
        permit_id=PermitId(permit_id),
        message_id=MessageId(draft.message_id),
        contact_id=draft.contact_id,
        run_id=draft.run_id,
        rule_name=terms.rule_name,
        template_id=draft.template_id,
        business_number_id=business_number_id,
        is_test=terms.is_test,
        attempt=draft.attempt,
        opaque_id=prepared.opaque_id,
        body=prepared.body,
        edge=prepared.edge,
        sealed_request=prepared.sealed_request,
        granted_at=now,
    )


async def _use_limits(
    connection: Connection, group: GroupState, permits: Sequence[Permit], now: datetime
) -> None:
    await use_coupons(connection, group.coupons, permits, now=now)
    await save_ramps(connection, group.ramps)
    if group.people is not None:
        await use_people(connection, group.people)


def _missing_number(business_number_id: str) -> store.SharedRow:
    return store.SharedRow(
        business_number_id=business_number_id,
        state="missing",
        portfolio_id="",
        people_per_day_max=None,
        told_people_per_day_max=None,
        stops=[],
        holds=[],
        archived={},
        sending_policy=None,
    )


def _refusal(prepared: PreparedDraft, facts: Facts, now: datetime) -> Refusal | None:
    match decide(facts, now):
        case Allowed():
            if prepared.problem is None:
                return None
            return refuse_without_request(prepared.draft, prepared.problem, now)
        case Denied(reason=reason):
            return Refusal(draft=prepared.draft, reason=reason, until=None)
        case Deferred(reason=reason, until=until):
            return Refusal(draft=prepared.draft, reason=reason, until=until)


def _verdict(
    prepared: PreparedDraft, facts: Facts, refusal: Refusal | None, row: PersonRow | None, *, now: datetime
) -> VerdictRow:
    return VerdictRow(
        message_id=prepared.draft.message_id,
        contact_id=prepared.draft.contact_id,
        outcome="allowed" if refusal is None else "denied" if refusal.until is None else "deferred",
        reason="" if refusal is None else refusal.reason.value,
        deferred_until=refusal.until if refusal is not None else None,
        facts=facts_json(
            facts,
            zone=row.zone if row is not None else "",
            country=row.country if row is not None else "",
            now=now,
            problem=prepared.problem,
        ),
    )


def _use_up(group: GroupState, prepared: PreparedDraft, terms: RunTerms, facts: Facts) -> None:
    """Let the next draft of the group see what this one takes."""
    if facts.portfolio_left is not None and group.people is not None:
        group.people.take(is_marketing=terms.purpose is Purpose.MARKETING)
    if terms.budget_e4 is not None and terms.budget_key in group.budget_left_e4:
        group.budget_left_e4[terms.budget_key] -= facts.price_e4
    if facts.warm_up_left is not None and group.warm_up_left is not None:
        group.warm_up_left -= terms.purpose is Purpose.MARKETING
    group.ramps.take(prepared.draft.template_id)
    if not terms.is_test:
        granted = group.granted_now.setdefault(prepared.draft.contact_id, [])
        granted.append((terms.rule_name, terms.purpose.value))
