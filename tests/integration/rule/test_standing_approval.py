"""What was signed for a rule that runs by itself is what it may do; anything else holds it for a person."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.plan.errors import FourEyesError, RuleRefusedError
from rulecast.rule.book import HoldReason, RuleState
from rulecast.rule.book.errors import (
    EnvelopeInvalidError,
    RuleByHandError,
    RuleLoopError,
    RuleRestsError,
    RuleUnknownError,
    SensitiveFieldError,
    StepNotAllowedError,
)
from rulecast.values.clock import ManualClock
from rulecast.values.ids import PlanId
from rulecast.wiring.approve import approve
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import (
    Offer,
    activate_rule,
    approve_rule,
    archive_rule,
    pause_rule,
    read_rule,
    resume_rule,
)
from rulecast.wiring.standing import HeldBack, Launched, launch_under_standing_approval
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file

EVERY_EVENING = "every day at 20:00..22:00 local time of the contact; drop the rest"
PEOPLE = [Person(phone="+212612000001"), Person(phone="+212612000002", language="ar")]
OFFER = Offer(people_per_run=2, people_per_day=4, cost_per_run=Decimal("1.00"), until=date(2026, 12, 31))


def text(*, priority: int = 40, clauses: str = EVERY_EVENING) -> str:
    return rule_text(priority=priority, clauses=clauses)


async def plan(workspace: Workspace, rule: str) -> PlanId:
    answer = await ask_engine(workspace, "plan", {"texts": [rule], "created_by": "rulecast"})
    return PlanId(answer["plan_ids"][0])


@asynccontextmanager
async def approved(
    settings: Settings,
    clock: ManualClock,
    *,
    offer: Offer = OFFER,
    people: Sequence[Person] = PEOPLE,
    clauses: str = EVERY_EVENING,
) -> AsyncIterator[Workspace]:
    """Open a workspace with an active rule over these people."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, people)
        await keep_rule(workspace, text(clauses=clauses))
        await approve_rule(workspace, "winback", offer, approved_by="badr")
        await activate_rule(workspace, "winback")
        yield workspace


async def held(workspace: Workspace, plan_id: PlanId) -> str:
    """Return the reason for which a plan is held back, after checking that the rule waits."""
    answer = await launch_under_standing_approval(workspace, plan_id)
    assert isinstance(answer, HeldBack)
    assert answer.is_rule_held
    (kept,) = [one for one in await read_rule(workspace, "winback") if one.state is RuleState.HELD]
    assert kept.reason == answer.reason
    async with workspace.database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM deliver.message") == 0
        actions = [row[0] for row in await fetch_all(connection, "SELECT action FROM observe.audit")]
        state = await fetch_value(connection, "SELECT state FROM plan.plan ORDER BY plan_id DESC LIMIT 1")
    assert "rule held" in actions
    assert state == "void"
    return str(answer.reason)


async def test_a_plan_inside_the_envelope_is_launched_once_without_a_person(
    settings: Settings, clock: ManualClock
) -> None:
    async with approved(settings, clock) as workspace:
        plan_id = await plan(workspace, text())
        first = await launch_under_standing_approval(workspace, plan_id)
        again = await launch_under_standing_approval(workspace, plan_id)
        async with workspace.database.connection() as connection:
            approver = await fetch_value(connection, "SELECT approved_by FROM plan.approval")
            launcher = await fetch_value(connection, "SELECT launched_by FROM deliver.run")
            messages = await fetch_value(connection, "SELECT count(*) FROM deliver.message")
    assert isinstance(first, Launched)
    assert again == replace(first, is_new=False)
    assert (approver, launcher, messages) == ("badr", "rulecast", 2)


async def test_more_people_per_run_than_signed_hold_the_rule(settings: Settings, clock: ManualClock) -> None:
    offer = replace(OFFER, people_per_run=1)
    async with approved(settings, clock, offer=offer) as workspace:
        assert await held(workspace, await plan(workspace, text())) == "people_per_run"
        idle = await launch_under_standing_approval(workspace, await plan(workspace, text()))
        assert isinstance(idle, HeldBack)
        assert idle.reason == "not_active"


async def test_more_people_per_day_than_signed_hold_the_rule(settings: Settings, clock: ManualClock) -> None:
    offer = replace(OFFER, people_per_day=3)
    async with approved(settings, clock, offer=offer) as workspace:
        plans = [await plan(workspace, text()) for _ in range(2)]
        answers = await asyncio.gather(
            *(launch_under_standing_approval(workspace, plan_id) for plan_id in plans)
        )
        (second,) = [answer for answer in answers if isinstance(answer, HeldBack)]
        assert second.reason == HoldReason.PEOPLE_PER_DAY
        await resume_rule(workspace, "winback")
        clock.advance(6 * 3600)
        third = await launch_under_standing_approval(workspace, await plan(workspace, text()))
    assert isinstance(third, Launched)


