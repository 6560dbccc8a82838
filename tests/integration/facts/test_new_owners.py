"""A number that writes under an id its contact never had: consent does not pass to a new owner (F46)."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.integration.facts.conftest import PORTFOLIO, Door, talk
from tests.integration.facts.test_accounts import launched, verdict
from tests.integration.facts.test_any_order import sendable
from tests.integration.facts.test_late_and_double import bsuid, chose, phone, said
from tests.integration.facts.test_people import digits, known

from rulecast.profile import ConsentEntry, record_consents
from rulecast.profile.identities import IdentityUpdate, apply_identity_updates
from rulecast.profile.identities.new_owners import Seen, part_new_owners
from rulecast.profile.identity import Identity
from rulecast.profile.suppression.suppress import lock_people
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.conflicts import read_conflicts, settle


async def agree(door: Door, contact_id: ContactId, *, minutes: float) -> None:
    """Let a list bring a proven consent."""
    workspace = door.workspace
    now = workspace.clock.now()
    entry = ConsentEntry(
        contact_id=contact_id,
        purpose=Purpose.MARKETING,
        status=ConsentStatus.GRANTED,
        source="import",
        occurred_at=now + timedelta(minutes=minutes),
        method="form",
        wording_version="v1",
    )
    async with workspace.database.transaction() as connection:
        await record_consents(connection, workspace.vault, [entry], now)


def renamed(door: Door, number: str, *, old: str, new: str, minutes: float) -> tuple[str, Any]:
    update = {
        "wa_id": digits(number),
        "user_id": {"previous": old, "current": new},
        "timestamp": str(door.at(minutes)),
    }
    return "user_id_update", talk(user_id_update=[update])


async def test_consent_does_not_pass_to_the_new_owner_of_a_number_f46(door: Door) -> None:
    number, first, second = phone(), bsuid(), bsuid()
    asha = await known(door, number, bsuid=first)
    word = said(door, -60, number, user_id=second)
    for _ in range(2):
        await door.say(word)
    stranger = await door.owner("phone", number)
    assert stranger is not None
    assert stranger != asha
    assert await door.owner("bsuid", second) == stranger
    assert await door.owner("bsuid", first) is None
    # The old contact keeps consent and history, and the words of the new owner are not among them.
    assert "message_received" not in await door.events(asha)
    assert "message_received" in await door.events(stranger)
    assert await sendable(door, asha)
    assert not await sendable(door, stranger)
    # Whoever writes can be answered: answers need no agreement, and nobody took any back.
    ended = await door.rows("SELECT purpose FROM profile.consent WHERE contact_id = %s", stranger)
    assert ("marketing",) in ended
    assert ("service",) not in ended
    (conflict,) = await read_conflicts(door.workspace)
    assert conflict.cause == "new_owner"
    # What the old owner said before, and is told now, is still the old owner's.
    await door.say(said(door, -70, number, user_id=first))
    assert "message_received" in await door.events(asha)
    assert await door.rows(
        "SELECT count(*) FROM collect.event WHERE contact_id = %s AND name = 'message_received'", stranger
    ) == [(1,)]
    assert await door.owner("phone", number) == stranger
    # A list that still has the old owner's consent under the number brings nothing; a later word of the new owner does.
    await agree(door, stranger, minutes=-90)
    assert not await sendable(door, stranger)
    await agree(door, stranger, minutes=-30)
    assert await sendable(door, stranger)
    # Two people they are: nothing goes back.
    assert await settle(door.workspace, conflict.conflict_id)
    assert await door.owner("phone", number) == stranger


async def heard(door: Door, *people: ContactId | None) -> list[int]:
    """Return how many messages each of these people wrote."""
    rows = await door.rows(
        "SELECT contact_id, count(*) FROM collect.event WHERE name = 'message_received' GROUP BY 1"
    )
    return [dict(rows).get(person, 0) for person in people]


async def test_a_late_word_goes_to_who_said_it_beside_a_newer_one_f46(door: Door) -> None:
    number, first, second = phone(), bsuid(), bsuid()
    asha = await known(door, number, bsuid=first)
    await door.say(said(door, -60, number, user_id=second))
    stranger = await door.owner("phone", number)
    assert await heard(door, asha, stranger) == [0, 1]
    # In one body, whatever its order, and in two bodies that are applied together.
    await door.say(said(door, -70, number), said(door, -5, number), said(door, -4, number))
    await door.say(said(door, -3, number), said(door, -71, number))
    assert await heard(door, asha, stranger) == [2, 4]
    await door.tell_together(
        [("messages", talk(messages=[said(door, minutes, number)], contacts=[{}]))] for minutes in (-2, -72)
    )
    assert await heard(door, asha, stranger) == [3, 5]
    windows = "SELECT contact_id, last_inbound_at FROM conversation.window"
    assert {who: round(at.timestamp()) for who, at in await door.rows(windows)} == {
        asha: door.at(-70),
        stranger: door.at(-2),
    }
    # What is asked late is the old owner's wish, and the message told after it is the old owner's.
    await door.say(said(door, -73, number, stops=True), said(door, -1, number))
    opted = (
        "SELECT DISTINCT contact_id FROM collect.event WHERE name = 'message_received' AND occurred_at < %s"
    )
    assert await door.rows(opted, door.workspace.clock.now() - timedelta(minutes=65)) == [(asha,)]
    assert await heard(door, asha, stranger) == [4, 6]
    assert await door.stops(asha)


async def test_a_message_planned_for_the_old_owner_is_refused_at_the_gate_f46(door: Door) -> None:
    run = await launched(door.workspace)
    number = "+212612000000"
    await door.say(said(door, 0, number, user_id=bsuid()))
    assert await verdict(door, run) == ("allowed", "")
    door.workspace.clock.advance(60)  # type: ignore[attr-defined]  # the clock of tests stands still
    await door.say(said(door, 0, number, user_id=bsuid()))
    outcome, reason = await verdict(door, run)
    assert (outcome, reason) == ("denied", "unreachable")


async def test_a_person_or_whatsapp_gives_the_number_back_where_the_two_are_one(door: Door) -> None:
    for is_told in (True, False):
        number, first, second = phone(), bsuid(), bsuid()
        asha = await known(door, number, bsuid=first)
        await door.say(said(door, -60, number, user_id=second))
        (conflict,) = await read_conflicts(door.workspace)
        if is_told:
            # The word about the change comes after the first message under the new id.
            for _ in range(2):
                await door.tell(renamed(door, number, old=first, new=second, minutes=-61))
        else:
            assert await settle(door.workspace, conflict.conflict_id, is_one=True)
            assert not await settle(door.workspace, conflict.conflict_id, is_one=True)
        assert await read_conflicts(door.workspace) == []
        await door.say(said(door, -1, number, user_id=second))
        assert await door.owner("phone", number) == asha
        assert await door.owner("bsuid", second) == asha
        assert await sendable(door, asha)
        assert await read_conflicts(door.workspace) == []


async def test_what_explains_an_id_parts_nobody(door: Door) -> None:
    number, first, second, third = phone(), bsuid(), bsuid(), bsuid()
    asha = await known(door, number, bsuid=first)
    # Told before, or in one body with the first message; an older id told late is the contact's too.
    await door.tell(
        ("messages", talk(messages=[said(door, -50, number, user_id=second)], contacts=[{}])),
        renamed(door, number, old=first, new=second, minutes=-51),
    )
    await door.say(said(door, -70, number, user_id=first), said(door, -49, number, user_id=second))
    # A number of which we only knew the list's word teaches its first id.
    plain = phone()
    bilal = await known(door, plain)
    await door.say(said(door, -50, plain, user_id=third))
    assert await door.owner("phone", number) == asha
    assert await door.owner("bsuid", second) == asha
    assert await door.owner("bsuid", third) == bilal
    assert await read_conflicts(door.workspace) == []


async def test_the_new_owner_s_wish_is_its_own_and_a_known_owner_keeps_its_consent(door: Door) -> None:
    # A choice inside WhatsApp parts as well: a resume of the new owner lifts nothing of the old one.
    number, first, second = phone(), bsuid(), bsuid()
    asha = await known(door, number, bsuid=first)
    await door.tell(chose(door, "stop", minutes=-90, user_id=first))
    await door.tell(chose(door, "resume", minutes=-60, wa_id=digits(number), user_id=second))
    assert await door.owner("phone", number) not in {asha, None}
    assert await door.stops(asha)
    # Who was known by the id alone gets the number, and keeps what was granted under the id.
    number, first, second = phone(), bsuid(), bsuid()
    bilal = await known(door, number, bsuid=first)
    await door.say(said(door, -90, user_id=second))
    chitra = await door.owner("bsuid", second)
    assert chitra is not None
    await agree(door, chitra, minutes=-80)
    await door.say(said(door, 0, number, user_id=second))
    assert await door.owner("phone", number) == chitra
    assert await sendable(door, chitra)
    # Who has another number gets no second one: the old contact's consent ends instead.
    number, first, other, second = phone(), bsuid(), phone(), bsuid()
    deepa = await known(door, number, bsuid=first)
    eve = await known(door, other, bsuid=second)
    await door.say(said(door, -60, number, user_id=second))
    assert await door.owner("phone", number) == deepa
    assert not await sendable(door, deepa)
    assert await sendable(door, eve)
    assert await sendable(door, bilal)


async def test_a_word_that_explains_the_new_id_while_the_lock_is_waited_for_parts_nobody(door: Door) -> None:
    workspace = door.workspace
    number, first, second = phone(), bsuid(), bsuid()
    asha = await known(door, number, bsuid=first)
    now = workspace.clock.now()
    old, new = (Identity(kind="bsuid", value=one, scope=PORTFOLIO) for one in (first, second))
    update = IdentityUpdate(key=bytes(16), kind="user_id", old=(old,), new=(new,), occurred_at=now)
    seen = Seen(phone=Identity(kind="phone", value=number), bsuid=new, occurred_at=now)

    async def part() -> None:
        async with workspace.database.transaction() as connection:
            await part_new_owners(connection, workspace.vault, [seen], now)

    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with workspace.database.transaction() as connection:
        await lock_people(connection, [asha])
        parting = asyncio.create_task(part())
        async with asyncio.timeout(10):
            while await door.rows(waiting) == [(0,)]:  # noqa: ASYNC110 - a session's wait
                await asyncio.sleep(0.01)
        await apply_identity_updates(connection, workspace.vault, [update], now)
    await parting
    assert await door.owner("phone", number) == asha
    assert await door.owner("bsuid", second) == asha
    assert await read_conflicts(workspace) == []
