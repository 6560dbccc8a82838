"""The catalogue refuses what rules, or the database, could not tell apart."""

import pytest

from rulecast.values.catalogue import (
    Attribute,
    AttributeType,
    Catalogue,
    CatalogueInvalidError,
    EventDefinition,
    closest_name,
    fold_text,
)

T = AttributeType


@pytest.mark.parametrize("name", ["", "Big", "a b", "été", "1a", "a" * 61, "not", "tag", 'a"b'])
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(CatalogueInvalidError):
        Catalogue.of(attributes=[Attribute(name=name, type=T.TEXT)])


def test_a_property_of_two_types_is_refused() -> None:
    events = [
        EventDefinition(name="order", properties={"amount": T.DECIMAL}),
        EventDefinition(name="refund", properties={"amount": T.INTEGER}),
    ]
    with pytest.raises(
        CatalogueInvalidError, match="amount is decimal in the event order and integer in refund"
    ):
        Catalogue.of(events=events)


def test_a_derived_attribute_needs_a_date() -> None:
    with pytest.raises(CatalogueInvalidError):
        Catalogue.of(attributes=[Attribute(name="years", type=T.INTEGER, derived_from="city")])


def test_an_event_is_found_by_its_alias_unless_another_has_the_name() -> None:
    plain = Catalogue.of()
    assert plain.event("click") is plain.events["clicked"]
    own = Catalogue.of(events=[EventDefinition(name="click")])
    assert own.event("click") is own.events["click"]


def test_sealed_and_derived_attributes_have_no_column() -> None:
    names = [entry.name for entry in Catalogue.of().stored_attributes()]
    assert "first_name" not in names
    assert "age" not in names
    assert "birth_date" in names


def test_codes_keep_their_letters_and_other_texts_are_folded() -> None:
    attributes = Catalogue.of().attributes
    assert attributes["zone"].stored_text("Africa/Casablanca") == "Africa/Casablanca"
    assert attributes["country"].stored_text("MA") == "ma"
    assert fold_text("STRASSE") == fold_text("straße")
    assert fold_text("e\u0301te\u0301") == fold_text("ÉTÉ")


def test_only_near_names_are_suggested() -> None:
    assert closest_name("Cty", ["city", "country"]) == "city"
    assert closest_name("zzz", ["city", "country"]) is None
