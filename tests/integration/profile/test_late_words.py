"""What is said late: a refusal repeated after a grant, values and tags that hold since an earlier time."""

from datetime import timedelta

import msgspec
from tests.people import ASHA

from rulecast.database import Connection, Database, fetch_all, fetch_value
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents, remove_tags
from rulecast.profile.change_contacts import change_contacts
from rulecast.profile.contact import ContactChange
from rulecast.profile.identity import Identity
from rulecast.profile.tags import tag_people
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId, ImportId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import Vault


async def asha(database: Database, vault: Vault, clock: ManualClock) -> ContactId:
    new = NewContact(
        identities=(Identity(kind="phone", value=ASHA.phone),),
        attributes={"city": "rabat", "age": 30},
        personal={"city": "Rabat"},
        source="import",
        first_seen_at=clock.now(),
    )
    async with database.transaction() as connection:
        return (await create_contacts(connection, vault, [new], clock.now()))[0]


async def status(connection: Connection) -> object:
    return await fetch_value(connection, "SELECT status FROM profile.current_consent")


async def test_an_undated_refusal_that_a_later_list_repeats_ends_a_grant_given_between(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    contact = await asha(database, vault, clock)

    def word(status: ConsentStatus, list_number: int) -> ConsentEntry:
        is_grant = status is ConsentStatus.GRANTED
        return ConsentEntry(
            contact_id=contact,
            purpose=Purpose.MARKETING,
            status=status,
            source="import",
            occurred_at=clock.now() if is_grant else None,
            method="web form" if is_grant else "",
            wording_version="2026-01" if is_grant else "",
            import_id=ImportId(list_number),
        )

    refusal = ConsentStatus.WITHDRAWN
    async with database.transaction() as connection:
        await record_consents(connection, vault, [word(refusal, 1)], clock.now())
        clock.advance(30 * 86_400)
        await record_consents(connection, vault, [word(ConsentStatus.GRANTED, 2)], clock.now())
        clock.advance(30 * 86_400)
        # The first list read again says nothing new; another list does, once.
        assert await record_consents(connection, vault, [word(refusal, 1)], clock.now()) == 0
        assert await status(connection) == "granted"
        assert await record_consents(connection, vault, [word(refusal, 3)], clock.now()) == 1
        assert await status(connection) == "withdrawn"
        clock.advance(30 * 86_400)
        assert await record_consents(connection, vault, [word(refusal, 4)], clock.now()) == 0


async def test_a_value_of_an_earlier_time_joins_the_history_and_not_the_present(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    contact = await asha(database, vault, clock)
    late = ContactChange(
        contact_id=contact,
        attributes={"city": "fès", "shoe_size": 38},
        personal={"city": "Fès"},
        attributes_valid_from=clock.now() - timedelta(days=100),
    )
    clock.advance(86_400)

    async with database.transaction() as connection:
        first = await change_contacts(connection, vault, [late], clock.now())
        again = await change_contacts(connection, vault, [late], clock.now())
        stored = await fetch_value(connection, "SELECT attributes::text FROM profile.contact")
        history = await fetch_all(
            connection,
            "SELECT payload ->> 'city' FROM profile.change WHERE kind = 'attributes' ORDER BY valid_from",
        )

    assert msgspec.json.decode(str(stored)) == {"city": "rabat", "age": 30, "shoe_size": 38}
    assert [row[0] for row in history] == ["fès", "rabat"]
    assert first.changed == {contact}
    assert not again.changed


async def test_a_tag_holds_since_the_list_says_so_unless_it_was_taken_away_later(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    contact = await asha(database, vault, clock)
    since = clock.now() - timedelta(days=100)

    async with database.transaction() as connection:
        await tag_people(connection, [(contact, "vip")], clock.now(), valid_from=since)
        held_since = await fetch_value(
            connection, "SELECT valid_from FROM profile.change WHERE kind = 'tag_added'"
        )
        await remove_tags(connection, [(contact, "vip")], clock.now())
        returned = await tag_people(connection, [(contact, "vip")], clock.now(), valid_from=since)

    assert held_since == since
    assert returned == []
