"""A run whose windows are too short for its people, and what became of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from rulecast.database import execute, fetch_all
from rulecast.plan import Plan
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.run_rest import RunRest, read_run_rest
from rulecast.wiring.workspace import Workspace
from tests.planning import Person, create_people, rule_text
from tests.standing import Peer, send_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The plan, who was never reached, everybody, and when the messages went."""

    plan: Plan
    rest: RunRest
    contact_ids: frozenset[int]
    sent: tuple[datetime, ...]

    @property
    def days(self) -> set[date]:
        """Return the days on which messages went."""
        return {at.astimezone(UTC).date() for at in self.sent}

    @property
    def share_of_foretold(self) -> float:
        """Return how long it took, as a share of what the calendar of the plan had said."""
        calendar: dict[str, Any] = self.plan.document["calendar"]
        starts_at, finishes_at = (
            datetime.fromisoformat(calendar[name]) for name in ("starts_at", "finishes_at")
        )
        return (self.sent[-1] - starts_at) / (finishes_at - starts_at)


async def run_through(workspace: Workspace, schedule: str, *, people: int, limit: str) -> Carried:
    """Set a limit, then plan, approve and launch a rule with a schedule, and send until nothing waits."""
    async with workspace.database.transaction() as connection:
        await execute(connection, limit)
    everybody = [Person(phone=f"+2126{12_000_000 + one:08d}") for one in range(people)]
    ids = await create_people(workspace, everybody)
    (plan,) = await plan_rules(workspace, [rule_text(clauses=schedule)])
    await approve(workspace, plan.plan_id, approved_by="lina")
    run = await launch(workspace, plan.plan_id, launched_by="amal")
    await send_all(workspace, Peer())
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection, "SELECT granted_at FROM gate.permit WHERE released_at IS NULL ORDER BY granted_at"
        )
    return Carried(
        plan=plan,
        rest=await read_run_rest(workspace, run.run_id),
        contact_ids=frozenset(ids),
        sent=tuple(at for (at,) in rows),
    )
