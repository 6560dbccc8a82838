"""What webhooks tell of people: identities, windows, messages, preferences."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.facts.conftest import ACCOUNT, PORTFOLIO, Door, talk
from tests.people import ASHA, BILAL, CHITRA
from tests.sending import NUMBER

from rulecast.account.facts import save_signup
from rulecast.account.records import Signup
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.conversation import WindowRow, entry_point_window, service_window
from rulecast.conversation.keep_details import SEALED_DETAIL
from rulecast.conversation.open_windows import SEALED_WAMID, find_windows, open_windows
from rulecast.deliver.classify import Accepted, classify
from rulecast.deliver.transport import Answered
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents
from rulecast.profile.identities.learn_spellings import learn_spellings
from rulecast.profile.identity import Identity
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import SealItem
from rulecast.wiring.conflicts import read_conflicts, settle
from rulecast.wiring.webhook_talk import TalkReader

ASHA_ID = "MA.1111111111"
NEW_ID = "MA.2222222222"
_DRAWN = itertools.count(70_000_000)


def digits(phone: str) -> str:
    return phone.removeprefix("+")


def written(
    door: Door, who: dict[str, str], *, wamid: str = "wamid.1", minutes: float = 0, **more: Any
) -> Any:
    content = more or {"type": "text", "text": {"body": "hello"}}
    return {**who, "id": wamid, "timestamp": str(door.at(minutes)), **content}


async def known(door: Door, phone: str, *, has_consent: bool = True, bsuid: str = "") -> ContactId:
    workspace = door.workspace
    now = workspace.clock.now() - timedelta(days=30)
    async with workspace.database.transaction() as connection:
        (contact_id,) = await create_contacts(
            connection,
            workspace.vault,
            [
                NewContact(
                    identities=(
                        Identity(kind="phone", value=phone),
                        *((Identity(kind="bsuid", value=bsuid, scope=PORTFOLIO),) if bsuid else ()),
                    ),
                    source="import",
                    first_seen_at=now,
                )
            ],
            now,
        )
        if has_consent:
            entry = ConsentEntry(
                contact_id=contact_id,
                purpose=Purpose.MARKETING,
                status=ConsentStatus.GRANTED,
                occurred_at=now,
                method="form",
                wording_version="v1",
                source="import",
            )
            await record_consents(connection, workspace.vault, [entry], now)
        return contact_id


def number_changed(door: Door, old: str, new: str, *, minutes: float = 0, **ids: str) -> Any:
    return written(
        door,
        {"from": digits(old)},
        wamid=f"wamid.change{minutes}",
        minutes=minutes,
        type="system",
        system={"type": "user_changed_number", "body": "changed", "wa_id": digits(new), **ids},
    )


async def test_identities_are_learned_from_messages_and_follow_their_person(door: Door) -> None:
    asha = await known(door, ASHA.phone)
    who = {"from": digits(ASHA.phone), "from_user_id": ASHA_ID}
    name = {"wa_id": digits(ASHA.phone), "user_id": ASHA_ID, "profile": {"name": "A", "username": "asha.b"}}
    for _ in range(2):
        await door.say(written(door, who, minutes=-50), contact=name)
    assert await door.owner("bsuid", ASHA_ID) == asha
    assert await door.owner("username", "asha.b") == asha
    # A stop under the id alone stops the person.
    await door.say(
        written(
            door, {"from_user_id": ASHA_ID}, wamid="wamid.2", minutes=-40, type="text", text={"body": "STOP"}
        )
    )
    assert await door.stops(asha) == {"stop_word"}
    # The number changes, then the id of the new one is told apart; a repeat and an older word change nothing.
    change = number_changed(door, ASHA.phone, CHITRA.phone, minutes=-30)
    update = {
        "wa_id": digits(CHITRA.phone),
        "detail": "changed",
        "user_id": {"previous": ASHA_ID, "current": NEW_ID},
        "timestamp": str(door.at(-20)),
    }
    for _ in range(2):
        await door.tell(("user_id_update", talk(user_id_update=[update])))
        await door.say(change)
    assert await door.owner("phone", ASHA.phone) is None
    assert await door.owner("phone", CHITRA.phone) == asha
    assert await door.owner("bsuid", ASHA_ID) is None
    assert await door.owner("bsuid", NEW_ID) == asha
    # Consent and stop stay with the contact: a list that brings the new number is about the same person.
    assert await door.stops(asha) == {"stop_word"}
    assert await door.rows("SELECT count(*) FROM profile.contact") == [(1,)]
    kinds = await door.rows("SELECT properties ->> 'kind' FROM collect.event WHERE name = 'identity_changed'")
    assert sorted(kinds) == [("number",), ("user_id",)]


async def test_two_changes_of_number_in_the_wrong_order_come_to_the_last_one(door: Door) -> None:
    asha = await known(door, ASHA.phone)
    await door.say(number_changed(door, BILAL.phone, CHITRA.phone, minutes=-10))
    assert await door.owner("phone", CHITRA.phone) is None
    await door.say(number_changed(door, ASHA.phone, BILAL.phone, minutes=-20))
    assert await door.owner("phone", CHITRA.phone) == asha
    assert await door.owner("phone", BILAL.phone) is None
    await door.say(number_changed(door, BILAL.phone, CHITRA.phone, minutes=-10))
    assert await door.rows("SELECT count(*) FROM profile.identity_change WHERE contact_id IS NULL") == [(0,)]


async def test_a_number_that_belongs_to_somebody_is_a_conflict_and_a_stop_of_one_stops_both(
    door: Door,
) -> None:
    asha, bilal = await known(door, ASHA.phone), await known(door, BILAL.phone)
    chitra = await known(door, CHITRA.phone, bsuid=NEW_ID)
    await door.say(
        written(door, {"from": digits(BILAL.phone)}, minutes=-60, type="text", text={"body": "stop"})
    )
    for _ in range(2):
        await door.say(number_changed(door, ASHA.phone, BILAL.phone, minutes=-30))
    pairs = await door.rows(
        "SELECT first_contact_id, second_contact_id, cause FROM profile.identity_conflict"
    )
    assert pairs == [(min(asha, bilal), max(asha, bilal), "number")]
    assert await door.owner("phone", BILAL.phone) == bilal
    assert await door.stops(bilal) == {"stop_word"}
    # What is said under the number counts for both until somebody has found out.
    assert await door.stops(asha) == {"identity_conflict", "stop_word"}
    assert await door.rows("SELECT is_reachable FROM profile.contact WHERE contact_id = %s", asha) == [
        (False,)
    ]
    # Later a message under Bilal's number and Chitra's id joins nobody, and Chitra's stop reaches Bilal.
    await door.say(
        written(door, {"from": digits(BILAL.phone), "from_user_id": NEW_ID}, wamid="wamid.3", minutes=-9)
    )
    assert await door.stops(chitra) == {"identity_conflict"}
    # A person who finds out that they are two closes it; the stops stand.
    open_ones = await read_conflicts(door.workspace)
    assert [one.cause for one in open_ones] == ["number", "message"]
    assert [await settle(door.workspace, open_ones[0].conflict_id) for _ in range(2)] == [True, False]
    assert await door.stops(asha) == {"identity_conflict"}
    assert len(await read_conflicts(door.workspace)) == 1


async def test_people_without_a_number_are_contacts_with_a_country_and_share_it_on_request(
    door: Door,
) -> None:
    who = {"from_user_id": "BR.9999", "from_parent_user_id": "BR.ENT.77"}
    await door.say(written(door, who, minutes=-40))
    person = await door.owner("bsuid", "BR.9999")
    assert person is not None
    assert await door.owner("parent_bsuid", "BR.ENT.77") == person
    row = await door.rows("SELECT country, is_reachable FROM profile.contact WHERE contact_id = %s", person)
    assert row == [("BR", True)]
    card = {
        "origin": "contact_request",
        "name": {"formatted_name": "B"},
        "phones": [{"phone": "+55 11 98765-4321"}],
    }
    await door.say(written(door, who, wamid="wamid.2", minutes=-30, type="contacts", contacts=[card]))
    assert await door.owner("phone", "+5511987654321") == person
    # WhatsApp spells the number without the ninth digit: the same person, and what we dial stays.
    await door.say(written(door, {"from": "551187654321"}, wamid="wamid.3", minutes=-20))
    assert await door.owner("wa_id", "+551187654321") == person
    assert await door.owner("phone", "+5511987654321") == person
    assert await door.rows("SELECT count(*) FROM profile.contact") == [(1,)]


async def test_windows_open_by_the_time_of_the_message_and_by_nothing_else(door: Door) -> None:
    now = door.workspace.clock.now()
    asha = await known(door, ASHA.phone)
    me = {"from": digits(ASHA.phone)}
    ad = {"source_type": "ad", "source_id": "120226305854810726", "headline": "Chat", "ctwa_clid": "x"}
    said = [
        written(door, me, wamid="wamid.new", minutes=-60),
        written(door, me, wamid="wamid.ad", minutes=-120, type="text", text={"body": "hi"}, referral=ad),
        written(
            door,
            me,
            wamid="wamid.react",
            minutes=-5,
            type="reaction",
            reaction={"message_id": "wamid.x", "emoji": "👍"},
        ),
        written(door, me, wamid="wamid.group", minutes=-1, type="text", text={"body": "all"}, group_id="g1"),
    ]
    for message in [*said, said[1]]:
        await door.say(message)
    echo = {
        "from": "1",
        "to": digits(ASHA.phone),
        "id": "wamid.e",
        "timestamp": str(door.at(-2)),
        "type": "text",
    }
    await door.tell(("smb_message_echoes", talk(message_echoes=[{**echo, "text": {"body": "me"}}])))
    free = {
        "id": "wamid.other",
        "status": "sent",
        "timestamp": str(door.at(-110)),
        "recipient_id": digits(ASHA.phone),
        "pricing": {"type": "free_entry_point", "category": "referral_conversion", "billable": False},
    }
    await door.tell(("messages", talk(statuses=[free])))
    async with door.workspace.database.connection() as connection:
        (row,) = (await find_windows(connection, [(NUMBER, asha)])).values()
    assert row.last_inbound_at == now.replace(microsecond=0) - timedelta(minutes=60)
    assert service_window(row, now) == row.last_inbound_at + timedelta(hours=23, minutes=55)
    assert entry_point_window(row, now) == now.replace(microsecond=0) + timedelta(hours=72, minutes=-110)
    events = await door.rows("SELECT name, properties FROM collect.event WHERE contact_id = %s", asha)
    found = dict(events)
    assert found["ad_clicked"] == {"ad": "120226305854810726", "ad_kind": "ad"}
    assert found["reacted"] == {"emoji": "👍"}
    assert found["app_message_sent"] == {"kind": "text"}
    assert [name for name, _ in events].count("message_received") == 3
    assert await door.rows("SELECT count(*) FROM profile.consent WHERE source <> 'import'") == [(0,)]


async def test_a_reaction_may_open_a_window_and_is_never_the_message_an_answer_quotes(door: Door) -> None:
    vault = door.workspace.vault
    now = door.workspace.clock.now()
    thumb = {"message_id": "wamid.x", "emoji": "👍"}
    for orders in itertools.permutations(range(3)):
        who = await known(door, f"+2126{next(_DRAWN):08d}")
        said = [
            written(door, {"from": digits(ASHA.phone)}, wamid="wamid.first", minutes=-9),
            written(door, {"from": digits(ASHA.phone)}, wamid="wamid.words", minutes=-7),
            written(
                door,
                {"from": digits(ASHA.phone)},
                wamid="wamid.thumb",
                minutes=-5,
                type="reaction",
                reaction=thumb,
            ),
        ]
        change = {"field": "messages", "value": talk(messages=said, contacts=[{}])}
        body = {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [change]}]}
        parsed = parse_webhook(json.dumps(body).encode()).messages
        reader = TalkReader(vault=vault, reactions_open_windows=True)
        async with door.workspace.database.transaction() as connection:
            for place in orders:
                heard = reader.read([(parsed[place], who)], now).heard
                await open_windows(connection, vault, heard)
            (row,) = (await find_windows(connection, [(NUMBER, who)])).values()
        assert row.last_inbound_at == parsed[2].occurred_at
        assert row.sealed_last_wamid is not None
        assert await vault.open(who, SEALED_WAMID, row.sealed_last_wamid) == b"wamid.words"


async def test_a_message_that_was_taken_back_is_quoted_by_no_answer_in_any_order(door: Door) -> None:
    vault = door.workspace.vault
    for orders in itertools.permutations(range(3)):
        number = f"+2126{next(_DRAWN):08d}"
        who, me = await known(door, number), {"from": digits(number)}
        wamids = [f"wamid.{next(_DRAWN)}" for _ in range(3)]
        taken = {"type": "revoke", "revoke": {"original_message_id": wamids[1]}}
        said = [
            written(door, me, wamid=wamids[0], minutes=-9),
            written(door, me, wamid=wamids[1], minutes=-7),
            written(door, me, wamid=wamids[2], minutes=-5, **taken),
        ]
        for place in (*orders, 1):
            await door.say(said[place])
        async with door.workspace.database.connection() as connection:
            (row,) = (await find_windows(connection, [(NUMBER, who)])).values()
        opened = row.sealed_last_wamid and await vault.open(who, SEALED_WAMID, row.sealed_last_wamid)
        assert opened in {None, wamids[0].encode()}
        # The window is open for all that, and the next message is quoted again.
        assert row.last_inbound_at == datetime.fromtimestamp(door.at(-7), UTC)
        await door.say(written(door, me, wamid="wamid.next", minutes=-1))
        async with door.workspace.database.connection() as connection:
            (row,) = (await find_windows(connection, [(NUMBER, who)])).values()
        assert row.sealed_last_wamid is not None
        assert await vault.open(who, SEALED_WAMID, row.sealed_last_wamid) == b"wamid.next"


async def test_a_further_referral_takes_nothing_from_what_is_free_already(door: Door) -> None:
    def referred(who: str, minutes: float) -> Any:
        ad = {"source_type": "ad", "source_id": "1", "ctwa_clid": "x"}
        wamid = f"wamid.{who}.{minutes}"
        return written(
            door,
            {"from": digits(who)},
            wamid=wamid,
            minutes=minutes,
            type="text",
            text={"body": "hi"},
            referral=ad,
        )

    async def answered(who: str, minutes: float) -> None:
        status = {
            "id": f"wamid.{who}.answer{minutes}", "status": "sent", "timestamp": str(door.at(minutes)),
            "recipient_id": digits(who), "pricing": {"type": "free_entry_point", "billable": False},
        }  # fmt: skip
        await door.tell(("messages", talk(statuses=[status])))

    async def free_until(contact_id: ContactId) -> float | None:
        now = door.workspace.clock.now()
        async with door.workspace.database.connection() as connection:
            (row,) = (await find_windows(connection, [(NUMBER, contact_id)])).values()
        end = entry_point_window(row, now)
        return None if end is None else round((end - now).total_seconds() / 60)

    asha, bilal = await known(door, ASHA.phone), await known(door, BILAL.phone)
    await door.say(referred(ASHA.phone, -120))
    await answered(ASHA.phone, -110)
    assert await free_until(asha) == 72 * 60 - 110
    for _ in range(2):
        await door.say(referred(ASHA.phone, -60))
        assert await free_until(asha) == 72 * 60 - 110
    await answered(ASHA.phone, -50)
    assert await free_until(asha) == 72 * 60 - 50
    # An answer later than a day after its referral made nothing free, whatever comes after it.
    await door.say(referred(BILAL.phone, -60 * 30))
    await answered(BILAL.phone, -60 * 5)
    await door.say(referred(BILAL.phone, -60))
    assert await free_until(bilal) is None


async def test_what_has_no_time_of_its_own_counts_once_however_often_it_comes(door: Door) -> None:
    asha = await known(door, ASHA.phone)
    link = {"click_component": "cta", "tracking_token": "t1"}
    click = {"wa_id": digits(ASHA.phone), "action_type": "marketing_messages_link_click"}
    clicks = [
        {**click, "marketing_messages_link_click_data": data}
        for data in (link, {**link, "click_id": "c1"}, {**link, "tracking_token": "t2"})
    ]
    timeless = {"from": digits(ASHA.phone), "id": "wamid.t", "type": "text", "text": {"body": "STOP"}}
    early = written(door, {"from": digits(ASHA.phone)}, wamid="wamid.f", minutes=30, type="text",
                    text={"body": "STOP"})  # fmt: skip
    for _ in range(3):
        value = talk(contacts=[{"wa_id": digits(ASHA.phone)}], user_actions=clicks)
        await door.tell(("messages", value))
        await door.say(early)
        await door.tell(("messages", talk(messages=[timeless])), is_broken=True)
        door.workspace.clock.advance(7)  # type: ignore[attr-defined]  # the clock of tests stands still
    opened = await door.rows("SELECT count(*) FROM collect.event WHERE name = 'offer_opened'")
    assert opened == [(3,)]
    assert await door.rows("SELECT count(*) FROM profile.suppression") == [(1,)]
    assert await door.stops(asha) == {"stop_word"}


def test_a_window_closes_early_and_an_entry_point_needs_an_answer_within_a_day(door: Door) -> None:
    now = door.workspace.clock.now()
    row = WindowRow(
        business_number_id="1", contact_id=ContactId(1), last_inbound_at=now - timedelta(hours=23)
    )
    assert service_window(row, now) == now + timedelta(minutes=55)
    assert service_window(row, now + timedelta(minutes=55)) is None
    assert service_window(None, now) is None
    for answered, until in ((24, 48), (25, None), (-1, None)):
        referred = WindowRow(
            business_number_id="1",
            contact_id=ContactId(1),
            referral_at=now - timedelta(hours=48),
            entry_answered_at=now + timedelta(hours=answered - 48),
        )
        expected = None if until is None else now + timedelta(hours=until)
        assert entry_point_window(referred, now) == expected


async def test_every_kind_of_message_is_a_fact_with_its_details_sealed(door: Door) -> None:
    asha = await known(door, ASHA.phone)
    me = {"from": digits(ASHA.phone)}
    items = [
        {"product_retailer_id": "SKU1", "quantity": 3, "item_price": 19.9, "currency": "MAD"},
        {"product_retailer_id": "SKU2", "quantity": 1, "item_price": 5, "currency": "MAD"},
    ]
    flow = {"name": "flow", "body": "Sent", "response_json": '{"optin":"yes"}'}
    media = {"mime_type": "image/jpeg", "sha256": "x", "id": "1003383421387256", "caption": "look"}
    kinds: list[dict[str, Any]] = [
        {"type": "order", "order": {"catalog_id": "1", "product_items": items}},
        {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": flow}},
        {"type": "image", "image": media},
        {"type": "location", "location": {"latitude": 33.5, "longitude": -7.6}},
        {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
        {"type": "text", "text": {"body": "secret"}},
    ]
    for place, kind in enumerate(kinds):
        await door.say(written(door, me, wamid=f"wamid.{place}", minutes=-30, **kind))
    taken = {"type": "revoke", "revoke": {"original_message_id": "wamid.5"}}
    await door.say(written(door, me, wamid="wamid.r", minutes=-20, **taken))
    found = dict(
        await door.rows(
            "SELECT name, properties FROM collect.event WHERE contact_id = %s AND name <> 'message_received'",
            asha,
        )
    )
    assert found["order_placed"] == {"order_amount": 64.7, "order_currency": "mad", "order_items": 4}
    assert found["flow_completed"] == {"flow": "flow"}
    assert found["message_revoked"] == {}
    # An agreement inside a flow is no consent; what was taken back is gone, the caption of the image is not.
    assert await door.rows("SELECT count(*) FROM profile.consent") == [(1,)]
    assert await door.rows("SELECT count(*) FROM collect.inbound_text") == [(2,)]
    details = await door.rows("SELECT kind, sealed_detail FROM conversation.detail ORDER BY kind")
    assert [kind for kind, _ in details] == ["flow_reply", "location", "media", "order"]
    opened = await door.workspace.vault.open_many([SealItem(asha, SEALED_DETAIL, one) for _, one in details])
    assert b"1003383421387256" in (opened[2] or b"")
    assert not any(b"1003383421387256" in bytes(one) for _, one in details)
    # An edit that says stop is a stop.
    new_text = {"original_message_id": "wamid.4", "message": {"type": "text", "text": {"body": "stop"}}}
    await door.say(written(door, me, wamid="wamid.s", minutes=-10, type="edit", edit=new_text))
    assert await door.stops(asha) == {"stop_word"}


async def test_a_sign_up_is_consent_only_under_a_declared_wording(door: Door) -> None:
    asha, bilal = await known(door, ASHA.phone, has_consent=False), await known(door, BILAL.phone)
    async with door.workspace.database.transaction() as connection:
        await save_signup(connection, Signup(signup_id="5501", purpose="marketing", wording_version="spring"))

    def preference(phone: str, value: str, minutes: float, **more: Any) -> dict[str, Any]:
        told = {"wa_id": digits(phone), "category": "marketing_messages", "value": value}
        return {**told, "timestamp": door.at(minutes), **more}

    said = [
        preference(ASHA.phone, "stop", -50),
        preference(ASHA.phone, "signup", -40, signup_id="5501"),
        preference(CHITRA.phone, "signup", -40, signup_id="666"),
        preference(BILAL.phone, "stop", -50),
        preference(BILAL.phone, "resume", -40),
    ]
    for fact in [*said, *said]:
        await door.tell(("user_preferences", talk(user_preferences=[fact])))
    chitra = await door.owner("phone", CHITRA.phone)
    assert chitra is not None
    # What nobody vouches for does not come before what is proven.
    await door.tell(
        ("user_preferences", talk(user_preferences=[preference(ASHA.phone, "signup", -35, signup_id="666")]))
    )
    assert await door.rows("SELECT is_proven FROM profile.current_consent WHERE contact_id = %s", asha) == [
        (True,)
    ]
    ledger = await door.rows(
        "SELECT contact_id, method, wording_version, is_proven, sealed_evidence IS NOT NULL FROM profile.consent"
        " WHERE source = 'webhook' ORDER BY contact_id"
    )
    assert ledger == [
        (asha, "whatsapp_signup", "spring", True, True),
        (chitra, "whatsapp_signup", "", False, True),
    ]
    assert await door.stops(asha) == set()
    assert await door.stops(bilal) == set()
    # After a stop in words neither lifts anything.
    await door.say(
        written(door, {"from": digits(BILAL.phone)}, minutes=-30, type="text", text={"body": "stop"})
    )
    await door.tell(("user_preferences", talk(user_preferences=[preference(BILAL.phone, "resume", -20)])))
    assert await door.stops(bilal) == {"stop_word"}


async def test_the_spelling_an_answer_tells_is_kept_beside_the_number_dialled(door: Door) -> None:
    asha, bilal = await known(door, ASHA.phone), await known(door, BILAL.phone)
    workspace = door.workspace
    answer = {"contacts": [{"input": ASHA.phone, "wa_id": "2126120000019"}], "messages": [{"id": "wamid.1"}]}
    taken = classify(Answered(200, json.dumps(answer).encode()))
    assert isinstance(taken, Accepted)
    assert taken.spelling == "+2126120000019"
    async with workspace.database.transaction() as connection:
        now = workspace.clock.now()
        spelled = [(asha, taken.spelling), (bilal, ASHA.phone)]
        await learn_spellings(connection, workspace.vault, spelled, now)
        await learn_spellings(connection, workspace.vault, spelled, now)
    assert await door.owner("wa_id", taken.spelling) == asha
    assert await door.owner("phone", ASHA.phone) == asha
    assert await door.rows("SELECT count(*) FROM profile.identity WHERE kind = 'wa_id'") == [(1,)]
    # Silence asked for under the spelling is the person's.
    stop = written(door, {"from": digits(taken.spelling)}, type="text", text={"body": "stop"})
    await door.say(stop)
    assert await door.stops(asha) == {"stop_word"}
