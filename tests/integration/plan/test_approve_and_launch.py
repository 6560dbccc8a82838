"""An approval signs what was planned; what differs afterwards is never sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.plan import store
from rulecast.plan.errors import (
    ApproverNameError,
    FourEyesError,
    PlanChangedError,
    PlanEmptyError,
    PlanExpiredError,
    PlanNotApprovedError,
    PlanOfPastError,
    PlanUnknownError,
)
from rulecast.values.clock import ManualClock
from rulecast.values.ids import PlanId
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.workspace_file import apply_workspace_file

PEOPLE = [Person(phone="+212612000001"), Person(phone="+212612000002", language="ar")]


async def test_an_approved_plan_is_launched_once_however_often_it_is_asked(
    settings: Settings, clock: ManualClock
) -> None:
    """F78."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        signed = await approve(workspace, plan.plan_id, approved_by="badr")
        launches = await asyncio.gather(
            *(launch(workspace, plan.plan_id, launched_by="amal") for _ in range(5))
        )
        async with workspace.database.connection() as connection:
            messages = await fetch_value(connection, "SELECT count(*) FROM deliver.message")
            actions = await fetch_all(connection, "SELECT actor, action FROM observe.audit ORDER BY audit_id")
    assert signed.approved_by == "badr"
    assert len({one.run_id for one in launches}) == 1
    assert sum(one.is_new for one in launches) == 1
    assert messages == 2
    assert ("badr", "plan approved") in actions
    assert ("amal", "plan launched") in actions


async def test_a_plan_without_approval_is_not_launched(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        with pytest.raises(PlanNotApprovedError):
            await launch(workspace, plan.plan_id, launched_by="amal")
        with pytest.raises(PlanUnknownError):
            await launch(workspace, PlanId(99), launched_by="amal")


async def test_a_changed_decision_voids_the_plan(settings: Settings, clock: ManualClock) -> None:
    """F79."""
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        await approve(workspace, plan.plan_id, approved_by="badr")
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "UPDATE plan.member SET reason_number = 1 WHERE contact_id = %s", (ids[0],)
            )
        with pytest.raises(PlanChangedError):
            await launch(workspace, plan.plan_id, launched_by="amal")
        async with workspace.database.connection() as connection:
            voided = await store.find_plan(connection, plan.plan_id)
            messages = await fetch_value(connection, "SELECT count(*) FROM deliver.message")
        with pytest.raises(PlanChangedError):
            await approve(workspace, plan.plan_id, approved_by="badr")
    assert voided.state == "void"
    assert messages == 0


async def test_a_changed_document_voids_the_plan(settings: Settings, clock: ManualClock) -> None:
    """F79."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        async with workspace.database.transaction() as connection:
            await connection.execute("""UPDATE plan.plan SET document = document || '{"planned": 1}'""")
        with pytest.raises(PlanChangedError):
            await approve(workspace, plan.plan_id, approved_by="badr")


async def test_a_newer_rule_or_another_template_voids_the_plan(
    settings: Settings, clock: ManualClock
) -> None:
    """F79."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (old,) = await plan_rules(workspace, [rule_text()])
        (new,) = await plan_rules(workspace, [rule_text(priority=41)])
        with pytest.raises(PlanChangedError, match="newer version"):
            await approve(workspace, old.plan_id, approved_by="badr")
        await approve(workspace, new.plan_id, approved_by="badr")
        changed = WORKSPACE_FILE.replace("20% off everything", "30% off everything")
        await apply_workspace_file(workspace, changed, source="workspace.toml")
        with pytest.raises(PlanChangedError, match="template"):
            await launch(workspace, new.plan_id, launched_by="amal")


async def test_a_forged_signature_is_found(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        async with workspace.database.transaction() as connection:
            await store.insert_approval(
                connection,
                {
                    "plan_id": plan.plan_id,
                    "content_hash": plan.content_hash,
                    "approved_by": "badr",
                    "approved_at": clock.now(),
                    "signature": bytes(32),
                },
            )
            await store.set_state(connection, plan.plan_id, "approved")
        with pytest.raises(PlanChangedError, match="signature"):
            await launch(workspace, plan.plan_id, launched_by="amal")


async def test_an_expired_plan_is_neither_approved_nor_launched(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        first, second = await plan_rules(workspace, [rule_text("one"), rule_text("two", priority=1)])
        await approve(workspace, first.plan_id, approved_by="badr")
        clock.advance(timedelta(hours=72).total_seconds())
        with pytest.raises(PlanExpiredError):
            await launch(workspace, first.plan_id, launched_by="amal")
        with pytest.raises((PlanExpiredError, PlanEmptyError)):
            await approve(workspace, second.plan_id, approved_by="badr")


async def test_four_eyes_are_wanted_in_a_live_workspace(settings: Settings, clock: ManualClock) -> None:
    """F80: author, maker and whoever acts for them are one pair of eyes, whatever name is given."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        live = replace(workspace, mode="live", actor="Badr")
        for actor, name in (
            ("Badr", "amal"),
            ("Badr", "AMAL "),
            ("Badr", "\uff41.m a\u200bl"),
            ("amal", "badr"),
        ):
            with pytest.raises(FourEyesError):
                await approve(replace(live, actor=actor), plan.plan_id, approved_by=name)
        signed = await approve(live, plan.plan_id, approved_by="Badr")
    assert signed.state == "approved"


async def test_one_person_may_do_both_in_a_simulated_workspace(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        (plan,) = await plan_rules(workspace, [rule_text()])
        signed = await approve(workspace, plan.plan_id, approved_by="amal")
        with pytest.raises(ApproverNameError):
            await approve(workspace, plan.plan_id, approved_by=" ")
    assert signed.approved_by == "amal"


async def test_a_plan_of_the_past_or_of_nobody_is_not_approved(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        (nobody,) = await plan_rules(workspace, [rule_text()])
        with pytest.raises(PlanEmptyError):
            await approve(workspace, nobody.plan_id, approved_by="badr")
        await create_people(workspace, PEOPLE)
        clock.advance(60)
        (past,) = await plan_rules(workspace, [rule_text()], as_of=clock.now() - timedelta(seconds=10))
        with pytest.raises(PlanOfPastError):
            await approve(workspace, past.plan_id, approved_by="badr")
    assert past.document["planned"] == 2
