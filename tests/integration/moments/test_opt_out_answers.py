"""Who asks for silence is answered once, without anybody's help, and chooses between offers and everything."""

from pathlib import Path

from tests.moments import moment_rule
from tests.replies import ReplyShop, reply_shop

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.replies.typed import reply_to

ANSWERS = "SELECT kind, state, why FROM deliver.opt_out_answer WHERE contact_id = %s ORDER BY asked_at"
ENDS = (
    "SELECT message.state, message.reason FROM deliver.message AS message JOIN deliver.run AS run USING (run_id)"
    " WHERE run.rule_name = 'opt_out_answer' AND message.contact_id = %s ORDER BY message.message_id"
)
STOPPED = (
    "SELECT DISTINCT s.scope FROM profile.current_suppression AS s JOIN profile.identity AS i USING (suppression_index)"
    " WHERE i.contact_id = %s ORDER BY s.scope"
)


async def scopes(here: ReplyShop, contact_id: ContactId) -> list[str]:
    return [scope for (scope,) in await here.shop.fetch(STOPPED, contact_id)]


async def tap(here: ReplyShop, contact_id: ContactId, payload: str) -> None:
    await here.shop.bench.control(f"phones/{here.phone(contact_id)}/tap", {"payload": payload})
    await here.hear()


async def test_a_stop_is_confirmed_once_and_the_tap_chooses_what_ends(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha, bilal, *_ = here.shop.people
        await here.shop.launch(moment_rule(), [asha, bilal])
        await here.hear()
        # Stopped in the transaction of the webhook, whoever talks to the person otherwise.
        await here.say(asha, "STOP")
        assert await scopes(here, asha) == ["marketing"]
        assert await here.shop.fetch(ANSWERS, asha) == [("confirmation", "waiting", "")]
        await here.door.apply(here.posts)
        await here.answer()
        assert here.sent() == [("1", "interactive")]
        page = await here.page(asha)
        assert "Les offres seulement" in page
        assert "Tout" in page
        # Saying it again is no other stop.
        await here.say(asha, "STOP!!")
        await here.answer()
        assert here.sent() == [("1", "interactive")]
        # A typed answer still reaches her; after "everything" nothing does.
        await reply_to(here.shop.workspace, str(asha), "Votre commande part demain.")
        await here.answer()
        assert here.sent() == [("1", "interactive"), ("1", "text")]
        await tap(here, asha, "optout:everything:v1")
        assert await scopes(here, asha) == ["all", "marketing"]
        await reply_to(here.shop.workspace, str(asha), "Bonjour")
        await here.answer()
        assert here.sent() == [("1", "interactive"), ("1", "text")]
        # The same message narrows it again, and marketing stays stopped.
        here.shop.later(minutes=5)
        await tap(here, asha, "optout:offers:v1")
        assert await scopes(here, asha) == ["marketing"]
        await here.answer()
        assert await here.shop.fetch(ANSWERS, asha) == [("confirmation", "written", "")]
        assert await here.shop.fetch(ENDS, asha) == [("accepted", "")]


async def test_start_is_answered_by_a_question_and_only_its_answer_lifts_the_stop(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha, bilal, *_ = here.shop.people
        # Nothing to start where nothing is stopped.
        await here.say(bilal, "Start")
        await here.say(asha, "توقف")
        await here.answer()
        # In the language of the words, not in hers.
        page = await here.page(asha)
        assert "العروض فقط" in page
        assert "كل الرسائل" in page
        here.shop.later(minutes=5)
        await here.say(asha, "START")
        await here.say(asha, "Start!")
        assert await scopes(here, asha) == ["marketing"]
        await here.answer()
        assert here.sent() == [("1", "interactive"), ("1", "interactive")]
        await tap(here, asha, "optin:none:v1")
        assert await scopes(here, asha) == ["marketing"]
        await tap(here, asha, "optin:offers:v1")
        assert await scopes(here, asha) == []
        consents = await here.shop.fetch("SELECT source FROM profile.consent WHERE contact_id = %s", asha)
        assert len(consents) == 1, "her consent of before, and no other"
        assert await here.shop.fetch(ANSWERS, bilal) == []


async def test_nobody_is_told_of_a_stop_when_the_window_is_closed(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with reply_shop(settings, clock, tmp_path) as here:
        asha, *_ = here.shop.people
        await here.say(asha, "Stop")
        here.shop.later(hours=23, minutes=56)
        await here.answer()
        assert here.sent() == []
        assert await here.shop.fetch(ANSWERS, asha) == [("confirmation", "ended", "late")]
