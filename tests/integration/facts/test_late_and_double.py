"""Words that come late, twice, together or at one instant come to what they would have come to in order."""

import itertools
from typing import Any

from tests.integration.facts.conftest import Door, talk
from tests.integration.facts.test_accounts import about, category
from tests.integration.facts.test_people import digits, known, number_changed, written
from tests.sending import prepare_template

from rulecast.account.facts import save_signup
from rulecast.account.records import Signup
from rulecast.wiring.conflicts import read_conflicts, settle
from rulecast.wiring.incidents import read_incidents

STOP: Any = {"type": "text", "text": {"body": "STOP"}}
_DRAWN = itertools.count(1)


def phone() -> str:
    return f"+2126{next(_DRAWN):08d}"


def bsuid() -> str:
    return f"MA.{next(_DRAWN):010d}"


def chose(door: Door, value: str, *, minutes: float, **who: str) -> Any:
    preference = {**who, "category": "marketing_messages", "value": value, "timestamp": door.at(minutes)}
    named = {"signup_id": "5"} if value == "signup" else {}
    return ("user_preferences", talk(user_preferences=[{**preference, **named}]))


def said(door: Door, minutes: float, number: str = "", user_id: str = "", *, stops: bool = False) -> Any:
    """Return a message of whoever has the number or the id."""
    named = {"from": digits(number), "from_user_id": user_id}
    who = {name: value for name, value in named.items() if value}
    return written(door, who, wamid=f"wamid.{next(_DRAWN)}", minutes=minutes, **(STOP if stops else {}))


async def test_a_stop_follows_the_person_and_nobody_who_gets_the_old_number_lifts_it(door: Door) -> None:
    # Whoever is given an old number, with consent of their own, lifts what they stopped, not what another did, ...
    for is_late in (False, True):
        old, new = phone(), phone()
        asha = await known(door, old)
        told = [
            ("messages", talk(messages=[number_changed(door, old, new, minutes=-50)], contacts=[{}])),
            chose(door, "stop", minutes=-60, wa_id=digits(old)),
        ]
        for change in told if is_late else reversed(told):
            await door.tell(change)
        bilal = await known(door, old)
        await door.tell(chose(door, "resume", minutes=-40, wa_id=digits(old)))
        assert await door.stops(asha) == {"user_preferences"}
        assert await door.stops(bilal) == set()
    # ... while the person's own word lifts it, under whatever number it was said, and nothing said there since.
    old, new = phone(), phone()
    asha = await known(door, old)
    await door.tell(chose(door, "stop", minutes=-60, wa_id=digits(old)))
    await door.say(number_changed(door, old, new, minutes=-50))
    await door.say(said(door, -45, old, stops=True))
    await door.tell(chose(door, "resume", minutes=-40, wa_id=digits(new)))
    assert await door.rows(
        "SELECT count(*) FROM profile.current_suppression WHERE suppression_index IN ("
        "SELECT suppression_index FROM profile.identity WHERE contact_id = %s AND valid_to IS NULL)",
        asha,
    ) == [(0,)]
    chitra = await known(door, old)
    assert await door.stops(chitra) == {"stop_word"}


async def test_an_id_that_is_heard_of_late_still_stops_its_person(door: Door) -> None:
    # An older id beside the number, told after the newer one; the stop was said between them.
    number, first, second, third = phone(), bsuid(), bsuid(), bsuid()
    asha = await known(door, number)
    await door.say(said(door, -20, number, user_id=second))
    for _ in range(2):
        await door.say(said(door, -40, number, user_id=first))
    assert await door.owner("bsuid", second) == asha
    await door.say(said(door, -30, user_id=first, stops=True))
    assert await door.stops(asha) == {"stop_word"}
    # A change of id told after the number was heard under a third one: whose that is, nobody has said.
    number = phone()
    bilal = await known(door, number, bsuid=first + "1")
    await door.say(said(door, -20, number, user_id=third))
    changed = {"previous": first + "1", "current": second + "1"}
    update = {"detail": "changed", "user_id": changed, "timestamp": str(door.at(-40))}
    await door.tell(("user_id_update", talk(user_id_update=[update])))
    stranger = await door.owner("bsuid", third)
    assert stranger not in {bilal, None}
    assert await door.owner("bsuid", second + "1") == bilal
    await door.say(said(door, -30, user_id=second + "1", stops=True))
    assert await door.stops(bilal) == {"stop_word", "identity_conflict"}
    assert await door.stops(stranger or 0) == {"identity_conflict"}
    # An account that names no number says as well whose id it is.
    chitra = await known(door, phone(), bsuid=first + "2")
    field, value = chose(door, "stop", minutes=-5, user_id=first + "2")
    del value["metadata"]
    await door.tell((field, value))
    assert await door.stops(chitra) == {"user_preferences"}


