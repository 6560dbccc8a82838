"""Free-form replies: sent once to who wrote, inside the window, by the same gate as every message."""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from tests.canaries import TYPED
from tests.moments import LIMIT_SECONDS, NUMBER, moment_rule
from tests.replies import ReplyShop, reply_shop
from tests.sending import until
from tests.sent_bodies import BodiesOfTest

from rulecast.config import Settings
from rulecast.database import Database, fetch_value
from rulecast.deliver.store import finish_runs
from rulecast.values.clock import ManualClock
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.read_receipts import open_lean_transport
from rulecast.wiring.replies import write_due_replies
from rulecast.wiring.replies.errors import WindowClosedError
from rulecast.wiring.replies.records import ReplyRun
from rulecast.wiring.replies.store import write_messages
from rulecast.wiring.replies.typed import reply_to, wait_for_outcome
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_overview import read_book
from rulecast.wiring.rule_steps import Offer, activate_rule, approve_rule, archive_rule
from rulecast.wiring.standing import Launched, launch_under_standing_approval

THANKS = 'when replied: reply "Merci {{first_name or client}} !" as service'
ENDS = (
    "SELECT run.rule_name, message.contact_id, message.state, message.reason FROM deliver.message AS message"
    " JOIN deliver.run AS run USING (run_id) WHERE message.step >= 100 ORDER BY message.message_id"
)


async def refusals(here: ReplyShop) -> set[int]:
    """Return the codes with which the simulator has failed messages, at once or later."""
    return {row["code"] for row in here.shop.bench.ledger() if row.get("code")}


