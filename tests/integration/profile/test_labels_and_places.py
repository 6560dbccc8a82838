"""Labels and places reach both evaluators alike: the mart by its sync, the reference by the facts of one person."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.people import ASHA, BILAL, Person

from rulecast.database import Database, fetch_all, fetch_value
from rulecast.plan.store import read_people
from rulecast.profile import LabelEntry, NewContact, create_contacts, record_labels
from rulecast.profile.identity import Identity
from rulecast.profile.marks import Marks, set_marks
from rulecast.rule.engine import evaluate
from rulecast.rule.engine.mart import Frame, Mart
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, Place
from rulecast.values.ids import ContactId
from rulecast.vault import Vault

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
CATALOGUE = Catalogue.of(
    attributes=[Attribute(name="location", type=AttributeType.PLACE)],
    places=[Place(name="maarif", latitude=Decimal("33.5731"), longitude=Decimal("-7.6298"))],
    labels={"churn_risk": ("low", "high"), "regular": ()},
)
PLACES = {
    ASHA: {"latitude": Decimal("33.58"), "longitude": Decimal("-7.63")},
    BILAL: {"latitude": Decimal("34.02"), "longitude": Decimal("-6.84")},
}


def person(who: Person) -> NewContact:
    return NewContact(
        identities=(Identity(kind="phone", value=who.phone),),
        attributes={"location": PLACES[who]},
        source="import",
        first_seen_at=NOW - timedelta(days=30),
    )


@pytest.fixture
async def people(database: Database, vault: Vault) -> tuple[ContactId, ContactId]:
    async with database.transaction() as connection:
        asha, bilal = await create_contacts(connection, vault, [person(ASHA), person(BILAL)], YESTERDAY)
    return asha, bilal


async def say(database: Database, *entries: LabelEntry, now: datetime = YESTERDAY) -> int:
    async with database.transaction() as connection:
        return await record_labels(connection, entries, now)


async def test_the_newest_word_about_a_label_wins_and_is_logged_once(
    database: Database, people: tuple[ContactId, ContactId]
) -> None:
    asha, bilal = people
    high = LabelEntry(contact_id=asha, label="churn_risk", value="high")
    assert await say(database, high, LabelEntry(contact_id=asha, label="regular")) == 2
    assert await say(database, high) == 0
    late = LabelEntry(
        contact_id=asha, label="churn_risk", value="low", valid_from=YESTERDAY - timedelta(days=9)
    )
    assert await say(database, late) == 0
    assert await say(database, LabelEntry(contact_id=asha, label="churn_risk", value=None), now=NOW) == 1
    assert await say(database, LabelEntry(contact_id=bilal, label="churn_risk", value=None)) == 0
    async with database.connection() as connection:
        said = await fetch_all(
            connection, "SELECT payload FROM profile.change WHERE kind = 'label' ORDER BY change_id", {}
        )
    assert [row[0] for row in said] == [
        {"label": "churn_risk", "value": "high"},
        {"label": "regular", "value": ""},
        {"label": "churn_risk", "value": None},
    ]


async def test_who_objects_to_profiling_is_given_no_label(
    database: Database, people: tuple[ContactId, ContactId]
) -> None:
    asha, _ = people
    async with database.transaction() as connection:
        await set_marks(connection, [asha], Marks(objects_to_profiling=True), YESTERDAY)
    assert await say(database, LabelEntry(contact_id=asha, label="churn_risk", value="high")) == 0
    async with database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM profile.label", {}) == 0


@pytest.mark.parametrize(
    ("label", "value"), [("", "x"), ("a=b", "x"), ("x" * 65, ""), ("risk", "y" * 65)], ids=repr
)
async def test_a_label_that_is_no_word_is_refused(
    database: Database, people: tuple[ContactId, ContactId], label: str, value: str
) -> None:
    with pytest.raises(ValueError, match="a label has between"):
        await say(database, LabelEntry(contact_id=people[0], label=label, value=value))


async def test_the_mart_and_the_reference_know_labels_and_places(
    database: Database, tmp_path: Path, people: tuple[ContactId, ContactId]
) -> None:
    asha, bilal = people
    await say(
        database,
        LabelEntry(contact_id=asha, label="churn_risk", value="high"),
        LabelEntry(contact_id=asha, label="regular"),
        LabelEntry(contact_id=bilal, label="churn_risk", value="low"),
    )
    await say(database, LabelEntry(contact_id=bilal, label="churn_risk", value=None), now=NOW)
    mart = await Mart.open(
        tmp_path / "mart.duckdb", bytes(32), catalogue=CATALOGUE, zone_rows=lambda: [("UTC", YESTERDAY, 0)]
    )
    async with database.connection() as connection:
        await mart.sync(connection)
    later, before = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    for text, now, expected in (
        ('label "churn_risk" is "high"', later, {asha}),
        ('label "churn_risk"', later, {asha}),
        ('label "churn_risk"', before, {asha, bilal}),
        ('not label "churn_risk" is "high"', before, {bilal}),
        ('label "regular"', later, {asha}),
        ('location within 5 km of place "maarif"', later, {asha}),
        ('not location within 5 km of place "maarif"', later, {bilal}),
    ):
        condition = check_condition(text, CATALOGUE)
        assert not isinstance(condition, RuleProblems), condition.render(text)
        assert set(await mart.match(condition, Frame(now=now, as_of=now))) == expected, text
        if now == later:
            assert set(await mart.match(condition, Frame(now=now))) == expected, text
        async with database.connection() as connection:
            facts = await read_people(
                connection, people, catalogue=CATALOGUE, events_read=(), valid_until=now, known_until=later
            )
        assert {one for one in people if evaluate(condition, facts[one], now)} == expected, text
    await mart.close()
