"""Every kind of condition shows the counts, sums, times and distances that decided."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rulecast.rule.engine import EventFact, ExplanationNode, PersonFacts, evaluate, explain
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, Coordinates, EventDefinition, Place

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
DAY = timedelta(days=1)
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="location", type=T.PLACE),
        Attribute(name="renewal_on", type=T.DATE),
        Attribute(name="orders", type=T.INTEGER),
    ],
    events=[
        EventDefinition(name="signup"),
        EventDefinition(name="purchase", properties={"amount": T.DECIMAL, "campaign": T.TEXT}),
    ],
    places=[Place(name="maarif", latitude=Decimal("33.58"), longitude=Decimal("-7.63"))],
    segments={"vips": 'tag "vip" and orders > 2'},
    labels={"churn_risk": ("high", "low")},
    default_zone="America/New_York",
)
SIGNUP, FIRST, SECOND = NOW - DAY * 12, NOW - DAY * 10, NOW - DAY * 3
PERSON = PersonFacts(
    contact_id=1,
    attributes={
        "city": "casablanca",
        "location": Coordinates(latitude=33.58, longitude=-7.6),
        "renewal_on": date(2026, 11, 20),
        "birth_date": date(1990, 11, 20),
        "orders": 3,
    },
    tags=frozenset({"vip"}),
    labels=frozenset({"churn_risk", "churn_risk=high", "lifecycle", "lifecycle=new"}),
    events=(
        EventFact(name="signup", occurred_at=SIGNUP),
        EventFact(
            name="purchase", occurred_at=FIRST, properties={"amount": Decimal("20.5"), "campaign": "spring"}
        ),
        EventFact(
            name="purchase", occurred_at=SECOND, properties={"amount": Decimal(100), "campaign": "autumn"}
        ),
    ),
    zone="Europe/Paris",
)
NOBODY = PersonFacts(contact_id=2)


def explained(text: str, person: PersonFacts = PERSON) -> ExplanationNode:
    condition = check_condition(text, CATALOGUE)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    tree = explain(condition, person, NOW)
    assert tree.truth == evaluate(condition, person, NOW)
    return tree


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("everybody", {}),
        ('city matches "^casa"', {"city": "casablanca"}),
        ("renewal_on in next 7 days", {"renewal_on": date(2026, 11, 20)}),
        ("birthday in next 7 days", {"birth_date": date(1990, 11, 20)}),
        ('label "churn_risk" is "low"', {"labels": ("churn_risk", "churn_risk=high")}),
        ("local_time between 20:00 and 22:00", {"local_time": "19:55", "zone": "Europe/Paris"}),
        ("local_weekday in weekdays", {"local_weekday": "tuesday", "zone": "Europe/Paris"}),
        ('bucket("autumn") < 10', {"bucket": 56}),
        ("did purchase at most 2 times in last 7 days", {"times": 1, "last": SECOND}),
        (
            "did purchase within 5 days of the first signup",
            {"times": 1, "last": FIRST, "counted from": SIGNUP},
        ),
        ("did purchase in at least 2 distinct days", {"days": (date(2026, 11, 7), date(2026, 11, 14))}),
        (
            "count(purchase) in last 7 days > 2 * count(purchase) between 14 and 7 days ago",
            {"count": 1, "count 2": 1, "right": 2},
        ),
        ("sum(purchase.amount) >= orders", {"sum": Decimal("120.5"), "orders": 3}),
        ("sum(purchase.amount) / 7 > 1", {"sum": Decimal("120.5"), "left": Decimal("17.2143")}),
        ("average(purchase.amount) in last 1 days > 1", {"average": None}),
        (
            "last purchase has (amount >= 10 and occurred_at before 1 days ago)",
            {"last at": SECOND, "amount": Decimal(100), "occurred_at": SECOND},
        ),
        ("last purchase in last 1 days has (amount >= 10)", {"last at": None}),
        ("longest gap between purchase > 60 days", {"longest gap": DAY * 7, "times": 2}),
        ("longest gap between signup > 60 days", {"longest gap": None, "times": 1}),
        ("for some campaign (did purchase in last 7 days)", {"holds for": ("autumn",), "asked": 2}),
    ],
)
def test_an_atom_shows_what_it_read(text: str, values: dict[str, object]) -> None:
    node = explained(text)
    assert dict(node.values) == values
    assert node.children == ()


def test_a_pattern_is_shown_as_it_was_written() -> None:
    assert explained('city matches "^casa"').text == 'city matches "^casa"'


def test_a_distance_is_shown_and_not_where_the_person_is() -> None:
    near = 'location within 10 km of place "maarif"'
    assert dict(explained(near).values) == {"distance_km": 2.779}
    assert dict(explained(near, NOBODY).values) == {"distance_km": None}


def test_a_segment_is_opened() -> None:
    node = explained('in segment "vips"')
    (inside,) = node.children
    assert [(part.text, part.truth) for part in inside.children] == [
        ('tag "vip"', True),
        ("orders > 2", True),
    ]


def test_everything_can_be_explained_for_somebody_of_whom_nothing_is_known() -> None:
    for text in (
        "silent for 7 days",
        "did first signup then not purchase within 14 days",
        "sum(purchase.amount) > orders",
        "for some day (did purchase)",
        "anniversary of renewal_on in next 7 days",
        'in segment "vips"',
        "consent marketing granted",
    ):
        assert not explained(text, NOBODY).truth
