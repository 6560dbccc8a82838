"""Plans, as a door asks for them: made by the engine, read from the database."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.plan import Plan, store
from rulecast.values.ids import PlanId
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.media_library import fetch_for_rules
from rulecast.wiring.workspace import Workspace


async def plan_rules(
    workspace: Workspace,
    texts: Sequence[str],
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Plan]:
    """Plan rules as a person brings them, together, and return the stored plans in their order.

    Raises:
        RulecastError: a rule does not check, or cannot be planned as asked; see `make_plans`.
    """
    if as_of is None and known_at is None:
        await fetch_for_rules(workspace, texts)
    answer = await ask_engine(
        workspace,
        "plan",
        {
            "texts": list(texts),
            "created_by": workspace.actor,
            "as_of": None if as_of is None else as_of.isoformat(),
            "known_at": None if known_at is None else known_at.isoformat(),
            "is_edit": True,
        },
    )
    async with workspace.database.connection() as connection:
        return [await store.find_plan(connection, PlanId(plan_id)) for plan_id in answer["plan_ids"]]


async def list_plans(workspace: Workspace) -> list[Plan]:
    """Return the latest plans, the newest first."""
    async with workspace.database.connection() as connection:
        return await store.list_plans(connection)
