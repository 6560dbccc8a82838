"""Events that fire rules: once each, after their delay, and only those that are safe."""

from datetime import timedelta

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.rule_steps import pause_rule, resume_rule
from tests.planning import Person, create_people, planning_workspace
from tests.triggering import firings, happens, messages, put_in_force, settle, triggered_rule

PEOPLE = (Person(phone="+212612345601"), Person(phone="+212612345602", city="rabat"))
ON_PURCHASE = triggered_rule("thanks", "on purchase where (amount >= 100)")


async def test_an_event_fires_its_rule_for_the_person(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, ON_PURCHASE)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await happens(workspace, asha, properties={"amount": 99})
        await happens(workspace, bilal)
        await settle(workspace)
        await settle(workspace)
        assert await firings(workspace) == [("thanks", asha, "launched")]
        assert await messages(workspace) == [("thanks", asha)]
