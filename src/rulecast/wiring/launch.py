"""Launching an approved plan: its messages are written, its people reserved, once."""

from dataclasses import dataclass

from rulecast.account.warm_up import USUAL_TERMS
from rulecast.database import Connection
from rulecast.deliver import create_run
from rulecast.gate.warm_ups import begin_warm_up, terms_of
from rulecast.observe.append_audit import append_audit
from rulecast.plan import Plan, store
from rulecast.plan.errors import PlanChangedError, PlanNotApprovedError
from rulecast.policy import read_sending_policy
from rulecast.rule.book import RuleState
from rulecast.rule.book.errors import RuleRestsError
from rulecast.rule.book.store import list_kept, list_steps
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.values.ids import PlanId, RunId
from rulecast.values.purpose import Purpose
from rulecast.wiring.approve import SIGNING_PURPOSE, find_change, refuse_if_stale, signed_text, void
from rulecast.wiring.late_sends import find_late_sends
from rulecast.wiring.restore import refuse_if_held
from rulecast.wiring.template_upkeep import sync_before_launch
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import read_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The run of a plan; `is_new` is false where it was launched before."""

    run_id: RunId
    is_new: bool


async def launch(
    workspace: Workspace, plan_id: PlanId, *, launched_by: str, failpoints: Failpoints = INERT
) -> Launch:
    """Launch an approved plan and return its run; launching it again returns the first run.

    Raises:
        PlanUnknownError, PlanNotApprovedError, PlanExpiredError: the plan cannot be launched.
        RuleRestsError: the rule is paused, held or archived.
        PlanChangedError: it is not what was approved any more; the plan is void from now on.
        DatabaseHeldError: the database is a copy or a restored one.
    """
    await refuse_if_held(workspace)
    await sync_before_launch(workspace, plan_id)
    launched = await _launch(workspace, plan_id, launched_by=launched_by, failpoints=failpoints)
    await failpoints.reach(Failpoint.AFTER_LAUNCH_COMMIT)
    return launched


async def _launch(
    workspace: Workspace, plan_id: PlanId, *, launched_by: str, failpoints: Failpoints
) -> Launch:
    async with workspace.database.transaction() as connection:
        plan = await store.lock_plan(connection, plan_id)
        run_id = await store.find_run(connection, plan_id)
        if run_id is not None:
            return Launch(run_id=run_id, is_new=False)
        if plan.state == "draft":
            raise PlanNotApprovedError(f"Nobody has approved plan {plan_id}.")
        refuse_if_stale(workspace, plan)
        await _refuse_if_resting(connection, plan)
        change = await find_change(connection, plan) or find_forgery(workspace, plan)
        if change is None:
            run_id = await start_run(connection, workspace, plan, launched_by=launched_by)
            await failpoints.reach(Failpoint.BEFORE_LAUNCH_COMMIT)
            return Launch(run_id=run_id, is_new=True)
        await void(connection, workspace, plan, change)
    raise PlanChangedError(f"Plan {plan_id}: {change}")


async def _refuse_if_resting(connection: Connection, plan: Plan) -> None:
    """Refuse what a person paused, what waits for one, and what was planned before it was archived."""
    for kept in await list_kept(connection, plan.rule_name):
        is_planned = kept.rule_version_id == plan.rule_version_id
        if kept.state in {RuleState.PAUSED, RuleState.HELD} or (
            is_planned and kept.state is RuleState.ARCHIVED
        ):
            raise RuleRestsError(f"The rule {kept.rule_name} is {kept.state.value}.")
    for step in await list_steps(connection, plan.rule_name):
        is_planned = step.rule_version_id == plan.rule_version_id
        if is_planned and step.state == RuleState.ARCHIVED and step.at >= plan.evaluated_at:
            raise RuleRestsError(f"The rule {plan.rule_name} was archived since; plan it again.")


def find_forgery(workspace: Workspace, plan: Plan) -> str | None:
    """Return what is wrong with the signature under an approved plan; None where it fits."""
    signed = signed_text(plan, plan.approved_by)
    if plan.signature is not None and workspace.vault.verify(SIGNING_PURPOSE, signed, bytes(plan.signature)):
        return None
    return "the signature of its approval does not fit."


async def _begin_warm_up(connection: Connection, workspace: Workspace, plan: Plan) -> None:
    """Begin a new number's warm-up before its first messages are put in order: who is engaged comes first."""
    if plan.purpose != Purpose.MARKETING:
        return
    policy = read_sending_policy((await read_rules(connection)).sending_policy)
    terms = terms_of(policy, None if workspace.is_simulated else USUAL_TERMS)
    if terms is not None:
        await begin_warm_up(connection, plan.business_number_id, terms, now=workspace.clock.now())


async def start_run(connection: Connection, workspace: Workspace, plan: Plan, *, launched_by: str) -> RunId:
    """Write the messages of an approved plan and reserve its people; the caller holds the plan's lock."""
    now = workspace.clock.now()
    late = await find_late_sends(connection, workspace, plan, now=now)
    await store.reserve_members(connection, plan, now=now, late=late)
    await _begin_warm_up(connection, workspace, plan)
    run_id = await create_run(
        connection,
        plan_id=plan.plan_id,
        rule_name=plan.rule_name,
        business_number_id=plan.business_number_id,
        launched_by=launched_by,
        is_test=plan.is_test,
        now=now,
    )
    await store.set_state(connection, plan.plan_id, "launched")
    await append_audit(
        connection,
        actor=launched_by,
        action="plan launched",
        subject=f"plan {plan.plan_id}",
        details={"run": run_id, "rule": plan.rule_name, "messages": plan.document["planned"]},
        now=now,
    )
    return run_id
