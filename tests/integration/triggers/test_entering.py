"""Rules on entering an audience: silent baselines, entries by change or time alone, the hold on many at once."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

import pytest
from tests.planning import Person, create_people, planning_workspace
from tests.sending import until
from tests.triggering import firings, happens, members, messages, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.database import fetch_value
from rulecast.profile import add_tags, remove_tags
from rulecast.profile.contact import NewContact
from rulecast.profile.create_contacts import create_contacts
from rulecast.profile.identity import Identity
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.import_run import say_importing
from rulecast.wiring.rule_steps import pause_rule, read_rule, resume_rule
from rulecast.wiring.triggers import run, run_triggers
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file

LIMIT_SECONDS = 40
PEOPLE = (Person(phone="+212612345601"), Person(phone="+212612345602"), Person(phone="+212612345603"))
ON_VIP = triggered_rule("welcome_vip", "on entering the audience", condition='tag "vip"')
LAPSED = "did purchase in last 30 days and not did purchase in last 7 days"


async def _tag(
    workspace: Workspace,
    *people: ContactId,
    tag: str = "vip",
    importing: Literal["", "silent", "loud"] = "",
) -> None:
    async with workspace.database.transaction() as connection:
        if importing:
            await say_importing(connection, fires_triggers=importing == "loud")
        await add_tags(connection, [(one, tag) for one in people], workspace.clock.now())


async def _untag(workspace: Workspace, *people: ContactId, tag: str = "vip") -> None:
    async with workspace.database.transaction() as connection:
        await remove_tags(connection, [(one, tag) for one in people], workspace.clock.now())


async def test_members_at_activation_are_no_entries_and_later_ones_are(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, PEOPLE)
        await _tag(workspace, asha)
        (version,) = await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        assert await firings(workspace) == []
        assert await members(workspace, version, clock.now()) == {asha}
        clock.advance(10)
        await _tag(workspace, bilal)
        await settle(workspace)
        assert await firings(workspace) == [("welcome_vip", bilal, "launched")]
        assert await messages(workspace) == [("welcome_vip", bilal)]
        await settle(workspace)
        assert len(await firings(workspace)) == 1


async def test_entering_again_needs_an_exit(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, *_ = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        for _ in range(2):
            clock.advance(60)
            await _tag(workspace, asha)
            await settle(workspace)
            await _tag(workspace, asha, tag="other")
            await settle(workspace)
            clock.advance(60)
            await _untag(workspace, asha)
            await settle(workspace)
        assert await firings(workspace) == [("welcome_vip", asha, "launched")] * 2


async def test_time_alone_makes_people_enter_and_leave(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, PEOPLE)
        (version,) = await put_in_force(
            workspace, triggered_rule("lapsed", "on entering the audience", condition=LAPSED)
        )
        await settle(workspace)
        clock.advance(60)
        await happens(workspace, asha, ago=timedelta(days=6, hours=23))
        await happens(workspace, bilal, ago=timedelta(days=2))
        await settle(workspace)
        assert await firings(workspace) == []
        clock.advance(3599)
        await settle(workspace)
        assert await firings(workspace) == []
        clock.advance(2)
        await settle(workspace)
        assert [(name, who) for name, who, _ in await firings(workspace)] == [("lapsed", asha)]
        clock.advance(5 * 86_400)
        await settle(workspace)
        assert [(name, who) for name, who, _ in await firings(workspace)] == [
            ("lapsed", asha),
            ("lapsed", bilal),
        ]
        clock.advance(30 * 86_400)
        await settle(workspace)
        assert await members(workspace, version, clock.now()) == set()


async def test_an_import_makes_members_without_firing_unless_it_says_so(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, chitra = await create_people(workspace, PEOPLE)
        (version,) = await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        clock.advance(10)
        await _tag(workspace, asha, importing="silent")
        await settle(workspace)
        assert await firings(workspace) == []
        assert await members(workspace, version, clock.now()) == {asha}
        await _tag(workspace, bilal)
        await settle(workspace)
        assert [who for _, who, _ in await firings(workspace)] == [bilal]
        await _tag(workspace, chitra, importing="loud")
        await settle(workspace)
        assert [who for _, who, _ in await firings(workspace)] == [bilal, chitra]


async def test_an_edit_a_catalogue_change_and_a_pause_take_a_silent_baseline(
    settings: Settings, clock: ManualClock
) -> None:
    wider = triggered_rule("welcome_vip", "on entering the audience", condition='tag "vip" or tag "gold"')
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, chitra = await create_people(workspace, PEOPLE)
        await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        clock.advance(10)
        await _tag(workspace, asha, tag="gold")
        (version,) = await put_in_force(workspace, wider)
        await settle(workspace)
        assert await members(workspace, version, clock.now()) == {asha}
        clock.advance(10)
        added = '[[attributes]]\nname = "shoe_size"\ntype = "integer"\n'
        await apply_workspace_file(workspace, added, source="workspace.toml")
        await _tag(workspace, bilal)
        await settle(workspace)
        assert await members(workspace, version, clock.now()) == {asha, bilal}
        clock.advance(10)
        await pause_rule(workspace, "welcome_vip")
        await settle(workspace)
        await _tag(workspace, chitra)
        clock.advance(10)
        await resume_rule(workspace, "welcome_vip")
        await settle(workspace)
        assert await members(workspace, version, clock.now()) == {asha, bilal, chitra}
        assert await firings(workspace) == []


async def _crowd(workspace: Workspace, count: int) -> Sequence[ContactId]:
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        return await create_contacts(
            connection,
            workspace.vault,
            [
                NewContact(
                    identities=(Identity(kind="phone", value=f"+2126{place:08d}"),),
                    source="track",
                    first_seen_at=now,
                    attributes={"city": "casablanca"},
                    personal={},
                )
                for place in range(count)
            ],
            now,
        )


async def test_a_rule_that_many_enter_at_once_waits_for_a_person(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        crowd = await _crowd(workspace, 520)
        await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        clock.advance(10)
        await _tag(workspace, *crowd[:500])
        await settle(workspace)
        assert {state for _, _, state in await firings(workspace)} == {"excluded"}
        await _untag(workspace, *crowd[:500])
        await settle(workspace)
        clock.advance(10)
        await _tag(workspace, *crowd[:501])
        await settle(workspace)
        held = [one for one in await firings(workspace) if one[2] == "held"]
        assert len(held) == 501
        (kept,) = await read_rule(workspace, "welcome_vip")
        assert (kept.state.value, kept.reason) == ("held", "mass_entry")
        clock.advance(10)
        await resume_rule(workspace, "welcome_vip")
        await settle(workspace)
        assert {state for _, _, state in await firings(workspace)} == {"excluded"}


async def test_a_steady_stream_of_entries_waits_for_nobody(settings: Settings, clock: ManualClock) -> None:
    """One evaluation counts, not everybody who is inside the decision window."""
    rule = triggered_rule("welcome_vip", "on entering the audience", condition='tag "vip"', clauses="")
    async with planning_workspace(settings, clock) as workspace:
        crowd = await _crowd(workspace, 810)
        await put_in_force(workspace, rule)
        await settle(workspace)
        stop = asyncio.Event()
        running = asyncio.create_task(run_triggers(workspace, stop_event=stop))
        for people in (crowd[:300], crowd[300:600]):
            clock.advance(10)
            await _tag(workspace, *people)
            await asyncio.wait_for(until(partial(_is_quiet, workspace)), LIMIT_SECONDS)
        stop.set()
        await running
        # Another process does not take what waits for its own.
        clock.advance(10)
        await _tag(workspace, *crowd[600:])
        await settle(workspace)
        clock.advance(61)
        await settle(workspace)
        assert {state for _, _, state in await firings(workspace)} == {"excluded"}
        assert len(await firings(workspace)) == 810


async def _is_quiet(workspace: Workspace) -> bool:
    async with workspace.database.connection() as connection:
        return not await fetch_value(connection, "SELECT count(*) FROM rule.arrival")


@pytest.mark.parametrize("dies", [False, True])
async def test_an_evaluation_that_takes_many_steps_is_one(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    monkeypatch.setattr(run, "ARRIVALS_AT_ONCE", 200)
    async with planning_workspace(settings, clock) as workspace:
        crowd = await _crowd(workspace, 501)
        await put_in_force(workspace, ON_VIP)
        await settle(workspace)
        clock.advance(10)
        await _tag(workspace, *crowd)
        if dies:
            await run._Runtime(workspace).step()
            states = [state for _, _, state in await firings(workspace)]
            assert set(states) == {"waiting"}
            assert 200 <= len(states) <= 400
            clock.advance(10)
        await settle(workspace)
        assert {state for _, _, state in await firings(workspace)} == {"held"}


async def test_a_transaction_older_than_the_rule_is_waited_for_by_the_baseline(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        asha, bilal, _ = await create_people(workspace, PEOPLE)
        async with workspace.database.transaction() as older:
            await add_tags(older, [(asha, "vip")], clock.now())
            (version,) = await put_in_force(workspace, ON_VIP)
            running = asyncio.create_task(settle(workspace))
            await asyncio.wait_for(until(partial(_is_armed, workspace)), LIMIT_SECONDS)
            assert await members(workspace, version, clock.now()) == set()
        await asyncio.wait_for(running, LIMIT_SECONDS)
        assert await members(workspace, version, clock.now()) == {asha}
        await _tag(workspace, bilal)
        await settle(workspace)
        assert [who for _, who, _ in await firings(workspace)] == [bilal]


async def _is_armed(workspace: Workspace) -> bool:
    async with workspace.database.connection() as connection:
        return bool(await fetch_value(connection, "SELECT count(*) FROM rule.armed"))
