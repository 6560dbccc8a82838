"""Rules on events whose condition counts: decided by counters, filled in and kept while events come."""

from datetime import timedelta

from tests.planning import Person, create_people, planning_workspace
from tests.triggering import firings, happens, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import execute, fetch_all
from rulecast.values.clock import ManualClock
from rulecast.wiring.triggers.counting import check_counters
from rulecast.wiring.triggers.figures import trigger_samples

PEOPLE = (Person(phone="+212612345601"), Person(phone="+212612345602"))
THIRD = triggered_rule(
    "third", "on purchase", condition="did purchase where (amount >= 10) at least 3 times in last 7 days"
)


async def test_a_windowed_count_is_kept_and_decides_with_what_was_there_before(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, PEOPLE)
        for person, days in ((asha, 2), (asha, 1), (bilal, 9), (bilal, 1)):
            await happens(workspace, person, ago=timedelta(days=days))
        await put_in_force(workspace, THIRD)
        await settle(workspace)
        clock.advance(10)
        for person in (asha, bilal):
            await happens(workspace, person)
        await settle(workspace)
        assert await firings(workspace) == [("third", asha, "launched")]
        async with workspace.database.connection() as connection:
            counted = await fetch_all(
                connection,
                "SELECT contact_id, sum(times) FROM rule.event_counter GROUP BY contact_id ORDER BY contact_id",
            )
        # What lies before the window, and a day to spare, is not counted.
        assert counted == [(asha, 3), (bilal, 2)]
        await check_counters(workspace)
        async with workspace.database.transaction() as connection:
            await execute(
                connection, "UPDATE rule.event_counter SET times = times + 1 WHERE contact_id = %s", (bilal,)
            )
        await check_counters(workspace)
        figures = {sample.name: sample.value for sample in await trigger_samples(workspace)}
        assert (figures["counter_people"], figures["counter_difference"]) == (2, 1)
