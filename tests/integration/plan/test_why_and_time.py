"""Plans of the past, explanations, test messages, limits and windows."""

from datetime import datetime, timedelta, timezone

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, exclusions, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.plan.errors import PlanInputError, RuleRefusedError, SeedMissingError
from rulecast.profile import ConsentEntry, record_consents
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.reason import Reason
from rulecast.wiring.plan import list_plans, plan_rules
from rulecast.wiring.seeds import mark_seed
from rulecast.wiring.try_message import try_rule
from rulecast.wiring.why import ContactUnknownError, explain_person
from rulecast.wiring.workspace_file import apply_workspace_file

ASHA = Person(phone="+212612000001")
BILAL = Person(phone="+212612000002", city="agadir", language="ar")
ALWAYS_TRUE = "when city is set or city is missing"
EVERYBODY = "when everybody"


async def test_a_plan_as_of_the_past_sees_what_held_and_what_was_known_then(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        (asha,) = await create_people(workspace, [ASHA])
        before = clock.now() + timedelta(seconds=1)
        clock.advance(3600)
        withdrawal = ConsentEntry(
            contact_id=asha,
            purpose=Purpose.MARKETING,
            status=ConsentStatus.WITHDRAWN,
            source="agent",
            occurred_at=clock.now() - timedelta(minutes=30),
            method="phone call",
        )
        async with workspace.database.transaction() as connection:
            await record_consents(connection, workspace.vault, [withdrawal], clock.now())
        clock.advance(60)
        now = clock.now()
        (present,) = await plan_rules(workspace, [rule_text()])
        (past,) = await plan_rules(workspace, [rule_text()], as_of=before)
        (unknown_yet,) = await plan_rules(workspace, [rule_text()], as_of=now, known_at=before)
    assert exclusions(present) == {"consent_withdrawn": 1}
    assert past.document["planned"] == 1
    assert past.evaluated_at == before
    assert unknown_yet.document["planned"] == 1
    assert "templates" in past.document["without_history"]


@pytest.mark.parametrize("days", [1, 26_000])
async def test_the_future_is_not_planned(settings: Settings, clock: ManualClock, days: int) -> None:
    """F63: also not 2099."""
    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(PlanInputError):
            await plan_rules(workspace, [rule_text()], as_of=clock.now() + timedelta(days=days))


async def test_a_time_before_anything_was_recorded_is_refused(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(PlanInputError):
            await plan_rules(
                workspace, [rule_text()], as_of=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
            )


async def test_a_rule_that_does_not_check_shows_its_places(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(RuleRefusedError, match="town"):
            await plan_rules(workspace, [rule_text().replace("city in", "town in")])
        with pytest.raises(PlanInputError):
            await plan_rules(workspace, [rule_text(), rule_text(priority=1)])


async def test_a_rule_without_a_condition_is_refused_and_a_wide_one_shows_its_size(
    settings: Settings, clock: ManualClock
) -> None:
    """F81: an empty rule is invalid, one for all says so; audience and change against the last plan are shown."""
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, [ASHA, BILAL])
        (narrow,) = await plan_rules(workspace, [rule_text()])
        lines = rule_text().splitlines(keepends=True)
        for said in ("", f"  {ALWAYS_TRUE}\n"):
            with pytest.raises(RuleRefusedError):
                await plan_rules(workspace, ["".join(said if "  when" in line else line for line in lines)])
        wide_text = "".join(f"  {EVERYBODY}\n" if "  when" in line else line for line in lines)
        (wide,) = await plan_rules(workspace, [wide_text])
        listed = await list_plans(workspace)
    assert narrow.document["difference"] is None
    assert wide.document["audience"] == 2
    assert wide.document["difference"] == {"plan_id": narrow.plan_id, "in": 1, "out": 0}
    assert [one.plan_id for one in listed] == [wide.plan_id, narrow.plan_id]


async def test_why_shows_conditions_and_checks_for_people_in_and_out(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, chitra = await create_people(
            workspace, [ASHA, BILAL, Person(phone="+33612000003", city="lyon", country="fr", status=None)]
        )
        (plan,) = await plan_rules(workspace, [rule_text()])
        planned = await explain_person(workspace, asha, plan.plan_id)
        outside = await explain_person(workspace, bilal, plan.plan_id)
        excluded = await explain_person(workspace, chitra, plan.plan_id)
        with pytest.raises(ContactUnknownError):
            await explain_person(workspace, ContactId(999_999), plan.plan_id)
    assert planned.in_audience
    assert planned.conditions.truth
    assert {check.outcome for check in planned.checks} == {"passed"}
    assert not outside.in_audience
    assert not outside.conditions.truth
    assert outside.conditions.values == {"city": "agadir"}
    assert excluded.reason is Reason.NO_CONSENT
    failed = [check for check in excluded.checks if check.outcome == "failed"]
    assert [check.name for check in failed] == ["consent"]


async def test_a_budget_ends_the_plan_and_another_currency_needs_a_figure(
    settings: Settings, clock: ManualClock
) -> None:
    people = [Person(phone=f"+21261200{number:04d}") for number in range(20)]
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, people)
        (plan,) = await plan_rules(workspace, [rule_text(clauses="budget 5 MAD per run")])
        with pytest.raises(RuleRefusedError, match="does not say what EUR counts as"):
            await plan_rules(workspace, [rule_text(clauses="budget 5 EUR per run")])
    # 5 MAD count as 0.50 USD, a message to Morocco costs 0.0414 USD.
    assert plan.document["planned"] == 12
    assert exclusions(plan) == {"budget": 8}
    assert plan.document["cost_e4"] == 12 * 41_400


async def test_batches_and_the_portfolio_spread_the_calendar(settings: Settings, clock: ManualClock) -> None:
    people = [Person(phone=f"+21261200{number:04d}") for number in range(20)]
    limited = WORKSPACE_FILE.replace(
        '[[portfolios]]\nid = "900"', '[[portfolios]]\nid = "900"\npeople_per_day_max = 6'
    )
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, people)
        (batched,) = await plan_rules(workspace, [rule_text("batched", clauses="batch 5 every 10 minutes")])
        await apply_workspace_file(workspace, limited, source="workspace.toml")
        (spread,) = await plan_rules(workspace, [rule_text("spread")])
        async with workspace.database.connection() as connection:
            starts = await fetch_all(
                connection,
                "SELECT batch, min(send_from), count(*) FROM plan.member WHERE plan_id = %(id)s"
                " GROUP BY batch ORDER BY 1",
                {"id": batched.plan_id},
            )
    assert starts == [(number, clock.now() + number * timedelta(minutes=10), 5) for number in range(4)]
    assert batched.document["calendar"]["binding_limit"] == "batch spacing"
    assert spread.document["calendar"]["binding_limit"] == "portfolio limit of people in 24 hours"
    # Of six a day one is left to messages somebody waits for.
    assert spread.document["planned"] == 15
    assert exclusions(spread) == {"portfolio_limit": 5}


async def test_a_window_that_is_over_leaves_people_out_and_one_to_come_waits(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, [ASHA])
        (waiting,) = await plan_rules(
            workspace,
            [rule_text("a", clauses="once at 20:00..20:30 local time of the contact; drop the rest")],
        )
        (never,) = await plan_rules(
            workspace,
            [rule_text("b", clauses="once at 22:00..23:00 local time of the contact; drop the rest")],
        )
    # Casablanca keeps UTC since September 2026: it is 18:55 there.
    assert waiting.document["calendar"]["starts_at"] == "2026-11-17T20:00:00+00:00"
    assert exclusions(never) == {"outside_window": 1}


async def test_a_rule_is_tried_on_consented_staff_only_and_marked_as_test(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _bilal = await create_people(workspace, [ASHA, BILAL])
        with pytest.raises(SeedMissingError):
            await try_rule(workspace, rule_text())
        assert await mark_seed(workspace, ASHA.phone, is_seed=True) == asha
        trial = await try_rule(workspace, rule_text())
        async with workspace.database.connection() as connection:
            run = await fetch_all(connection, "SELECT run_id, is_test FROM deliver.run")
            people = await fetch_all(connection, "SELECT contact_id FROM deliver.message")
            seeds = await fetch_value(
                connection, "SELECT count(*) FROM profile.change WHERE payload ? 'is_seed'"
            )
        (real,) = await plan_rules(workspace, [rule_text()])
    assert run == [(trial.run_id, True)]
    assert people == [(asha,)]
    assert seeds == 1
    assert real.document["difference"] is None
