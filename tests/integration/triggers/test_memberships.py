"""Membership kept step by step equals a full evaluation, and where it does not, somebody is told."""

import random
from datetime import timedelta

from tests.planning import Person, create_people, planning_workspace
from tests.triggering import happens, members, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import execute
from rulecast.observe.metrics import render_metrics
from rulecast.profile import add_tags, remove_tags
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.triggers.figures import read_last_checks, trigger_samples
from rulecast.wiring.triggers.nightly import check_memberships
from rulecast.wiring.workspace import Workspace

CONDITIONS = {
    "lapsed": "did purchase in last 30 days and not did purchase in last 7 days",
    "busy": "did purchase at least 2 times in last 3 days",
    "evening": 'local_time between 20:00 and 22:00 and tag "vip"',
    "anybody": 'tag "vip" or did purchase in last 1 days',
}
STEPS = 60
SEED = 20261117


async def _one_step(workspace: Workspace, contact_id: ContactId, chance: random.Random) -> None:
    now = workspace.clock.now()
    match chance.randrange(4):
        case 0:
            async with workspace.database.transaction() as connection:
                await add_tags(connection, [(contact_id, "vip")], now)
        case 1:
            async with workspace.database.transaction() as connection:
                await remove_tags(connection, [(contact_id, "vip")], now)
        case _:
            await happens(
                workspace, contact_id, ago=timedelta(hours=chance.choice([0, 1, 40, 160, 700]), seconds=1)
            )


async def test_membership_kept_step_by_step_equals_a_full_evaluation(
    settings: Settings, clock: ManualClock
) -> None:
    people = [Person(phone=f"+2126123456{place:02d}") for place in range(12)]
    chance = random.Random(SEED)
    async with planning_workspace(settings, clock) as workspace:
        contacts = await create_people(workspace, people)
        rules = [
            triggered_rule(name, "on entering the audience", condition=condition, clauses="")
            for name, condition in CONDITIONS.items()
        ]
        versions = await put_in_force(workspace, *rules)
        await settle(workspace)
        seen: set[int] = set()
        for step in range(STEPS):
            clock.advance(chance.choice([60, 3_600, 7_200, 86_400]))
            await _one_step(workspace, chance.choice(contacts), chance)
            await settle(workspace)
            if step % 15 == 14:
                await check_memberships(workspace)
                for check in await read_last_checks(workspace):
                    assert (check.missing, check.surplus) == (0, 0), (step, check.rule_name)
                    seen.add(check.people)
        assert len(seen) > 2, "the audiences have to move for this to say anything"
        assert len(versions) == len(await read_last_checks(workspace))


async def test_a_difference_is_found_by_night_and_reported(settings: Settings, clock: ManualClock) -> None:
    rule = triggered_rule("vips", "on entering the audience", condition='tag "vip"')
    people = [Person(phone=f"+2126123456{place:02d}") for place in range(3)]
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, people)
        async with workspace.database.transaction() as connection:
            await add_tags(connection, [(asha, "vip")], clock.now())
        (version,) = await put_in_force(workspace, rule)
        await settle(workspace)
        assert await members(workspace, version, clock.now()) == {asha}
        async with workspace.database.transaction() as connection:
            for place, bit in ((asha, 0), (bilal, 1)):
                await execute(
                    connection,
                    "UPDATE rule.audience_block SET members = set_bit(members, %(place)s, %(bit)s)",
                    {"place": place % 512, "bit": bit},
                )
        answer = await ask_engine(workspace, "check_audiences", {})
        assert answer == {"found": [{"rule": "vips", "people": 1, "missing": 1, "surplus": 1}]}
        text = render_metrics(await trigger_samples(workspace))
    assert 'rulecast_audience_difference{kind="missing",rule="vips"} 1.0' in text
    assert 'rulecast_audience_difference{kind="surplus",rule="vips"} 1.0' in text
    assert "rulecast_trigger_lag_seconds 0.0" in text
