"""Launching without a person: a plan of a rule that runs by itself, under what was signed for the rule."""

from dataclasses import dataclass
from typing import Literal

import structlog

from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.plan import Plan, store
from rulecast.plan.errors import PlanExpiredError, PlanOfPastError, RuleRefusedError
from rulecast.rule.book import Act, HoldReason, KeptRule, RuleState, StandingApproval
from rulecast.rule.book import store as book
from rulecast.rule.book.envelope import Breach, RunFigures, find_breach
from rulecast.rule.book.limits import WHY_LENGTH_MAX
from rulecast.rule.book.states import STEPS
from rulecast.values.ids import PlanId, RuleVersionId, RunId
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.approve import find_change, refuse_if_stale, sign, void
from rulecast.wiring.launch import start_run
from rulecast.wiring.rule_terms import read_kept, read_template_hashes, sensitive_fields
from rulecast.wiring.template_upkeep import sync_before_launch
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("rule_book")

SIGNING_PURPOSE = "standing approval"
ITSELF = "rulecast"
"""Who acts where no person does."""

NotLaunched = Literal["nobody", "not_active"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """The run of a plan; `is_new` is false where it was launched before."""

    run_id: RunId
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Why a plan was not launched, and whether its rule now waits for a person.

    `nobody` (the plan is empty) and `not_active` (the version is not the active one) hold no rule.
    """

    reason: HoldReason | NotLaunched
    detail: str
    is_rule_held: bool


async def launch_under_standing_approval(workspace: Workspace, plan_id: PlanId) -> Launched | HeldBack:
    """Launch a plan under the standing approval of its rule, or hold the rule, which voids the plan.

    Asking again for a launched plan returns its run.

    Raises:
        PlanUnknownError, PlanExpiredError, PlanOfPastError: the plan cannot be launched by anybody.
    """
    await sync_before_launch(workspace, plan_id)
    async with workspace.database.transaction() as connection:
        rule_name = (await store.find_plan(connection, plan_id)).rule_name
        await book.lock_rule(connection, rule_name)
        plan = await store.lock_plan(connection, plan_id)
        run_id = await store.find_run(connection, plan_id)
        if run_id is not None:
            return Launched(run_id=run_id, is_new=False)
        kept = await book.find_kept(connection, plan.rule_version_id)
        idle = _find_idleness(plan, kept)
        if idle is not None:
            return idle
        _refuse_if_past(workspace, plan)
        approval = await book.find_standing_approval(connection, plan.rule_version_id)
        breach = await _find_breach(connection, workspace, plan, kept=kept, approval=approval)
        if breach is None and approval is not None:
            await sign(connection, workspace, plan, approval.approved_by)
            run_id = await _start(connection, workspace, plan)
            return Launched(run_id=run_id, is_new=True)
        assert breach is not None, "a missing approval is a breach"
        await void(connection, workspace, plan, f"{breach.reason.value}: {breach.detail}")
        is_held = await hold_rule(
            connection, workspace, plan.rule_version_id, reason=breach.reason, why=breach.detail
        )
    return HeldBack(reason=breach.reason, detail=breach.detail, is_rule_held=is_held)


async def hold_rule(
    connection: Connection,
    workspace: Workspace,
    rule_version_id: RuleVersionId,
    *,
    reason: HoldReason,
    why: str,
) -> bool:
    """Hold a version for a person inside the caller's transaction; tell whether it was free to be held.

    Nothing of a held version is sent, what was launched before included, until somebody resumes it.
    """
    kept = await book.find_kept(connection, rule_version_id)
    await book.lock_rule(connection, kept.rule_name)
    kept = await book.find_kept(connection, rule_version_id)
    if (kept.state, Act.HOLD) not in STEPS:
        return False
    now = workspace.clock.now()
    await book.take_step(
        connection, kept, Act.HOLD, actor=ITSELF, now=now, why=why[:WHY_LENGTH_MAX], reason=reason
    )
    await append_audit(
        connection,
        actor=ITSELF,
        action="rule held",
        subject=f"rule {kept.rule_name}",
        details={"version": rule_version_id, "reason": reason.value, "why": why[:WHY_LENGTH_MAX]},
        now=now,
    )
    LOG.warning("rule held", rule_name=kept.rule_name, rule_version_id=rule_version_id, reason=reason.value)
    return True


def _find_idleness(plan: Plan, kept: KeptRule) -> HeldBack | None:
    if kept.state is not RuleState.ACTIVE:
        detail = f"version {kept.rule_version_id} of {kept.rule_name} is {kept.state.value}"
        return HeldBack(reason="not_active", detail=detail, is_rule_held=kept.state is RuleState.HELD)
    if not plan.document["planned"]:
        return HeldBack(reason="nobody", detail="the plan has nobody to write to", is_rule_held=False)
    return None


def _refuse_if_past(workspace: Workspace, plan: Plan) -> None:
    if plan.state == "void":
        raise PlanExpiredError(f"Plan {plan.plan_id} is void.")
    if plan.is_of_past:
        raise PlanOfPastError
    refuse_if_stale(workspace, plan)


async def _find_breach(
    connection: Connection,
    workspace: Workspace,
    plan: Plan,
    *,
    kept: KeptRule,
    approval: StandingApproval | None,
) -> Breach | None:
    if approval is None or not workspace.vault.verify(
        SIGNING_PURPOSE, approval.signed_text, approval.signature
    ):
        return Breach(
            reason=HoldReason.APPROVAL_INVALID, detail="no standing approval with a signature that fits"
        )
    try:
        run = await _figures(connection, workspace, plan, kept=kept)
    except RuleRefusedError as error:
        return Breach(reason=HoldReason.RULE_INVALID, detail=error.what)
    breach = find_breach(run, approval, now=workspace.clock.now())
    if breach is not None:
        return breach
    changed = await find_change(connection, plan, is_standing=True)
    return None if changed is None else Breach(reason=HoldReason.PLAN_CHANGED, detail=changed)


async def _figures(connection: Connection, workspace: Workspace, plan: Plan, *, kept: KeptRule) -> RunFigures:
    rule = read_kept(kept.text)
    catalogue = await workspace.catalogue(connection)
    document = plan.document
    day = local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    return RunFigures(
        rule_hash=kept.content_hash,
        purpose=plan.purpose,
        template_hashes=await read_template_hashes(connection, rule),
        sensitive_fields=sensitive_fields(rule, document.get("sensitive_read", ()), catalogue),
        people=document["planned"],
        people_today=(await book.find_day_use(connection, kept.rule_name, day)).people,
        cost_e4=document["cost_e4"],
        currency=document["currency"],
    )


async def _start(connection: Connection, workspace: Workspace, plan: Plan) -> RunId:
    day = local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    await book.add_day_use(
        connection,
        plan.rule_name,
        day,
        people=plan.document["planned"],
        cost_e4=plan.document["cost_e4"],
    )
    run_id = await start_run(connection, workspace, plan, launched_by=ITSELF)
    await book.end_launched_run(connection, plan.plan_id, detail=f"run {run_id}")
    return run_id
