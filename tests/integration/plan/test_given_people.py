"""Plans for given people: the same decisions as a plan over everybody, for those who are asked about."""

from datetime import timedelta

from tests.planning import Person, create_people, exclusions, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.plan import store
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId, PlanId
from rulecast.values.purpose import ConsentStatus
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.workspace import Workspace

PEOPLE = (
    Person(phone="+212612345601"),
    Person(phone="+212612345602", status=ConsentStatus.WITHDRAWN),
    Person(phone="+212612345603", status=None),
    Person(phone="+212612345604", birth_date="2015-01-01"),
    Person(phone="+212612345605", city="agadir"),
    Person(phone="+212612345606", language="ar"),
    Person(phone="+212612345607"),
)


async def _stop(workspace: Workspace, contact_id: ContactId) -> None:
    now = workspace.clock.now()
    stop = Stop(
        contact_id=contact_id,
        occurred_at=now - timedelta(hours=1),
        cause=SuppressionCause.STOP_WORD,
        action=SuppressionAction.STOP,
        scope="marketing",
        level="exact",
    )
    async with workspace.database.transaction() as connection:
        await suppress(connection, [stop], now)


async def test_given_people_are_decided_like_everybody(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        people = await create_people(workspace, PEOPLE)
        await _stop(workspace, people[6])
        everybody = (await plan_rules(workspace, [rule_text()]))[0]
        (plan_id,) = await plan_for_people(workspace, [rule_text()], contacts=[frozenset(people)])
        async with workspace.database.connection() as connection:
            few = await store.find_plan(connection, plan_id)
            decisions = [
                [
                    (member.reason_number, member.template_id, member.price_e4, member.send_from)
                    for contact_id in people
                    if (member := await store.find_member(connection, PlanId(plan.plan_id), contact_id))
                ]
                for plan in (everybody, few)
            ]
    assert exclusions(few) == exclusions(everybody)
    assert few.document["planned"] == everybody.document["planned"] == 2
    assert few.document["cost_e4"] == everybody.document["cost_e4"]
    assert decisions[0] == decisions[1]


async def test_only_given_people_are_planned(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _, _, _, bilal, _ = await create_people(workspace, PEOPLE)
        texts = [rule_text("one", priority=40), rule_text("two", priority=60)]
        stored: list[int] = []

        async def remember(_connection: object, plan_ids: object) -> None:
            stored.extend(plan_ids)  # type: ignore[call-overload] - a list of ids

        plan_ids = await plan_for_people(
            workspace, texts, contacts=[frozenset({asha}), frozenset({asha, bilal})], after_store=remember
        )
        async with workspace.database.connection() as connection:
            one, two = [await store.find_plan(connection, plan_id) for plan_id in plan_ids]
    assert stored == plan_ids
    assert one.document["audience"] == 1
    assert one.document["lost_to"] == [
        {"rule": "two", "plan_id": two.plan_id, "margin": 20, "by_score": False, "count": 1}
    ]
    assert two.document["planned"] == 2