async def test_one_id_of_two_people_is_a_conflict_also_in_one_body_and_stops_every_one_of_a_chain(
    door: Door,
) -> None:
    numbers, ids = [phone(), phone(), phone()], [bsuid(), bsuid()]
    one, two = await known(door, numbers[0]), await known(door, numbers[1])
    three = await known(door, numbers[2], bsuid=ids[1])
    shared = [said(door, minutes, number, user_id=ids[0])
              for number, minutes in ((numbers[0], -50), (numbers[1], -49))]  # fmt: skip
    await door.say(*shared)
    (conflict,) = await read_conflicts(door.workspace)
    assert {conflict.first_contact_id, conflict.second_contact_id} == {one, two}
    # What was told before somebody settled it is no news; what is told after it is.
    await settle(door.workspace, conflict.conflict_id)
    await door.say(*shared)
    assert await read_conflicts(door.workspace) == []
    door.workspace.clock.advance(60)  # type: ignore[attr-defined]  # the clock of tests stands still
    await door.say(said(door, 0, numbers[1], user_id=ids[0]))
    await door.say(said(door, 0, numbers[0], stops=True))
    assert await door.stops(two) == {"identity_conflict"}
    await door.say(said(door, 0, numbers[1], user_id=ids[1]))
    assert await door.stops(three) == {"identity_conflict"}
    # The link that joins somebody stopped to a pair can be the last one.
    numbers, ids = [phone(), phone(), phone()], [bsuid(), bsuid()]
    one, two = await known(door, numbers[0]), await known(door, numbers[1], bsuid=ids[0])
    three = await known(door, numbers[2], bsuid=ids[1])
    await door.say(said(door, 0, numbers[1], user_id=ids[1]))
    await door.say(said(door, 0, numbers[0], stops=True))
    await door.say(said(door, 0, numbers[0], user_id=ids[0]))
    assert await door.stops(two) == await door.stops(three) == {"identity_conflict"}


async def test_only_a_sign_up_declared_as_marketing_lifts_a_stop_made_inside_whatsapp(door: Door) -> None:
    number = phone()
    asha = await known(door, number)
    await door.tell(chose(door, "stop", minutes=-60, wa_id=digits(number)))
    for purpose, stops in (("service", {"user_preferences"}), ("marketing", set[str]())):
        async with door.workspace.database.transaction() as connection:
            await save_signup(connection, Signup(signup_id="5", purpose=purpose, wording_version="w"))
        minutes = {"service": -50, "marketing": -40}[purpose]
        await door.tell(chose(door, "signup", minutes=minutes, wa_id=digits(number)))
        assert await door.stops(asha) == stops
    # Opening a chat without a word is none, and opens no window.
    await door.say(written(door, {"from": digits(number)}, type="request_welcome"))
    assert await door.rows("SELECT 1 FROM conversation.window") == []


async def test_of_two_words_of_an_account_at_one_instant_the_more_cautious_holds(door: Door) -> None:
    for ends in ((60, 600), (600, 60)):
        for minutes in ends:
            kind = f"RESTRICTED_BIZ_INITIATED_MESSAGING_{ends[0]}"
            restricted = [{"restriction_type": kind, "expiration": door.at(minutes)}]
            told: Any = {"event": "ACCOUNT_RESTRICTION", "restriction_info": restricted}
            await door.tell(("account_update", told), minutes=-5)
        for limit in ends:
            capable = {"max_daily_conversations_per_business": limit}
            await door.tell(("business_capability_update", capable), minutes=-ends[0])
        assert await door.rows("SELECT told_people_per_day_max FROM account.portfolio") == [(60,)]
    holds = (await read_incidents(door.workspace)).holds
    assert [one.until and int(one.until.timestamp()) for one in holds] == [door.at(600)] * 2
    # A word nobody foresaw, in whatever script, holds; it does not put its body into quarantine.
    odd = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ÉTÉ ممنوع"}}
    await door.tell(("account_update", odd), minutes=-5)
    assert len((await read_incidents(door.workspace)).holds) == 3
    # A word without a time is the same within a day, whichever midnight is between, and news after it.
    problem = ("messages", talk(errors=[{"code": 131031, "title": "locked"}]))
    recorded = set()
    for seconds in (5 * 3600, 600, 22 * 3600, 3 * 3600):
        door.workspace.clock.advance(seconds)  # type: ignore[attr-defined]  # the clock of tests stands still
        await door.tell(problem)
        recorded.update(await door.rows("SELECT recorded_at FROM account.fact WHERE field = 'errors'"))
    assert len(recorded) == 2


async def test_a_template_keeps_the_graver_word_and_its_stricter_category_in_any_order(door: Door) -> None:
    async with door.workspace.database.transaction() as connection:
        await prepare_template(connection, door.workspace.clock.now())
        await connection.execute("UPDATE template.template SET category = 'utility'")

    async def state() -> dict[str, Any]:
        names = ("category", "correct_category", "status", "pause_title", "quality", "is_timed")
        (row,) = await door.rows(
            "SELECT category, correct_category, status, pause_title, quality, paused_until IS NOT NULL"
            " FROM template.template"
        )
        return dict(zip(names, row, strict=True))

    # A category nobody knows takes no announcement back; an approval older than a change of category changes none.
    await door.tell(category(new_category="UTILITY", correct_category="MARKETING"), minutes=-50)
    await door.tell(category(new_category="NOVELTY", previous_category="UTILITY"), minutes=-45)
    assert {"category": "utility", "correct_category": "marketing"}.items() <= (await state()).items()
    await door.tell(category(new_category="MARKETING", previous_category="UTILITY"), minutes=-40)
    await door.tell(about("APPROVED", message_template_category="UTILITY"), minutes=-42)
    assert {"category": "marketing", "correct_category": ""}.items() <= (await state()).items()
    # A word that is no status leaves the pause as it is; of two at one instant the graver one stays.
    await door.tell(about("PAUSED", other_info={"title": "FIRST_PAUSE"}), minutes=-30)
    await door.tell(about("FLAGGED"), minutes=-25)
    paused = {"status": "paused", "pause_title": "FIRST_PAUSE", "is_timed": True}
    assert paused.items() <= (await state()).items()
    for event in ("PAUSED", "DISABLED", "PAUSED", "APPROVED"):
        await door.tell(about(event), minutes=-20)
    assert (await state())["status"] == "disabled"
    for quality in ("RED", "GREEN", "YELLOW"):
        told = {**about("")[1], "previous_quality_score": "UNKNOWN", "new_quality_score": quality}
        await door.tell(("message_template_quality_update", told), minutes=-20)
    assert (await state())["quality"] == "red"
