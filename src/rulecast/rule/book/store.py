"""Rule versions, their states and their standing approvals in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.locks import lock_in_transaction
from rulecast.database.rows import Jsonb
from rulecast.rule.book.errors import BookFullError, RuleUnknownError
from rulecast.rule.book.limits import BOOK_RULES_MAX, RULE_VERSIONS_MAX, WHY_LENGTH_MAX
from rulecast.rule.book.records import (
    ActiveRule,
    DayUse,
    Envelope,
    KeptRule,
    RuleVersion,
    ScheduledRun,
    StandingApproval,
    Step,
    content_hash,
)
from rulecast.rule.book.states import Act, HoldReason, RuleState, next_state
from rulecast.rule.language import Rule, format_rule
from rulecast.values.ids import PlanId, RuleVersionId, StandingApprovalId

QUERIES = load_queries(__package__)


async def save_rule(
    connection: Connection, rule: Rule, *, author: str, now: datetime, is_edit: bool = False
) -> RuleVersion:
    """Keep a rule in its canonical form and return its version; the same content keeps its first author.

    A new content is what the rule says from now on; with `is_edit` an older one is that again.

    Raises:
        BookFullError: the book has no room for another rule or version.
    """
    text = format_rule(rule)
    key = {"rule_name": rule.name, "content_hash": content_hash(text)}
    known = await fetch_one(connection, QUERIES["find_rule_version_by_hash"], key, record=RuleVersion)
    if known is None:
        await _check_room(connection, rule.name)
        inserted = await fetch_value(
            connection,
            QUERIES["save_rule_version"],
            {**key, "version": rule.version, "text": text, "author": author, "created_at": now},
        )
        known = await fetch_one(connection, QUERIES["find_rule_version_by_hash"], key, record=RuleVersion)
        assert known is not None, "the version was just kept"
        if inserted is not None:
            await _set_head(connection, known)
            return known
    if is_edit:
        await _set_head(connection, known)
    return known


async def find_rule_version(connection: Connection, rule_version_id: RuleVersionId) -> RuleVersion | None:
    """Return the version a plan or a run refers to."""
    parameters = {"rule_version_id": rule_version_id}
    return await fetch_one(connection, QUERIES["find_rule_version"], parameters, record=RuleVersion)


async def find_version_of_number(connection: Connection, rule_name: str, version: int) -> RuleVersion | None:
    """Return what was saved last under a version number of a rule."""
    parameters = {"rule_name": rule_name, "version": version}
    return await fetch_one(connection, QUERIES["find_rule_version_by_number"], parameters, record=RuleVersion)


async def list_rules(connection: Connection) -> list[RuleVersion]:
    """Return what each rule says now, by name."""
    return await fetch_all(connection, QUERIES["list_rule_versions"], record=RuleVersion)


async def lock_rule(connection: Connection, rule_name: str) -> None:
    """Take turns with everybody who moves this rule or launches it by itself, until the transaction ends."""
    await lock_in_transaction(connection, f"rule.book {rule_name}")


async def find_kept(connection: Connection, rule_version_id: RuleVersionId) -> KeptRule:
    """Return a version with its state.

    Raises:
        RuleUnknownError: there is no such version.
    """
    parameters = {"rule_version_id": rule_version_id}
    row = await fetch_one(connection, QUERIES["find_kept"], parameters, record=_KeptRow)
    if row is None:
        raise RuleUnknownError(f"There is no rule version {rule_version_id}.")
    return row.kept()


async def list_kept(connection: Connection, rule_name: str | None = None) -> list[KeptRule]:
    """Return every version of a rule with its state, the newest last.

    Without a name: of every rule what it says now and what is in force or held.
    """
    rows = await fetch_all(connection, QUERIES["list_kept"], {"rule_name": rule_name}, record=_KeptRow)
    return [row.kept() for row in rows]


async def take_step(  # noqa: PLR0913 - who, when, why and the code of a hold belong to every step
    connection: Connection,
    kept: KeptRule,
    act: Act,
    *,
    actor: str,
    now: datetime,
    why: str = "",
    reason: HoldReason | None = None,
) -> RuleState:
    """Move a version and return where it stands then; the caller holds the rule's lock (`lock_rule`).

    Raises:
        StepNotAllowedError: its state does not allow the act.
    """
    state = next_state(kept.state, act, held_from=kept.held_from)
    held_from: RuleState | None = None
    if state is RuleState.HELD:
        held_from = kept.state if act is Act.HOLD else kept.held_from
        if act is Act.APPROVE and held_from is RuleState.DRAFT:
            held_from = RuleState.APPROVED
    stays_held = state is RuleState.HELD and act is not Act.HOLD
    step = {
        "rule_version_id": kept.rule_version_id,
        "act": act.value,
        "from_state": kept.state.value,
        "state": state.value,
        "reason": "" if reason is None else reason.value,
        "why": why,
        "actor": actor,
        "at": now,
    }
    await execute(connection, QUERIES["append_state"], step)
    current = {
        **step,
        "rule_name": kept.rule_name,
        "held_from": "" if held_from is None else held_from.value,
        "activated_at": now if act is Act.ACTIVATE else kept.activated_at,
        **({"reason": kept.reason, "why": kept.why} if stays_held else {}),
    }
    await execute(connection, QUERIES["set_current_state"], current)
    return state


async def list_steps(connection: Connection, rule_name: str) -> list[Step]:
    """Return every step in the life of a rule, the oldest first."""
    return await fetch_all(connection, QUERIES["list_steps"], {"rule_name": rule_name}, record=Step)


async def list_active_rules(connection: Connection, now: datetime) -> list[ActiveRule]:
    """Return the versions that may start runs at an instant, by name, each with its standing approval."""
    rows = await fetch_all(connection, QUERIES["list_active"], {"now": now})
    approvals = await list_standing_approvals(connection, [row[1] for row in rows])
    return [
        ActiveRule(
            rule_name=rule_name,
            rule_version_id=rule_version_id,
            version=version,
            text=text,
            activated_at=activated_at,
            approval=approvals.get(rule_version_id),
        )
        for rule_name, rule_version_id, version, text, activated_at in rows
    ]


async def find_standing_approval(
    connection: Connection, rule_version_id: RuleVersionId
) -> StandingApproval | None:
    """Return the approval signed last for a version."""
    return (await list_standing_approvals(connection, [rule_version_id])).get(rule_version_id)


async def insert_standing_approval(
    connection: Connection, approval: StandingApproval, *, signature: bytes
) -> None:
    """Store what somebody signed; the database draws its id."""
    envelope = approval.envelope
    parameters = {
        "rule_version_id": approval.rule_version_id,
        "rule_hash": approval.rule_hash,
        "template_hashes": Jsonb(dict(approval.template_hashes)),
        "purpose": approval.purpose,
        "people_per_run": envelope.people_per_run,
        "people_per_day": envelope.people_per_day,
        "cost_per_run": envelope.cost_per_run,
        "currency": envelope.currency,
        "sensitive_fields": list(envelope.sensitive_fields),
        "valid_until": envelope.valid_until,
        "approved_by": approval.approved_by,
        "approved_at": approval.approved_at,
        "signature": signature,
    }
    await execute(connection, QUERIES["insert_standing_approval"], parameters)


async def find_day_use(connection: Connection, rule_name: str, day: date) -> DayUse:
    """Return what the runs of a rule used of a local day so far."""
    parameters = {"rule_name": rule_name, "day": day}
    return await fetch_one(connection, QUERIES["find_day_use"], parameters, record=DayUse) or DayUse()


async def list_day_uses(connection: Connection, day: date) -> dict[str, DayUse]:
    """Return what the runs of each rule used of a local day so far."""
    rows = await fetch_all(connection, QUERIES["list_day_uses"], {"day": day})
    return {name: DayUse(runs=runs, people=people, cost_e4=cost) for name, runs, people, cost in rows}


async def add_day_use(
    connection: Connection, rule_name: str, day: date, *, people: int, cost_e4: int
) -> None:
    """Count one more run of a day; the caller holds the rule's lock."""
    parameters = {"rule_name": rule_name, "day": day, "people": people, "cost_e4": cost_e4}
    await execute(connection, QUERIES["add_day_use"], parameters)


