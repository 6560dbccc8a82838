"""Planned steps are launched under the approval that launched the first message, once each."""

import structlog

from rulecast.database import Connection
from rulecast.plan import Plan
from rulecast.plan import store as plan_store
from rulecast.plan.errors import (
    PlanEmptyError,
    PlanExpiredError,
    PlanOfPastError,
    RuleNotValidError,
    RuleRefusedError,
)
from rulecast.rule.book import RuleState
from rulecast.rule.book.store import find_kept
from rulecast.wiring.approve import find_change, refuse_if_stale, sign, void
from rulecast.wiring.launch import find_forgery, start_run
from rulecast.wiring.moments import store
from rulecast.wiring.moments.records import StepPlan
from rulecast.wiring.rule_terms import read_kept, read_template_hashes
from rulecast.wiring.standing import ITSELF, HeldBack, launch_under_standing_approval
from rulecast.wiring.template_upkeep import sync_before_launch
from rulecast.wiring.workspace import Workspace

REFUSALS = (PlanExpiredError, PlanEmptyError, PlanOfPastError, RuleNotValidError, RuleRefusedError)
"""What a plan is refused for once and for all; everything else is tried again."""

RESTING = frozenset({RuleState.PAUSED, RuleState.HELD})
RESTS = "the rule rests"
"""Its steps wait, until it goes on or their plans expire."""

LOG = structlog.get_logger("follow_ups")


async def launch_planned_steps(workspace: Workspace) -> int:
    """Launch every planned step and return how many there were; a launch that was interrupted is repeated."""
    async with workspace.database.connection() as connection:
        waiting = await store.list_step_plans(connection, now=workspace.clock.now())
    failed: Exception | None = None
    for one in waiting:
        try:
            why = await _launch(workspace, one)
        except REFUSALS as error:
            LOG.warning("a step was not launched", plan=one.plan_id, code=error.code)
            why = error.code
        except Exception as error:
            # The others do not wait for the one that fails, which is tried again.
            LOG.exception("a step could not be launched", plan=one.plan_id)
            failed = failed or error
            continue
        if why == RESTS:
            continue
        async with workspace.database.transaction() as connection:
            state = "launched" if why is None else "held_back"
            await store.settle_step_plan(connection, one.plan_id, state=state, why=why or "")
    if failed is not None:
        raise failed
    return len(waiting)


async def _launch(workspace: Workspace, one: StepPlan) -> str | None:
    """Launch a step as its first message was launched; return why not, None where it is."""
    if one.launched_by == ITSELF:
        outcome = await launch_under_standing_approval(workspace, one.plan_id)
        if not isinstance(outcome, HeldBack):
            return None
        return (
            RESTS if outcome.reason == "not_active" and await _rests(workspace, one) else str(outcome.reason)
        )
    await sync_before_launch(workspace, one.plan_id)
    async with workspace.database.transaction() as connection:
        plan = await plan_store.lock_plan(connection, one.plan_id)
        if await plan_store.find_run(connection, one.plan_id) is not None:
            return None
        refuse_if_stale(workspace, plan)
        if (await find_kept(connection, plan.rule_version_id)).state in RESTING:
            return RESTS
        first = await plan_store.find_plan(connection, one.first_plan_id)
        change = await _find_change(connection, workspace, plan, first)
        if change is not None:
            await void(connection, workspace, plan, change)
            return change
        await sign(connection, workspace, plan, first.approved_by)
        await start_run(connection, workspace, plan, launched_by=one.launched_by)
    return None


async def _rests(workspace: Workspace, one: StepPlan) -> bool:
    async with workspace.database.connection() as connection:
        plan = await plan_store.find_plan(connection, one.plan_id)
        return (await find_kept(connection, plan.rule_version_id)).state in RESTING


async def _find_change(connection: Connection, workspace: Workspace, plan: Plan, first: Plan) -> str | None:
    """Return what differs from what was signed with the first plan; None where nothing does.

    Raises:
        RuleRefusedError: this release cannot read the rule any more.
    """
    kept = await find_kept(connection, plan.rule_version_id)
    if kept.state is RuleState.ARCHIVED:
        return f"the rule is {kept.state.value}"
    if plan.rule_version_id != first.rule_version_id:
        return "the step is of another version"
    forgery = find_forgery(workspace, first)
    if forgery is not None:
        return forgery
    signed = first.document.get("rule_template_hashes", {})
    if await read_template_hashes(connection, read_kept(kept.text)) != signed:
        return "a template says something else than what was signed"
    return await find_change(connection, plan, is_standing=True)
