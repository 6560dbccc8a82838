"""Triggers when instants, transactions and people do not come in the order one would like."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.planning import Person, create_people, planning_workspace
from tests.sending import until
from tests.triggering import firings, happens, messages, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import execute, fetch_value
from rulecast.database.locks import key_of
from rulecast.rule.engine.matcher.store import LOCK
from rulecast.values.clock import ManualClock
from rulecast.values.ids import EventId
from rulecast.wiring.rule_steps import archive_rule, read_rule
from rulecast.wiring.suppress_people import suppress_people
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.triggers.records import Firing, firing_columns

LIMIT_SECONDS = 30
PEOPLE = (Person(phone="+212612345601"), Person(phone="+212612345602"), Person(phone="+212612345603"))
BOUGHT_TWICE = "did purchase at least 2 times in last 30 days"


async def test_an_event_whose_clock_is_ahead_fires_when_its_instant_has_come(
    settings: Settings, clock: ManualClock
) -> None:
    second = triggered_rule("second", "on purchase", condition=BOUGHT_TWICE)
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, second)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await happens(workspace, asha, ago=timedelta(seconds=-3))
        await settle(workspace)
        assert await messages(workspace) == []
        clock.advance(5)
        await settle(workspace)
        assert await messages(workspace) == [("second", asha)]


async def test_an_event_whose_clock_is_ahead_makes_its_person_enter(
    settings: Settings, clock: ManualClock
) -> None:
    buyers = triggered_rule("buyers", "on entering the audience", condition="did purchase in last 30 days")
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, buyers)
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha, ago=timedelta(seconds=-3))
        await happens(workspace, bilal, ago=timedelta())
        await settle(workspace)
        clock.advance(5)
        await settle(workspace)
        assert sorted(await messages(workspace)) == [("buyers", asha), ("buyers", bilal)]


async def test_a_step_that_commits_after_a_later_one_is_noticed(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await put_in_force(workspace, triggered_rule("first", "on purchase"))
        (version,) = await read_rule(workspace, "first")
        listening = Listening()
        append = (
            "INSERT INTO rule.rule_state (rule_version_id, act, from_state, state, actor, at) VALUES"
            " (%(version)s, 'pause', 'active', 'paused', 'amal', %(now)s)"
        )
        parameters = {"version": version.rule_version_id, "now": clock.now()}
        async with workspace.database.connection() as reading:
            async with workspace.database.transaction() as late:
                await execute(late, append, parameters)
                async with workspace.database.transaction() as early:
                    await execute(early, append, parameters)
                assert await listening.refresh(reading, workspace)
                assert not await listening.refresh(reading, workspace)
            assert await listening.refresh(reading, workspace)


async def test_people_held_of_an_archived_rule_are_let_go(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)
        (version,) = await put_in_force(workspace, triggered_rule("held", "on entering the audience"))
        await settle(workspace)
        async with workspace.database.transaction() as connection:
            await execute(
                connection,
                "INSERT INTO rule.trigger_candidate (rule_version_id, rule_name, contact_id, occurred_at, fired_at,"
                " due_at, decide_at, state) SELECT %(v)s, 'held', %(c)s, n, n, n, n, 'held'"
                " FROM (VALUES (%(n)s::timestamptz)) AS one (n)",
                {"v": version, "c": asha, "n": clock.now()},
            )
        await archive_rule(workspace, "held")
        await settle(workspace)
        assert await firings(workspace) == [("held", asha, "dropped")]


async def test_somebody_erased_before_the_decision_gets_nothing(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase", clauses=""))
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await settle(workspace)
        async with workspace.database.transaction() as connection:
            await execute(
                connection,
                "UPDATE profile.contact SET erased_at = %(now)s WHERE contact_id = %(contact)s",
                {"now": clock.now(), "contact": asha},
            )
        clock.advance(61)
        await settle(workspace)
        assert await messages(workspace) == []
        assert {state for _, _, state in await firings(workspace)} <= {"no_match", "excluded"}


async def test_a_triggered_plan_says_that_no_person_made_it(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase"))
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await settle(workspace)
        async with workspace.database.connection() as connection:
            assert await fetch_value(connection, "SELECT created_by FROM plan.plan") == "rulecast"


async def test_somebody_who_stops_before_the_decision_gets_nothing(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase", clauses=""))
        await settle(workspace)
        clock.advance(10)
        await happens(workspace, asha)
        await happens(workspace, bilal)
        await settle(workspace)
        await suppress_people(workspace, [asha], scope="marketing", why="by phone")
        clock.advance(61)
        await settle(workspace)
        assert await messages(workspace) == [("thanks", bilal)]


async def test_a_new_month_of_events_does_not_lock_out_who_counts_anew(
    settings: Settings, clock: ManualClock
) -> None:
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)

        async def waits() -> bool:
            async with workspace.database.connection() as connection:
                return bool(await fetch_value(connection, waiting))

        async with workspace.database.transaction() as counting:
            await counting.execute("SELECT pg_advisory_xact_lock(%s)", (key_of(LOCK),))
            storing = asyncio.create_task(happens(workspace, asha, ago=timedelta(days=200)))
            await asyncio.wait_for(until(waits), LIMIT_SECONDS)
            await counting.execute("SET LOCAL lock_timeout = '5s'")
            assert await fetch_value(counting, "SELECT count(*) FROM collect.event") == 0
        await asyncio.wait_for(storing, LIMIT_SECONDS)


async def test_an_event_that_fires_many_rules_is_stored_whole_in_small_statements(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, _, _ = await create_people(workspace, PEOPLE)
        (version,) = await put_in_force(workspace, triggered_rule("first", "on purchase"))
        listening = Listening()
        async with workspace.database.transaction() as connection:
            await listening.refresh(connection, workspace)
            (rule,) = [one for one in listening.rules.values() if one.rule_version_id == version]
            fired = [
                Firing(
                    rule=rule, contact_id=asha, event_id=EventId(at), occurred_at=clock.now(), is_effect=False
                )
                for at in range(1, 3 * store.FIRINGS_PER_STATEMENT)
            ]
            longest = replace(rule, rule_name="n" * 64)
            assert await store.fire(connection, fired, now=clock.now()) == len(fired)
            assert await store.fire(connection, fired, now=clock.now()) == 0
        columns = firing_columns(
            [replace(one, rule=longest) for one in fired[: store.FIRINGS_PER_STATEMENT]], clock.now()
        )
        assert _bytes_of(columns) < 256_000


def _bytes_of(columns: dict[str, object]) -> int:
    """Return how long binary arrays of these columns are: a length of four bytes stands before every element."""
    elements = [one for column in columns.values() if isinstance(column, list) for one in column]
    return sum(4 + (len(one) if isinstance(one, str) else 8) for one in elements)