async def list_scheduled_runs(
    connection: Connection, rule_names: Sequence[str], *, since: date
) -> list[ScheduledRun]:
    """Return the runs by schedule of these rules from a day on, the oldest first."""
    parameters = {"rule_names": list(rule_names), "since": since}
    return await fetch_all(connection, QUERIES["list_scheduled_runs"], parameters, record=ScheduledRun)


async def take_scheduled_run(connection: Connection, run: ScheduledRun, *, now: datetime) -> bool:
    """Take a version's run of a day; tell whether it was free or left open by somebody who died."""
    parameters = {
        "rule_version_id": run.rule_version_id,
        "rule_name": run.rule_name,
        "run_day": run.run_day,
        "due_at": run.due_at,
        "outcome": run.outcome,
        "detail": run.detail[:WHY_LENGTH_MAX],
        "now": now,
    }
    return bool(await execute(connection, QUERIES["take_scheduled_run"], parameters))


async def set_scheduled_plan(connection: Connection, run: ScheduledRun, plan_id: PlanId) -> bool:
    """Say which plan a run is; tell whether it is the first."""
    parameters = {"rule_version_id": run.rule_version_id, "run_day": run.run_day, "plan_id": plan_id}
    return bool(await execute(connection, QUERIES["set_scheduled_plan"], parameters))


