"""Why not: from when on somebody would match if nothing happened, on their own clock."""

from datetime import timedelta

from rich.text import Text
from tests.planning import Person, create_people, planning_workspace, rule_text

from rulecast.cli.why_tree import render_why, why_json
from rulecast.collect import NewEvent, record_events
from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.why import Why, explain_person

ASHA = Person(phone="+212612000001", zone="Europe/Paris")
BILAL = Person(phone="+212612000002", city="agadir")


def sentences(found: Why) -> str:
    return "\n".join(part.plain for part in render_why(found) if isinstance(part, Text))


async def test_why_says_from_when_on_time_alone_makes_a_person_match(
    settings: Settings, clock: ManualClock
) -> None:
    rule = rule_text().replace('"Tunis")', '"Tunis") and did not purchase in last 7 days')
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, [ASHA, BILAL])
        bought_at = clock.now() - timedelta(days=3)
        purchase = NewEvent(
            contact_id=asha, name="purchase", occurred_at=bought_at, event_key=bytes(16), source="import"
        )
        async with workspace.database.transaction() as connection:
            await record_events(connection, [purchase], clock.now())
        (plan,) = await plan_rules(workspace, [rule])
        waiting = await explain_person(workspace, asha, plan.plan_id)
        elsewhere = await explain_person(workspace, bilal, plan.plan_id)
    # 18:55 UTC on 17 November plus four days; Paris is one hour ahead.
    assert waiting.matches_from == bought_at + timedelta(days=7, microseconds=1)
    assert "Would match from 21 November 2026 19:55 (Europe/Paris) if nothing happens." in sentences(waiting)
    assert why_json(waiting)["would_match_from"] == waiting.matches_from
    assert elsewhere.matches_from is None
    assert "Time alone does not make them match within 400 days." in sentences(elsewhere)
