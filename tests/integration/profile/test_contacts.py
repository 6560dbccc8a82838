"""People are created once, found by keyed hash, and never stand in a table in clear."""

from datetime import UTC, datetime

from tests.people import ASHA, BILAL, Person

from rulecast.collect import NewEvent, record_events
from rulecast.database import Database, fetch_all, fetch_value
from rulecast.profile import (
    ConsentEntry,
    NewContact,
    add_tags,
    create_contacts,
    find_contacts,
    record_consents,
    remove_tags,
)
from rulecast.profile.identity import Identity, lookup_of, lookups_of, phone_variants
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import Vault


def person(who: Person, now: datetime) -> NewContact:
    return NewContact(
        identities=(Identity(kind="phone", value=who.phone),),
        attributes={"city": who.city.casefold(), "country": who.country.casefold()},
        personal={"first_name": who.name},
        source="import",
        first_seen_at=now,
    )


async def create(database: Database, vault: Vault, clock: ManualClock) -> list[ContactId]:
    async with database.transaction() as connection:
        people = [person(ASHA, clock.now()), person(BILAL, clock.now())]
        return await create_contacts(connection, vault, people, clock.now())


async def test_a_created_contact_is_found_by_the_keyed_hash_of_its_phone(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    asha, bilal = await create(database, vault, clock)

    wanted = [
        *lookups_of(vault, ASHA.phone),
        *lookups_of(vault, BILAL.phone),
        *lookups_of(vault, "+212612000099"),
    ]
    async with database.connection() as connection:
        found = await find_contacts(connection, wanted)

    assert found == {wanted[0]: asha, wanted[1]: bilal}


async def test_every_contact_has_a_guard_row_and_change_rows(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    ids = await create(database, vault, clock)

    async with database.connection() as connection:
        guards = await fetch_all(connection, "SELECT contact_id FROM profile.sending_guard ORDER BY 1")
        changes = await fetch_all(
            connection, "SELECT contact_id, kind, payload FROM profile.change ORDER BY contact_id, kind DESC"
        )
        country = await fetch_value(connection, "SELECT country FROM profile.contact LIMIT 1")

    assert [row[0] for row in guards] == sorted(ids)
    assert [(row[1], row[2]) for row in changes if row[0] == ids[0]] == [
        ("contact", {"is_reachable": True, "source": "import"}),
        ("attributes", {"city": "casablanca", "country": "ma"}),
    ]
    assert country == "MA"


async def test_tags_are_folded_and_written_once(database: Database, vault: Vault, clock: ManualClock) -> None:
    asha, _ = await create(database, vault, clock)

    async with database.transaction() as connection:
        assert await add_tags(connection, [(asha, " VIP "), (asha, "vip")], clock.now()) == 1
        assert await add_tags(connection, [(asha, "Vip")], clock.now()) == 0
        assert await remove_tags(connection, [(asha, "vip"), (asha, "other")], clock.now()) == 1
        kinds = await fetch_all(
            connection, "SELECT kind FROM profile.change WHERE kind LIKE 'tag%' ORDER BY change_id"
        )

    assert [row[0] for row in kinds] == ["tag_added", "tag_removed"]


async def test_the_ledger_says_each_thing_once_and_a_tie_is_a_stop(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    asha, _ = await create(database, vault, clock)
    said_at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    granted = ConsentEntry(
        contact_id=asha,
        purpose=Purpose.MARKETING,
        status=ConsentStatus.GRANTED,
        occurred_at=said_at,
        method="web form",
        wording_version="2026-01",
        evidence="form 81",
        source="import",
    )
    withdrawn = ConsentEntry(
        contact_id=asha,
        purpose=Purpose.MARKETING,
        status=ConsentStatus.WITHDRAWN,
        occurred_at=said_at,
        source="import",
    )
    undated = ConsentEntry(
        contact_id=asha, purpose=Purpose.SERVICE, status=ConsentStatus.GRANTED, source="import"
    )

    counts = []
    for entries in ([granted, granted], [granted], [withdrawn], [undated], [undated]):
        clock.advance(60)
        async with database.transaction() as connection:
            counts.append(await record_consents(connection, vault, entries, clock.now()))
    async with database.connection() as connection:
        current = await fetch_all(
            connection, "SELECT purpose, status, is_proven FROM profile.current_consent ORDER BY purpose"
        )

    assert counts == [1, 0, 1, 1, 0]
    assert current == [("marketing", "withdrawn", False), ("service", "granted", False)]


async def test_an_event_is_recorded_once_in_the_partition_of_its_month(
    database: Database, vault: Vault, clock: ManualClock
) -> None:
    asha, _ = await create(database, vault, clock)
    event = NewEvent(
        contact_id=asha,
        name="purchase",
        occurred_at=datetime(2017, 3, 1, 8, 30, tzinfo=UTC),
        event_key=vault.lookup_index("event", "purchase\x1f1"),
        source="import",
        properties={"department": "grocery"},
    )

    async with database.transaction() as connection:
        assert await record_events(connection, [event, event], clock.now()) == 1
        assert await record_events(connection, [event], clock.now()) == 0
        parts = await fetch_all(connection, "SELECT tableoid::regclass::text FROM collect.event")

    assert parts == [("collect.event_201703",)]


def test_brazilian_numbers_are_known_in_both_spellings(vault: Vault) -> None:
    assert phone_variants("+5511987654321") == ("+5511987654321", "+551187654321")
    assert phone_variants("+551187654321") == ("+551187654321", "+5511987654321")
    # A landline (2 to 5) gains no 9, and a mobile whose rest looks like one is not that landline.
    assert phone_variants("+551132345678") == ("+551132345678",)
    assert phone_variants("+5511932345678") == ("+5511932345678",)
    assert phone_variants(ASHA.phone) == (ASHA.phone,)
    assert lookup_of(vault, Identity(kind="phone", value=ASHA.phone)) == lookups_of(vault, ASHA.phone)[0]