async def end_scheduled_run(connection: Connection, run: ScheduledRun, *, outcome: str, detail: str) -> None:
    """Record what came of a run."""
    parameters = {
        "rule_version_id": run.rule_version_id,
        "run_day": run.run_day,
        "outcome": outcome,
        "detail": detail[:WHY_LENGTH_MAX],
    }
    await execute(connection, QUERIES["end_scheduled_run"], parameters)


async def end_launched_run(connection: Connection, plan_id: PlanId, *, detail: str) -> None:
    """Note in the transaction of a launch that the day of its plan, where it has one, is dealt with."""
    await execute(connection, QUERIES["end_launched_run"], {"plan_id": plan_id, "detail": detail})


async def list_contact_zones(connection: Connection) -> list[tuple[str, str]]:
    """Return every country and zone that contacts have, as stored."""
    return await fetch_all(connection, QUERIES["list_contact_zones"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptRow:
    rule_version_id: RuleVersionId
    rule_name: str
    version: int
    text: str
    content_hash: bytes
    author: str
    created_at: datetime
    is_head: bool
    state: str
    held_from: str | None
    reason: str
    why: str
    since: datetime
    activated_at: datetime | None

    def kept(self) -> KeptRule:
        return KeptRule(
            rule_version_id=self.rule_version_id,
            rule_name=self.rule_name,
            version=self.version,
            text=self.text,
            content_hash=bytes(self.content_hash),
            author=self.author,
            created_at=self.created_at,
            is_head=self.is_head,
            state=RuleState(self.state),
            held_from=None if self.held_from is None else RuleState(self.held_from),
            reason=self.reason,
            why=self.why,
            since=self.since,
            activated_at=self.activated_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ApprovalRow:
    standing_approval_id: StandingApprovalId
    rule_version_id: RuleVersionId
    rule_hash: bytes
    template_hashes: dict[str, str]
    purpose: str
    people_per_run: int
    people_per_day: int
    cost_per_run: int
    currency: str
    sensitive_fields: list[str]
    valid_until: datetime
    approved_by: str
    approved_at: datetime
    signature: bytes

    def approval(self) -> StandingApproval:
        return StandingApproval(
            standing_approval_id=self.standing_approval_id,
            rule_version_id=self.rule_version_id,
            rule_hash=bytes(self.rule_hash),
            template_hashes=self.template_hashes,
            purpose=self.purpose,
            envelope=Envelope(
                people_per_run=self.people_per_run,
                people_per_day=self.people_per_day,
                cost_per_run=self.cost_per_run,
                currency=self.currency,
                sensitive_fields=tuple(self.sensitive_fields),
                valid_until=self.valid_until,
            ),
            approved_by=self.approved_by,
            approved_at=self.approved_at,
            signature=bytes(self.signature),
        )


async def list_standing_approvals(
    connection: Connection, rule_version_ids: Sequence[RuleVersionId]
) -> dict[RuleVersionId, StandingApproval]:
    """Return the approval signed last for each version that has one."""
    parameters = {"rule_version_ids": list(rule_version_ids)}
    rows = await fetch_all(connection, QUERIES["list_standing_approvals"], parameters, record=_ApprovalRow)
    return {row.rule_version_id: row.approval() for row in rows}


async def _set_head(connection: Connection, version: RuleVersion) -> None:
    parameters = {"rule_name": version.rule_name, "rule_version_id": version.rule_version_id}
    await execute(connection, QUERIES["set_head"], parameters)


async def _check_room(connection: Connection, rule_name: str) -> None:
    counted: Any = await fetch_one(connection, QUERIES["count_book"], {"rule_name": rule_name})
    rules, versions = counted
    if versions >= RULE_VERSIONS_MAX:
        raise BookFullError(f"The rule {rule_name} has {versions} versions, the most that are kept.")
    if not versions and rules >= BOOK_RULES_MAX:
        raise BookFullError(f"The book has {rules} rules, the most that are kept.")