async def test_runs_launched_at_once_share_the_people_of_a_day(
    settings: Settings, clock: ManualClock
) -> None:
    async with approved(settings, clock) as workspace:
        plans = [await plan(workspace, text()) for _ in range(3)]
        answers = await asyncio.gather(*(launch_under_standing_approval(workspace, one) for one in plans))
        async with workspace.database.connection() as connection:
            messages = await fetch_value(connection, "SELECT count(*) FROM deliver.message")
    assert sum(isinstance(one, Launched) for one in answers) == 2
    assert [one.reason for one in answers if isinstance(one, HeldBack)] == [HoldReason.PEOPLE_PER_DAY]
    assert messages == OFFER.people_per_day


async def test_more_money_per_run_than_signed_holds_the_rule(settings: Settings, clock: ManualClock) -> None:
    offer = replace(OFFER, cost_per_run=Decimal("0.08"))
    async with approved(settings, clock, offer=offer) as workspace:
        assert await held(workspace, await plan(workspace, text())) == "cost_per_run"


async def test_a_changed_template_holds_the_rule_and_a_new_approval_frees_it(
    settings: Settings, clock: ManualClock
) -> None:
    async with approved(settings, clock) as workspace:
        changed = WORKSPACE_FILE.replace("20% off everything", "30% off everything")
        await apply_workspace_file(workspace, changed, source="workspace.toml")
        assert await held(workspace, await plan(workspace, text())) == "template_changed"
        with pytest.raises(EnvelopeInvalidError, match="winback en"):
            await resume_rule(workspace, "winback")
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        resumed = await resume_rule(workspace, "winback")
        assert resumed.state is RuleState.ACTIVE
        assert isinstance(
            await launch_under_standing_approval(workspace, await plan(workspace, text())), Launched
        )


async def test_another_destination_of_a_button_holds_the_rule(settings: Settings, clock: ManualClock) -> None:
    async with approved(settings, clock) as workspace:
        changed = WORKSPACE_FILE.replace("https://shop.example/promo", "https://shop.example/other")
        await apply_workspace_file(workspace, changed, source="workspace.toml")
        assert await held(workspace, await plan(workspace, text())) == "template_changed"


async def test_an_approval_that_has_ended_holds_the_rule(settings: Settings, clock: ManualClock) -> None:
    offer = replace(OFFER, until=date(2026, 11, 18))
    async with approved(settings, clock, offer=offer) as workspace:
        clock.advance(30 * 3600)
        assert await held(workspace, await plan(workspace, text())) == "approval_expired"


async def test_a_forged_approval_holds_the_rule(settings: Settings, clock: ManualClock) -> None:
    async with approved(settings, clock) as workspace:
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO rule.standing_approval (rule_version_id, rule_hash, template_hashes, purpose,"
                " people_per_run, people_per_day, cost_per_run, currency, valid_until, approved_by, approved_at,"
                " signature) SELECT rule_version_id, rule_hash, template_hashes, purpose, 1000, 1000,"
                " cost_per_run, currency, valid_until, approved_by, approved_at, signature"
                " FROM rule.standing_approval"
            )
        assert await held(workspace, await plan(workspace, text())) == "approval_invalid"


async def test_a_changed_plan_holds_the_rule(settings: Settings, clock: ManualClock) -> None:
    async with approved(settings, clock) as workspace:
        plan_id = await plan(workspace, text())
        async with workspace.database.transaction() as connection:
            await connection.execute("""UPDATE plan.plan SET document = document || '{"planned": 1}'""")
        assert await held(workspace, plan_id) == "plan_changed"


async def test_an_attribute_that_became_sensitive_holds_the_rule(
    settings: Settings, clock: ManualClock
) -> None:
    sensitive = WORKSPACE_FILE.replace(
        'name = "points"\ntype = "integer"', 'name = "points"\ntype = "integer"\nclass = "sensitive"'
    )
    assert sensitive != WORKSPACE_FILE
    rule = text().replace("when city", "when points is missing and city")
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, PEOPLE)
        await keep_rule(workspace, rule)
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(workspace, "winback")
        await apply_workspace_file(workspace, sensitive, source="workspace.toml")
        assert await held(workspace, await plan(workspace, rule)) == "sensitive_field"
        with pytest.raises(SensitiveFieldError, match="points"):
            await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        named = replace(OFFER, sensitive_fields=("points",))
        await approve_rule(workspace, "winback", named, approved_by="badr")
        await resume_rule(workspace, "winback")


