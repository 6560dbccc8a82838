"""The analysis of a book: which rules are shadowed, redundant, contradictory or overlap, each by a case."""

from datetime import UTC, datetime

import pytest

from rulecast.rule.analyse import BookRule, Finding, analyse_rules, solver
from rulecast.rule.analyse.boxes import boxes_of
from rulecast.rule.analyse.describe import describe_person
from rulecast.rule.language import RuleProblems
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import check_condition
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="orders", type=AttributeType.INTEGER),
        Attribute(name="interests", type=AttributeType.TEXT_LIST),
        Attribute(name="location", type=AttributeType.PLACE),
    ],
    events=[
        EventDefinition(
            name="purchase", properties={"amount": AttributeType.DECIMAL, "shop": AttributeType.TEXT}
        )
    ],
    labels={"churn_risk": ("low", "high")},
)


def condition(text: str) -> c.Condition:
    found = check_condition(text, CATALOGUE, must_make_sense=False)
    assert not isinstance(found, RuleProblems), found
    return found


def analysed(*texts: str, messages: tuple[str, ...] = ()) -> list[Finding]:
    """Analyse rules called a, b, c ..., the first being the strongest."""
    rules = [
        BookRule(
            name=chr(ord("a") + place),
            condition=condition(text),
            strength=100 - place,
            message=messages[place] if messages else text,
        )
        for place, text in enumerate(texts)
    ]
    return list(analyse_rules(rules, now=NOW))


def kinds(*texts: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.rule, one.others) for one in analysed(*texts) if one.kind != "overlapping"]


def test_a_rule_that_contradicts_itself_means_nobody() -> None:
    assert kinds("orders > 5 and orders < 3") == [("contradictory", "a", ())]


def test_a_rule_inside_a_stronger_one_is_shadowed() -> None:
    assert kinds('city in ("Rabat", "Fes") and orders >= 2', 'city = "Rabat" and orders > 5') == [
        ("shadowed", "b", ("a",))
    ]


def test_a_rule_inside_a_weaker_one_is_not_shadowed() -> None:
    assert kinds('city = "Rabat" and orders > 5', 'city in ("Rabat", "Fes") and orders >= 2') == []


def test_two_stronger_rules_together_shadow_a_third() -> None:
    assert kinds("orders < 5", "orders >= 3 or orders is missing", 'city = "Rabat"') == [
        ("shadowed", "c", ("a", "b"))
    ]


def test_a_narrower_window_is_shadowed_by_a_wider_one() -> None:
    assert kinds("did purchase in last 30 days", "did purchase at least 2 times in last 7 days") == [
        ("shadowed", "b", ("a",))
    ]


def test_the_same_people_and_message_are_redundant() -> None:
    found = analysed(
        'city = "Rabat" and orders > 5', 'orders >= 6 and city = "rabat"', messages=("sale", "sale")
    )
    assert ("redundant", "a", ("b",)) in [(one.kind, one.rule, one.others) for one in found]


def test_a_rule_whose_people_all_get_its_message_by_another_is_redundant() -> None:
    found = analysed('city = "rabat" and orders > 5', 'city = "Rabat"', messages=("sale", "sale"))
    assert ("redundant", "a", ("b",)) in [(one.kind, one.rule, one.others) for one in found]


def test_rules_apart_have_nothing_to_do_with_each_other() -> None:
    assert analysed('city = "Rabat"', 'city = "Fes"') == []
    assert (
        analysed(
            "did purchase at least 5 times in last 7 days", "did purchase at most 2 times in last 30 days"
        )
        == []
    )


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("orders > 5", 'city = "Rabat"', {"orders: 6", 'city: "rabat"'}),
        ('tag "vip"', 'label "churn_risk" is "high"', {'tag "vip"', 'label "churn_risk=high"'}),
        ("age between 18 and 30", 'interests contains "shoes"', {'interests: "shoes"'}),
        ("consent marketing granted", 'bucket("x") < 10', {"consent marketing"}),
        (
            'did purchase where (shop = "Rabat" and amount > 10) at least 2 times in last 7 days',
            "orders is missing",
            {'purchase (amount: 11, shop: "rabat") just now (2 times)'},
        ),
        ("location within 5 km of 33.58, -7.63", 'city starts with "Casa"', {'city: "casa"'}),
    ],
)
def test_an_overlap_is_shown_by_somebody(one: str, other: str, said: set[str]) -> None:
    (found,) = analysed(one, other)
    assert (found.kind, found.certainty) == ("overlapping", "witnessed")
    assert found.witness is not None
    assert said <= set(describe_person(found.witness, now=NOW))


def test_what_boxes_cannot_hold_is_left_to_the_solver() -> None:
    many = " and ".join(f'(city = "c{place}" or orders = {place})' for place in range(8))
    assert boxes_of(condition(many)) is None
    narrow = condition(f"{many} and orders is missing")
    assert solver.is_possible([narrow]) == "impossible"
    assert [one.kind for one in analysed(f"{many} and orders is missing")] == ["contradictory"]


def test_what_nobody_could_decide_is_said_so() -> None:
    found = analysed('city matches "^cas"', 'city matches "rabat$"')
    assert [(one.kind, one.certainty) for one in found] == [("overlapping", "undecided")]
