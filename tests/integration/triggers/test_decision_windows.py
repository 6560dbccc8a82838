"""Firings wait for rivals: whoever does not wait makes nobody else decide early."""

from tests.planning import Person, create_people, planning_workspace
from tests.triggering import firings, happens, messages, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.values.clock import ManualClock


async def test_a_rule_that_does_not_wait_makes_no_other_decide_early(
    settings: Settings, clock: ManualClock
) -> None:
    patient = triggered_rule("patient", "on purchase where (amount < 1000)", clauses="")
    hasty = triggered_rule("hasty", "on purchase where (amount >= 1000)", priority="promotion/30")
    strong = triggered_rule("strong", "on message", priority="lifecycle/1", clauses="")
    async with planning_workspace(settings, clock) as workspace:
        (asha,) = await create_people(workspace, [Person(phone="+212612345601")])
        await put_in_force(workspace, patient, hasty, strong)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await settle(workspace)
        clock.advance(20)
        await happens(workspace, asha, properties={"amount": 2_000})
        await settle(workspace)
        assert await firings(workspace) == [("patient", asha, "waiting"), ("hasty", asha, "launched")]
        clock.advance(20)
        await happens(workspace, asha, "message_received", {})
        await settle(workspace)
        clock.advance(21)
        await settle(workspace)
        # The window of the first has closed, and the stronger one fell into it: they are decided together.
        assert await firings(workspace) == [
            ("patient", asha, "excluded"),
            ("hasty", asha, "launched"),
            ("strong", asha, "launched"),
        ]
        assert await messages(workspace) == [("hasty", asha), ("strong", asha)]
        async with workspace.database.connection() as connection:
            margins = await fetch_all(connection, "SELECT margin FROM plan.member WHERE lost_to_plan_id <> 0")
    assert margins == [(1001 - 40,)]
