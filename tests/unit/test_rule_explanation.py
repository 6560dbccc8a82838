"""The explanation tree reads like the rule and names the values that decided."""

from datetime import timedelta
from decimal import Decimal

from tests.spec.tables import CATALOGUE, NOW

from rulecast.rule.engine import ConsentFact, EventFact, ExplanationNode, PersonFacts, evaluate, explain
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition

ASHA = PersonFacts(
    contact_id=1,
    attributes={"city": "casablanca"},
    tags=frozenset({"vip"}),
    consents={"marketing": ConsentFact(granted=True, proven=True, at=NOW - timedelta(days=10))},
    events=(
        EventFact(name="purchase", occurred_at=NOW - timedelta(days=1), properties={"amount": Decimal(30)}),
        EventFact(name="message_received", occurred_at=NOW - timedelta(days=20)),
    ),
    first_seen_at=NOW - timedelta(days=60),
    zone="Africa/Casablanca",
)


def explained(text: str) -> ExplanationNode:
    condition = check_condition(text, CATALOGUE)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    tree = explain(condition, ASHA, NOW)
    assert tree.truth == evaluate(condition, ASHA, NOW)
    return tree


def test_the_tree_has_the_parts_of_the_rule_with_this_persons_values() -> None:
    tree = explained('(city = "Rabat" or tag "vip") and not did purchase in last 7 days')
    assert (tree.text, tree.truth) == ("all of", False)
    places, bought = tree.children
    assert (places.text, places.truth) == ("at least one of", True)
    assert [(node.text, node.truth, dict(node.values)) for node in places.children] == [
        ('city = "rabat"', False, {"city": "casablanca"}),
        ('tag "vip"', True, {"tags": ("vip",)}),
    ]
    assert (bought.text, bought.truth) == ("not", False)
    assert dict(bought.children[0].values) == {"times": 1, "last": NOW - timedelta(days=1)}


def test_every_kind_of_condition_names_what_it_looked_at() -> None:
    assert dict(explained("sum(purchase.amount) >= 500").values) == {"sum": Decimal(30)}
    assert dict(explained("silent for 7 days").values)["last message"] == NOW - timedelta(days=20)
    assert dict(explained("consent marketing granted").values)["consent marketing"] is not None
    assert dict(explained("consent service granted").values) == {"consent service": None}
    assert len(dict(explained("did purchase in at least 2 distinct months").values)["months"]) == 1  # type: ignore[arg-type]  # a tuple of days
    assert set(explained("did purchase then visit within 3 days in last 30 days").values) == {
        "purchase at",
        "visit at",
    }
    assert dict(explained("age is missing").values) == {"age": None}


def test_the_last_inbound_message_is_known_from_the_events() -> None:
    assert explained("last_inbound_at before 7 days ago").truth
