"""F56: rows of one person become one contact; rows that contradict what is known are refused, never merged."""

from tests.people import ASHA, BILAL

from rulecast.collect.imports.person import ImportedPerson
from rulecast.profile.identity import Identity
from rulecast.profile.match_people import match_people
from rulecast.values.ids import ContactId

ASHA_ID = ContactId(1)
BILAL_ID = ContactId(2)
PHONE = Identity(kind="phone", value=ASHA.phone)
CUSTOMER = Identity(kind="external", value="A-1")


def row(
    line: int, *, phone: str | None = None, external: str | None = None, **attributes: object
) -> ImportedPerson:
    return ImportedPerson(line=line, phone=phone, external=external, attributes=attributes)


def test_f56_two_rows_of_one_number_are_one_new_person_and_the_later_value_wins() -> None:
    rows = [row(2, phone=ASHA.phone, city="rabat", tier="gold"), row(3, phone=ASHA.phone, city="casablanca")]
    found = match_people(rows, {}, ())

    assert len(found.matches) == 1
    assert found.matches[0].attributes == {"city": "casablanca", "tier": "gold"}
    assert (found.rows_repeated, found.rows_conflicting) == (1, 1)


def test_f56_a_national_variant_finds_the_person_and_keeps_the_stored_number() -> None:
    known = Identity(kind="phone", value="+5511987654321")
    found = match_people([row(2, phone="+551187654321")], {known: ASHA_ID}, {(ASHA_ID, "phone", "")})

    assert found.matches[0].contact_id == ASHA_ID
    assert found.matches[0].new_identities == []
    assert found.rejects == ()


def test_a_row_joins_a_new_identity_to_a_known_person() -> None:
    found = match_people(
        [row(2, phone=ASHA.phone, external="A-1")], {PHONE: ASHA_ID}, {(ASHA_ID, "phone", "")}
    )

    assert found.matches[0].contact_id == ASHA_ID
    assert found.matches[0].new_identities == [CUSTOMER]


def test_identities_of_two_people_are_refused() -> None:
    found = match_people(
        [row(2, phone=ASHA.phone, external="A-1")],
        {PHONE: ASHA_ID, CUSTOMER: BILAL_ID},
        {(ASHA_ID, "phone", ""), (BILAL_ID, "external", "")},
    )

    assert [(one.line, one.code) for one in found.rejects] == [(2, "RC-IMPORT-113")]


def test_two_new_rows_joined_by_a_third_are_refused_as_they_would_be_in_another_batch() -> None:
    rows = [row(2, phone=ASHA.phone), row(3, external="A-1"), row(4, phone=ASHA.phone, external="A-1")]
    found = match_people(rows, {}, ())

    assert len(found.matches) == 2
    assert [one.line for one in found.rejects] == [4]


def test_another_number_for_a_known_person_is_refused() -> None:
    rows = [row(2, external="A-1", phone=BILAL.phone)]
    stored = match_people(rows, {CUSTOMER: ASHA_ID}, {(ASHA_ID, "external", ""), (ASHA_ID, "phone", "")})
    in_one_file = match_people([row(2, external="A-1", phone=ASHA.phone), *rows], {}, ())

    for found in (stored, in_one_file):
        assert [one.code for one in found.rejects] == ["RC-IMPORT-114"]


def test_nothing_printed_shows_a_number() -> None:
    found = match_people([row(2, phone=ASHA.phone, external="A-1")], {}, ())

    assert ASHA.phone[1:] not in repr(found)
    assert "A-1" not in repr(found)
