"""Events that fire rules: once each, after their delay, and only those that are safe."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.planning import Person, create_people, planning_workspace
from tests.triggering import a_loud_import, firings, happens, messages, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import execute
from rulecast.values.clock import ManualClock
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.rule_steps import archive_rule, pause_rule, resume_rule

PEOPLE = (Person(phone="+212612345601"), Person(phone="+212612345602", city="rabat"))
MAPPING = """
format = 1
kind = "events"

[identity]
phone = "phone"

[event]
name = "purchase"
occurred_at = { column = "at", format = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
"""
ON_PURCHASE = triggered_rule("thanks", "on purchase where (amount >= 100)")


async def test_an_event_fires_its_rule_for_the_person_once(settings: Settings, clock: ManualClock) -> None:
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


async def test_events_between_activation_and_listening_are_not_lost(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        await happens(workspace, asha, properties={"amount": 500})
        clock.advance(10)
        await put_in_force(workspace, ON_PURCHASE)
        clock.advance(10)
        await happens(workspace, asha)
        # An event that was stored after the activation but happened before it.
        await happens(workspace, asha, ago=timedelta(seconds=15))
        await settle(workspace)
        assert await firings(workspace) == [("thanks", asha, "launched")]


async def test_late_events_fire_where_the_rule_and_imported_ones_where_the_import_says_so(
    settings: Settings, clock: ManualClock
) -> None:
    strict = triggered_rule("strict", "on purchase")
    patient = triggered_rule("patient", "on purchase\n  ignore events older than 6 hours")
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        clock.advance(-3 * 3600)
        await put_in_force(workspace, strict, patient)
        await settle(workspace)
        clock.advance(3 * 3600)
        loud = await a_loud_import(workspace)
        await happens(workspace, asha, source="import")
        await happens(workspace, asha, ago=timedelta(minutes=61))
        await settle(workspace)
        assert await firings(workspace) == [("patient", asha, "launched")]
        await happens(workspace, asha, source="import", import_id=loud)
        await happens(workspace, asha, source="import", import_id=loud, ago=timedelta(hours=2))
        await settle(workspace)
        assert [name for name, _, _ in await firings(workspace)] == [
            "patient",
            "strict",
            "patient",
            "patient",
        ]


@pytest.mark.parametrize("fires", [True, False])
async def test_a_file_of_events_sets_rules_off_where_its_import_says_so(
    settings: Settings, clock: ManualClock, tmp_path: Path, *, fires: bool
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase"))
        await settle(workspace)
        clock.advance(60)
        at = (clock.now() - timedelta(seconds=30)).strftime("%Y-%m-%d %H:%M:%S")
        file, mapping = tmp_path / "orders.csv", tmp_path / "orders.toml"
        file.write_text(f"phone,at\n{PEOPLE[0].phone},{at}\n", encoding="utf-8")
        mapping.write_text(MAPPING, encoding="utf-8")
        proposal = await prepare_import(
            workspace, ImportRequest(kind="events", file=file, mapping_file=mapping)
        )
        order = ImportOrder(proposal=proposal, rejects_path=tmp_path / "rejects", fires_triggers=fires)
        report = await import_events(workspace, order)
        assert report.counts.rows_stored == 1
        await settle(workspace)
        assert await firings(workspace) == ([("thanks", asha, "launched")] if fires else [])


async def test_a_loud_import_before_listening_is_not_lost_and_a_silent_one_fires_nothing(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, PEOPLE)
        loud = await a_loud_import(workspace)
        await put_in_force(workspace, ON_PURCHASE)
        clock.advance(10)
        await happens(workspace, asha, source="import", import_id=loud)
        await happens(workspace, bilal, source="import")
        await settle(workspace)
        assert await firings(workspace) == [("thanks", asha, "launched")]


async def test_a_delay_is_waited_for_and_the_rule_is_evaluated_after_it(
    settings: Settings, clock: ManualClock
) -> None:
    reminder = triggered_rule(
        "cart",
        "on purchase where (amount < 50)\n  after 2 hours",
        condition="not did purchase where (amount >= 50) in last 2 hours",
    )
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, PEOPLE)
        clock.advance(-4 * 3600)
        await put_in_force(workspace, reminder)
        await settle(workspace)
        clock.advance(3600)
        await happens(workspace, asha, properties={"amount": 10})
        await happens(workspace, bilal, properties={"amount": 10})
        clock.advance(3600)
        await happens(workspace, bilal, properties={"amount": 70})
        await settle(workspace)
        assert [state for _, _, state in await firings(workspace)] == ["waiting", "waiting"]
        clock.advance(3600)
        await settle(workspace)
        assert await firings(workspace) == [("cart", asha, "launched"), ("cart", bilal, "no_match")]


async def test_facts_about_messages_fire_rules(settings: Settings, clock: ManualClock) -> None:
    on_click = triggered_rule("after_click", 'on clicked where (rule = "winback")')
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, on_click)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha, "clicked", {"rule": "winback", "link": "promo"}, source="link")
        await happens(workspace, asha, "clicked", {"rule": "other", "link": "promo"}, source="link")
        await settle(workspace)
        assert await messages(workspace) == [("after_click", asha)]


async def test_a_paused_or_archived_rule_stops_firing_at_once(settings: Settings, clock: ManualClock) -> None:
    slow = triggered_rule("slow", "on purchase", clauses="")
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, slow, ON_PURCHASE)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await pause_rule(workspace, "thanks")
        await settle(workspace)
        await archive_rule(workspace, "slow")
        clock.advance(61)
        await settle(workspace)
        assert await firings(workspace) == [("slow", asha, "dropped")]
        await resume_rule(workspace, "thanks")
        await settle(workspace)
        assert await messages(workspace) == []
        clock.advance(10)
        await happens(workspace, asha)
        await settle(workspace)
        assert await messages(workspace) == [("thanks", asha)]


async def test_two_events_in_one_decision_window_are_one_message(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase", clauses=""))
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await settle(workspace)
        clock.advance(30)
        await happens(workspace, asha)
        await settle(workspace)
        assert [state for _, _, state in await firings(workspace)] == ["waiting", "waiting"]
        clock.advance(31)
        await settle(workspace)
        assert [state for _, _, state in await firings(workspace)] == ["launched", "launched"]
        assert await messages(workspace) == [("thanks", asha)]


async def test_a_transaction_that_commits_late_is_not_skipped(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase", condition="everybody"))
        await settle(workspace)
        clock.advance(10)
        async with workspace.database.transaction() as late:
            await execute(
                late,
                "INSERT INTO collect.event (contact_id, name, occurred_at, recorded_at, source, event_key)"
                " VALUES (%(contact)s, 'purchase', %(now)s, %(now)s, 'track', decode(repeat('ab', 16), 'hex'))",
                {"contact": asha, "now": clock.now() - timedelta(seconds=1)},
            )
            await happens(workspace, bilal)
            await settle(workspace)
            # An open writer holds nobody up.
            assert await messages(workspace) == [("thanks", bilal)]
        await settle(workspace)
        assert await messages(workspace) == [("thanks", bilal), ("thanks", asha)]
