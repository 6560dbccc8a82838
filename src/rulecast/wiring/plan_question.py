"""The question `plan` as the engine answers it."""

from datetime import date, datetime
from typing import Any

from rulecast.rule.engine.mart import Mart
from rulecast.wiring.plan_draft import PlanRequest
from rulecast.wiring.plan_making import make_plans
from rulecast.wiring.workspace import Workspace


async def answer_plan(workspace: Workspace, mart: Mart, arguments: dict[str, Any]) -> dict[str, Any]:
    """Plan the rules of a question; the answer names the plans."""
    run_day = arguments.get("run_day")
    request = PlanRequest(
        texts=tuple(arguments["texts"]),
        created_by=arguments["created_by"],
        as_of=_instant(arguments.get("as_of")),
        known_at=_instant(arguments.get("known_at")),
        run_day=None if run_day is None else date.fromisoformat(run_day),
        is_edit=bool(arguments.get("is_edit")),
    )
    return {"plan_ids": await make_plans(workspace, mart, request)}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