async def test_an_edited_rule_needs_approval_and_activation_takes_its_place(
    settings: Settings, clock: ManualClock
) -> None:
    async with approved(settings, clock) as workspace:
        await keep_rule(workspace, text(priority=41))
        with pytest.raises(StepNotAllowedError):
            await activate_rule(workspace, "winback")
        old = await plan(workspace, text())
        assert isinstance(await launch_under_standing_approval(workspace, old), Launched)
        late = await plan(workspace, text())
        await approve_rule(workspace, "winback", OFFER, approved_by="badr", is_of_running=True)
        assert [one.state for one in await read_rule(workspace, "winback")] == [
            RuleState.ACTIVE,
            RuleState.DRAFT,
        ]
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(workspace, "winback")
        states = [one.state for one in await read_rule(workspace, "winback")]
        answer = await launch_under_standing_approval(workspace, late)
    assert states == [RuleState.ARCHIVED, RuleState.ACTIVE]
    assert isinstance(answer, HeldBack)
    assert (answer.reason, answer.is_rule_held) == ("not_active", False)


async def test_an_archived_rule_is_not_launched_by_hand_either(
    settings: Settings, clock: ManualClock
) -> None:
    async with approved(settings, clock) as workspace:
        (made,) = await plan_rules(workspace, [text()])
        await approve(workspace, made.plan_id, approved_by="badr")
        await pause_rule(workspace, "winback", why="stock is out")
        with pytest.raises(RuleRestsError, match="paused"):
            await launch(workspace, made.plan_id, launched_by="amal")
        await archive_rule(workspace, "winback")
        with pytest.raises(RuleRestsError, match="archived"):
            await launch(workspace, made.plan_id, launched_by="amal")
        with pytest.raises(StepNotAllowedError):
            await archive_rule(workspace, "winback")
        await keep_rule(workspace, text())
        (kept,) = await read_rule(workspace, "winback")
        assert kept.state is RuleState.DRAFT
        with pytest.raises(RuleRestsError, match="plan it again"):
            await launch(workspace, made.plan_id, launched_by="amal")
        clock.advance(1)
        (again,) = await plan_rules(workspace, [text()])
        await approve(workspace, again.plan_id, approved_by="badr")
        assert (await launch(workspace, again.plan_id, launched_by="amal")).is_new


async def test_rules_that_start_each_other_are_not_kept(settings: Settings, clock: ManualClock) -> None:
    """F94."""

    def welcome(name: str, other: str) -> str:
        return rule_text(name, clauses=f'on clicked where (rule = "{other}")')

    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(RuleRefusedError, match="RL-093"):
            await keep_rule(workspace, welcome("first", "first"))
        await keep_rule(workspace, welcome("first", "second"))
        await approve_rule(workspace, "first", OFFER, approved_by="badr")
        await keep_rule(workspace, welcome("second", "first"))
        await approve_rule(workspace, "second", OFFER, approved_by="badr")
        await activate_rule(workspace, "first")
        with pytest.raises(RuleLoopError, match="second"):
            await activate_rule(workspace, "second")
        with pytest.raises(RuleLoopError, match="second"):
            await keep_rule(workspace, welcome("second", "first"))


async def test_only_rules_that_run_by_themselves_get_a_standing_approval(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await keep_rule(workspace, text(clauses=""))
        with pytest.raises(RuleByHandError):
            await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        with pytest.raises(RuleUnknownError) as unknown:
            await approve_rule(workspace, "winbakc", OFFER, approved_by="badr")
    assert unknown.value.hint == "Did you mean winback?"


@pytest.mark.parametrize(
    "offer",
    [
        replace(OFFER, until=date(2026, 11, 16)),
        replace(OFFER, until=date(2027, 2, 16)),
        replace(OFFER, people_per_run=0),
        replace(OFFER, people_per_day=1),
        replace(OFFER, cost_per_run=Decimal(-1)),
        replace(OFFER, cost_per_run=Decimal("0.001")),
    ],
)
async def test_an_envelope_without_bounds_is_not_signed(
    settings: Settings, clock: ManualClock, offer: Offer
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await keep_rule(workspace, text())
        with pytest.raises(EnvelopeInvalidError):
            await approve_rule(workspace, "winback", offer, approved_by="badr")


async def test_who_wrote_a_rule_does_not_approve_it_where_messages_reach_people(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as simulated:
        workspace = replace(simulated, mode="live")
        await keep_rule(workspace, text())
        other = replace(workspace, actor="badr")
        with pytest.raises(FourEyesError):
            await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        with pytest.raises(FourEyesError):
            await approve_rule(other, "winback", OFFER, approved_by="AMAL")
        await approve_rule(other, "winback", OFFER, approved_by="badr")