async def test_who_answers_is_answered_once(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha, bilal, *_ = here.shop.people
        await here.shop.launch(moment_rule(THANKS), [asha, bilal])
        await here.hear()
        await here.say(asha, "Oui, avec plaisir")
        # The same webhook again, before and after its reply.
        await here.door.apply(here.posts[-1:])
        await here.answer()
        await here.door.apply(here.posts)
        await here.answer()
        assert here.sent() == [("1", "text")]
        assert [line.get("text") for line in await here.chat(asha) if line.get("text")] == [
            "Oui, avec plaisir"
        ]
        # What she says next answers the answer, and nothing answers that.
        await here.say(asha, TYPED)
        await here.answer()
        assert here.sent() == [("1", "text")]
        assert await here.shop.fetch(ENDS) == [("winback", asha, "accepted", "")]


async def test_nobody_is_answered_whose_window_is_closed(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    rule = moment_rule('when delivered: reply "Bonjour" as service', THANKS)
    async with reply_shop(settings, clock, tmp_path) as here:
        asha, bilal, *_ = here.shop.people
        await here.shop.launch(rule, [asha, bilal])
        await here.hear()
        await here.answer()
        # A message of ours opens no window.
        assert [row[1:] for row in await here.shop.fetch(ENDS)] == [
            (asha, "cancelled", "window_closed"),
            (bilal, "cancelled", "window_closed"),
        ]
        await here.say(asha, "Oui")
        # Five minutes before Meta would close it, ours is closed.
        here.shop.later(hours=23, minutes=56)
        await here.answer()
        assert here.sent() == []
        assert await refusals(here) == set()
        with pytest.raises(WindowClosedError):
            await reply_to(here.shop.workspace, str(bilal), "Bonjour ?")


async def test_an_offer_is_kept_from_who_left_and_an_answer_is_not(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    offer = 'when replied: reply "Encore 10 %" as marketing'
    async with reply_shop(settings, clock, tmp_path) as here:
        await here.shop.launch(moment_rule(THANKS, offer, "test holdout 50%"))
        await here.hear()
        reached = {to for to, _ in here.shop.reached()}
        assert 0 < len(reached) < len(here.shop.people)
        for person in here.shop.people:
            await here.say(person, "Oui, avec plaisir")
            await here.say(person, "STOP")
        await here.answer()
        # Whoever is held out got no message, and no answer to one.
        texts = sorted(one for one in here.sent() if one[1] == "text")
        assert texts == [(to, "text") for to in sorted(reached)]
        # The answer to the opt-out is everybody's.
        assert len(here.sent()) == len(texts) + len(here.shop.people)
        ends = [
            (state, reason) for rule, _, state, reason in await here.shop.fetch(ENDS) if rule == "winback"
        ]
        assert sorted(ends) == sorted([("accepted", ""), ("cancelled", "opted_out")] * len(reached))


async def test_an_archived_rule_answers_nobody_and_a_signature_is_looked_at_again(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        shop, (asha, bilal, *_) = here.shop, here.shop.people
        await shop.launch(moment_rule(THANKS), [asha, bilal])
        await here.hear()
        await here.say(asha, "Oui")
        async with shop.workspace.database.transaction() as connection:
            # As only the owner of the database could.
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute("UPDATE plan.approval SET signature = sha256('forged')")
        await here.answer()
        await keep_rule(shop.workspace, moment_rule(THANKS))
        await archive_rule(shop.workspace, "winback", why="over")
        await here.say(bilal, "Oui")
        await here.answer()
        assert here.sent() == []
        assert await shop.fetch("SELECT contact_id, state, why FROM deliver.reply ORDER BY asked_at") == [
            (asha, "ended", "the signature of its approval does not fit."),
            (bilal, "ended", "the rule is archived"),
        ]


async def test_a_person_of_the_business_answers_by_hand(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent_bodies: BodiesOfTest
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha = here.shop.people[0]
        await here.say(asha, TYPED)
        async with open_lean_transport(here.shop.workspace) as transport:
            sent = await reply_to(here.shop.workspace, str(asha), "Oui, et du café.", transport=transport)
        await here.shop.send()
        outcome = await wait_for_outcome(here.shop.workspace, sent.run_id, seconds=5)
        assert (outcome.state, outcome.reason, outcome.error_code) == ("accepted", "", 0)
        requests = sent_bodies.read()
        # The answer quotes what it answers, which is also what was marked as read.
        assert requests[1]["context"] == {"message_id": requests[0]["message_id"]}
        assert [row.kept.rule_name for row in await read_book(here.shop.workspace)] == []
        assert [one.get("typing_indicator", one.get("type")) for one in requests] == [
            {"type": "text"},
            "text",
        ]
        # Who wants no more offers can still be told so.
        await here.say(asha, "STOP")
        sent = await reply_to(here.shop.workspace, str(asha), "C'est noté.")
        await here.shop.send()
        assert (await wait_for_outcome(here.shop.workspace, sent.run_id, seconds=5)).state == "accepted"
        assert here.sent() == [("1", "text")] * 2
        page = await here.page(asha)
        assert page.index(TYPED) < page.index("Oui, et du café.")


async def test_a_rule_under_a_standing_approval_answers_and_quotes_only_what_is_answered(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent_bodies: BodiesOfTest
) -> None:
    rule = moment_rule(
        'when clicked: reply "Vu ?" as service',
        THANKS,
        "every day at 00:00..00:00 local time of the contact; drop the rest",
    )
    offer = Offer(people_per_run=9, people_per_day=9, cost_per_run=Decimal(5), until=date(2026, 12, 31))
    async with reply_shop(settings, clock, tmp_path) as here:
        shop, asha = here.shop, here.shop.people[0]
        await keep_rule(shop.workspace, rule)
        await approve_rule(shop.workspace, "winback", offer, approved_by="badr")
        await activate_rule(shop.workspace, "winback")
        answer = await ask_engine(shop.workspace, "plan", {"texts": [rule], "created_by": "rulecast"})
        launched = await launch_under_standing_approval(shop.workspace, answer["plan_ids"][0])
        assert isinstance(launched, Launched)
        await shop.send()
        await here.hear()
        await here.say(asha, "Oui")
        await shop.click(asha)
        await here.answer()
        assert here.sent() == [("1", "text")] * 2
        requests = sent_bodies.read()
        replies = {one["text"]["body"]: one.get("context") for one in requests if one.get("type") == "text"}
        assert replies["Vu ?"] is None
        assert str(replies["Merci Asha !"]["message_id"]).startswith("wamid.")


async def test_an_answer_that_is_being_written_keeps_its_run_open(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        shop, (asha, bilal, *_) = here.shop, here.shop.people
        await shop.launch(moment_rule(THANKS), [asha, bilal])
        await here.hear()
        await here.say(asha, "Oui")
        await write_due_replies(shop.workspace)
        # Everything of the run is sent, but nobody has said yet that it is over.
        database, now = shop.workspace.database, shop.clock.now()
        async with database.transaction() as connection:
            await connection.execute("UPDATE deliver.message SET state = 'cancelled' WHERE step >= 100")
        (run_id, plan_id) = (await shop.fetch("SELECT run_id, plan_id FROM deliver.run WHERE step >= 100"))[0]
        async with database.transaction() as writer:
            run = ReplyRun(run_id=run_id, plan_id=plan_id)
            person = (bilal, now, now + timedelta(hours=1))
            await write_messages(writer, run, [person], prices_e4=[0], now=now)
            finishing = asyncio.create_task(finish(database, now))
            await asyncio.wait_for(until(partial(waits, database)), LIMIT_SECONDS)
        await finishing
        assert await shop.fetch("SELECT state FROM deliver.run WHERE step >= 100") == [("running",)]


async def finish(database: Database, now: datetime) -> int:
    async with database.transaction() as connection:
        return await finish_runs(connection, NUMBER, now=now)


async def waits(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await fetch_value(connection, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
