"""Actions at every moment: done once for a message, in the transaction that stores the moment, seen afterwards."""

import asyncio
from pathlib import Path

import pytest
from tests.moments import MomentShop, moment_rule, moment_shop
from tests.triggering import happens, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.rule.book.errors import RuleLoopError
from rulecast.values.clock import ManualClock
from rulecast.values.link_token import LinkToken
from rulecast.wiring.links import find_destination

ALL = (
    'when accepted: tag add "written"; set stage = "written"',
    'when delivered: set last_winback_at = now; tag remove "written"',
    'when clicked: set stage = "clicked"; tag add "warm"',
    'when replied: assign to "support"',
)


async def attributes(shop: MomentShop) -> list[tuple]:
    return await shop.fetch(
        "SELECT attributes ->> 'stage', (attributes ->> 'last_winback_at')::timestamptz FROM profile.contact"
        " ORDER BY contact_id LIMIT 1"
    )


async def tags(shop: MomentShop) -> list[str]:
    return [tag for (tag,) in await shop.fetch("SELECT tag FROM profile.contact_tag ORDER BY 1")]


async def test_every_moment_does_its_actions_once_for_each_message(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha = shop.people[0]
        await shop.launch(moment_rule(*ALL), [asha])
        assert await attributes(shop) == [("written", None)]
        shop.later(hours=1)
        delivered_at = clock.now()
        for _ in range(2):
            await shop.status(asha, "delivered")
            await shop.click(asha)
            await shop.reply(asha)
            shop.later(minutes=1)
        assert await attributes(shop) == [("clicked", delivered_at)]
        assert await shop.fetch(
            "SELECT moment, what, contact_id FROM deliver.action_taken ORDER BY position"
        ) == [
            ("accepted", 'tag add "written"', asha),
            ("accepted", 'set stage = "written"', asha),
            ("delivered", "set last_winback_at = now", asha),
            ("delivered", 'tag remove "written"', asha),
            ("clicked", 'set stage = "clicked"', asha),
            ("clicked", 'tag add "warm"', asha),
            ("replied", 'assign to "support"', asha),
        ]
        assert await shop.fetch("SELECT contact_id, team, rule_name FROM profile.conversation_owner") == [
            (asha, "support", "winback")
        ]
        # What was set is a change like any other: a rule of tomorrow reads it as of its own time.
        assert await shop.fetch(
            "SELECT payload ->> 'stage' FROM profile.change WHERE kind = 'attributes' AND payload ? 'stage' ORDER BY 1"
        ) == [("clicked",), ("written",)]


async def test_who_is_held_out_gets_no_message_and_no_action(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        await shop.launch(moment_rule(*ALL, "test holdout 50%"))
        written = {row[0] for row in await shop.fetch("SELECT contact_id FROM deliver.message")}
        held_out = {row[0] for row in await shop.fetch("SELECT contact_id FROM plan.member WHERE in_holdout")}
        acted = {row[0] for row in await shop.fetch("SELECT contact_id FROM deliver.action_taken")}
        assert held_out
        assert acted == written
        assert not acted & held_out


async def test_an_action_and_its_moment_are_stored_together_or_not_at_all(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha = shop.people[0]
        await shop.launch(moment_rule(*ALL), [asha])
        async with shop.workspace.database.transaction() as connection:
            await connection.execute(
                "ALTER TABLE deliver.action_taken ADD CHECK (moment <> 'clicked') NOT VALID"
            )
        with pytest.raises(Exception, match="action_taken"):
            await shop.click(asha)
        assert await shop.fetch("SELECT clicked_at FROM deliver.message") == [(None,)]
        async with shop.workspace.database.transaction() as connection:
            await connection.execute(
                "ALTER TABLE deliver.action_taken DROP CONSTRAINT action_taken_moment_check1"
            )
        await shop.click(asha)
        assert (await attributes(shop))[0][0] == "clicked"


async def test_a_link_in_a_chat_leads_where_it_led_when_its_template_gets_another_one(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha = shop.people[0]
        await shop.launch(moment_rule(*ALL), [asha])
        link = LinkToken(opaque_id=await shop.attempt_of(asha), link_index=0)
        async with shop.workspace.database.transaction() as connection:
            before = await find_destination(connection, link)
            more = (
                """UPDATE template.template SET links = links || '{"about": "https://shop.example/about"}'"""
            )
            await connection.execute(more)
            assert await find_destination(connection, link) == before
        assert before is not None
        assert before.link_name == "promo"


async def test_statuses_that_come_twice_or_out_of_order_do_each_action_once(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    rule = moment_rule(
        'when delivered: tag add "here"; notify "desk"', "stop if failures above 5% after 50 delivered"
    )
    desk = '\n[[recipients]]\nname = "desk"\n'
    async with moment_shop(settings, clock, tmp_path, more=desk) as shop:
        asha, bilal, *_ = shop.people
        await shop.launch(rule, [asha, bilal])
        for word in ("read", "delivered", "sent", "delivered", "read"):
            shop.later(minutes=1)
            await shop.status(asha, word)
        # Both at once, from two receivers.
        await asyncio.gather(*(shop.status(bilal, "delivered") for _ in range(4)))
        assert await shop.fetch(
            "SELECT moment, contact_id FROM deliver.action_taken ORDER BY 2, position"
        ) == [
            ("delivered", asha),
            ("delivered", asha),
            ("delivered", bilal),
            ("delivered", bilal),
        ]
        assert await shop.fetch("SELECT state, count(*) FROM observe.notice GROUP BY 1") == [("kept", 2)]
        assert await shop.fetch("SELECT sum(delivered), sum(failed) FROM deliver.tally") == [(2, 0)]


async def test_a_tag_that_one_rule_gives_lets_another_one_write_but_a_circle_is_refused_f94(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    first = triggered_rule(
        "first", "on purchase", clauses='decide within 0 seconds\nwhen delivered: tag add "warm"'
    )
    second = triggered_rule(
        "second",
        "on entering the audience",
        condition='tag "warm"',
        clauses='decide within 0 seconds\nwhen delivered: tag add "hot"',
    )
    third = triggered_rule(
        "third",
        "on entering the audience",
        condition='tag "hot" and not tag "cold"',
        clauses='decide within 0 seconds\nwhen delivered: tag add "warm"',
    )
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha = shop.people[0]
        await put_in_force(shop.workspace, first, second)
        await settle(shop.workspace)
        clock.advance(1)
        await happens(shop.workspace, asha)
        await settle(shop.workspace)
        await shop.send()
        await shop.status(asha, "delivered")
        await settle(shop.workspace)
        await shop.send()
        rules = (
            "SELECT run.rule_name FROM deliver.message JOIN deliver.run USING (run_id) ORDER BY message_id"
        )
        assert await shop.fetch(rules) == [("first",), ("second",)]
        with pytest.raises(RuleLoopError, match="start each other"):
            await put_in_force(shop.workspace, third)
