"""A crash at any point neither loses nor doubles a firing; a rule that sets itself off is stopped (F94)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from tests.planning import Person, create_people, planning_workspace
from tests.triggering import firings, happens, messages, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import Connection, Database, execute
from rulecast.profile import add_tags
from rulecast.values.clock import ManualClock
from rulecast.wiring.rule_steps import read_rule
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.figures import read_trigger_lag
from rulecast.wiring.workspace import Workspace


class Killed(BaseException):
    """The process is gone."""


@dataclass
class DyingDatabase:
    """A database whose user dies at the end of the n-th transaction: just before its commit, or just after."""

    database: Database
    transactions_left: int
    after_commit: bool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        self.transactions_left -= 1
        async with self.database.transaction() as connection:
            yield connection
            if self.transactions_left == 0 and not self.after_commit:
                raise Killed
        if self.transactions_left == 0:
            raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)


async def _run_and_die(workspace: Workspace, *, at: int, after_commit: bool) -> bool:
    """Run the triggers and die at a transaction; return whether that was reached."""
    dying = DyingDatabase(workspace.database, at, after_commit)
    with suppress(Killed):
        await settle(replace(workspace, database=cast("Database", dying)))
    return dying.transactions_left <= 0


async def test_a_crash_at_any_transaction_neither_loses_nor_doubles_an_event(
    settings: Settings, clock: ManualClock
) -> None:
    people = [Person(phone=f"+2126123456{place:02d}") for place in range(24)]
    async with planning_workspace(settings, clock) as workspace:
        contacts = await create_people(workspace, people)
        await put_in_force(workspace, triggered_rule("thanks", "on purchase"))
        await settle(workspace)
        hit = []
        for place, contact_id in enumerate(contacts):
            clock.advance(1)
            await happens(workspace, contact_id)
            hit.append(await _run_and_die(workspace, at=1 + place // 2, after_commit=bool(place % 2)))
            await settle(workspace)
            # Whatever was noted twice by a writer that tried again fires once.
            assert (await messages(workspace)).count(("thanks", contact_id)) == 1, place
        assert sum(hit) >= 10
        assert await firings(workspace) == [("thanks", one, "launched") for one in contacts]


async def test_a_crash_at_any_transaction_neither_loses_nor_doubles_an_entry(
    settings: Settings, clock: ManualClock
) -> None:
    people = [Person(phone=f"+2126123456{place:02d}") for place in range(24)]
    rule = triggered_rule("welcome", "on entering the audience", condition='tag "vip"')
    async with planning_workspace(settings, clock) as workspace:
        contacts = await create_people(workspace, people)
        await put_in_force(workspace, rule)
        await _run_and_die(workspace, at=2, after_commit=False)
        await _run_and_die(workspace, at=2, after_commit=True)
        await settle(workspace)
        for place, contact_id in enumerate(contacts):
            clock.advance(1)
            async with workspace.database.transaction() as connection:
                await add_tags(connection, [(contact_id, "vip")], clock.now())
            await _run_and_die(workspace, at=1 + place // 2, after_commit=bool(place % 2))
            await settle(workspace)
        assert await messages(workspace) == [("welcome", one) for one in contacts]
        assert await firings(workspace) == [("welcome", one, "launched") for one in contacts]


async def test_f94_a_rule_that_sets_itself_off_is_held(settings: Settings, clock: ManualClock) -> None:
    echo = triggered_rule("echo", 'on clicked where (rule = "answer")', limit=20)
    async with planning_workspace(settings, clock) as workspace:
        (asha,) = await create_people(workspace, [Person(phone="+212612345601")])
        clock.advance(-8 * 3600)
        await put_in_force(workspace, echo)
        await settle(workspace)
        for _ in range(7):
            clock.advance(600)
            # Another rule answers each of its messages with one that the person opens.
            properties = {"rule": "answer", "link": "promo"}
            await happens(workspace, asha, "clicked", properties, source="link", ago=timedelta(seconds=1))
            await settle(workspace)
        states = [state for _, _, state in await firings(workspace)]
        assert states == ["launched"] * 5 + ["dropped"]
        (kept,) = await read_rule(workspace, "echo")
        assert (kept.state.value, kept.reason) == ("held", "loop")
        assert kept.why.startswith("5 messages to one person in 24 hours")


async def test_an_arrival_that_cannot_be_matched_stands_in_nobodys_way(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal = await create_people(
            workspace, [Person(phone="+212612345601"), Person(phone="+212612345602")]
        )
        await put_in_force(workspace, triggered_rule("thanks", "on purchase"))
        await settle(workspace)
        clock.advance(1)
        await happens(workspace, asha)
        async with workspace.database.transaction() as connection:
            # As after matching it has failed three times.
            await execute(connection, "UPDATE rule.arrival SET failures = 3")
            await happens(workspace, bilal)
            taken = await store.take_arrivals(connection, count=10)
            assert [one.contact_id for one in taken] == [bilal]
        lag = await read_trigger_lag(workspace)
        assert (lag.set_aside, lag.arrivals) == (1, 2)
        # A new start, perhaps of a release that can, tries again.
        await settle(workspace)
        assert sorted(await messages(workspace)) == [("thanks", asha), ("thanks", bilal)]
