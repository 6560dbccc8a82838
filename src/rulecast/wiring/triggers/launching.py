"""Plans of firings are launched under the standing approval of their rules, once each."""

import structlog

from rulecast.plan import store as plan_store
from rulecast.values.errors import RulecastError
from rulecast.values.ids import PlanId
from rulecast.wiring.standing import HeldBack, launch_under_standing_approval
from rulecast.wiring.triggers import store
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")


async def launch_planned(workspace: Workspace) -> int:
    """Launch every plan of firings that is not launched yet and return how many there were.

    A launch that was interrupted is repeated: launching a plan twice is launching it once.
    """
    async with workspace.database.connection() as connection:
        waiting = await store.list_to_launch(connection)
    failed: Exception | None = None
    for plan_id in waiting:
        try:
            state, why = await _launch(workspace, plan_id)
        except Exception as error:
            # The others do not wait for the one that fails, which is tried again at the next step.
            LOG.exception("a triggered plan could not be launched", plan=plan_id)
            failed = failed or error
            continue
        async with workspace.database.transaction() as connection:
            await store.settle_plan(connection, plan_id, state=state, why=why)
    if failed is not None:
        raise failed
    return len(waiting)


async def _launch(workspace: Workspace, plan_id: PlanId) -> tuple[str, str]:
    """Return what became of the plan, and why."""
    async with workspace.database.connection() as connection:
        plan = await plan_store.find_plan(connection, plan_id)
    if not plan.document["planned"]:
        return "excluded", ""
    try:
        outcome = await launch_under_standing_approval(workspace, plan_id)
    except RulecastError as error:
        # The plan is void, expired or its rule rests: nobody is written to, and the plan says so.
        LOG.warning("a triggered plan was not launched", plan=plan_id, code=error.code)
        return "held_back", error.code
    if isinstance(outcome, HeldBack):
        return "held_back", str(outcome.reason)
    return "launched", ""
