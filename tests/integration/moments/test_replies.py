"""Free-form replies: sent once to who wrote, inside the window, by the same gate as every message."""

from pathlib import Path

import pytest
from tests.moments import moment_rule
from tests.replies import ReplyShop, reply_shop

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.replies.errors import WindowClosedError
from rulecast.wiring.replies.typed import reply_to, wait_for_outcome

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
        await here.say(asha, "De rien")
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


async def test_a_person_of_the_business_answers_by_hand(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha = here.shop.people[0]
        await here.say(asha, "Avez-vous du thé ?")
        sent = await reply_to(here.shop.workspace, str(asha), "Oui, et du café.")
        await here.shop.send()
        outcome = await wait_for_outcome(here.shop.workspace, sent.run_id, seconds=5)
        assert (outcome.state, outcome.reason, outcome.error_code) == ("accepted", "", 0)
        assert here.sent() == [("1", "text")]
