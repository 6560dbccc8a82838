"""What the runtime of triggers does by night: memberships are compared, old firings forgotten."""

import structlog

from rulecast.wiring.engine import ask_engine
from rulecast.wiring.triggers import store
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")

QUESTION = "check_audiences"


async def check_memberships(workspace: Workspace) -> None:
    """Have the engine compare every kept membership with a full evaluation; the result is stored and logged there."""
    await ask_engine(workspace, QUESTION, {})


async def forget_old_firings(workspace: Workspace) -> None:
    """Delete settled firings that nothing can repeat any more."""
    before = workspace.clock.now() - store.CANDIDATES_KEPT
    async with workspace.database.transaction() as connection:
        count = await store.delete_old_candidates(connection, before)
    if count:
        LOG.info("old firings forgotten", count=count)
