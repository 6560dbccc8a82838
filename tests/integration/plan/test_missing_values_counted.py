"""A plan says how many people a condition leaves out, or takes in, only because a value is missing."""

from tests.planning import Person, create_people, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.plan import plan_rules


async def test_a_plan_counts_who_a_missing_value_leaves_out_or_takes_in(
    settings: Settings, clock: ManualClock
) -> None:
    people = [
        Person(phone="+212612000001", birth_date="1990-01-01"),
        Person(phone="+212612000002"),
        Person(phone="+212612000003"),
        Person(phone="+212612000004", birth_date="1950-01-01"),
    ]
    ago = rule_text("older").replace("when ", "when birth_date before 3000 days ago and ", 1)
    negated = rule_text("younger", priority=30).replace("when ", "when not age between 60 and 90 and ", 1)
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, people)
        (older,) = await plan_rules(workspace, [ago])
        (younger,) = await plan_rules(workspace, [negated])
    assert older.document["audience"] == 2
    assert older.document["warnings"] == ["RL-052 2 people whose birth_date is missing are left out."]
    assert younger.document["audience"] == 3
    assert younger.document["warnings"] == ["RL-053 2 people whose age is missing are taken in."]
