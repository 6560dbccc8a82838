"""What the answers of a rule can cost: the free ones of the month go first, and to the cheapest."""

from datetime import date

import pytest

from rulecast.account.rate_card import shipped_rate_card
from rulecast.plan.cost.answers import answers_cost, listed_prices


@pytest.mark.parametrize(
    ("left", "replies", "high_e4"),
    [
        (0, 1, 10 * 23_000 + 5 * 30_000),
        (4, 1, 6 * 23_000 + 5 * 30_000),
        (12, 1, 3 * 30_000),
        (1_000, 1, 0),
        (12, 2, 8 * 23_000 + 10 * 30_000),
    ],
)
def test_answers_cost_at_most_what_everybody_s_would(left: int, replies: int, high_e4: int) -> None:
    people = {"MA": 10, "FR": 5}
    listed = listed_prices(people, shipped_rate_card(), currency="USD", on=date(2026, 11, 22))
    found = answers_cost(listed, replies=replies, left=left)
    assert (found.count_max, found.free_left, found.high_e4) == (15 * replies, left, high_e4)


def test_answers_cost_nothing_before_a_card_prices_them() -> None:
    listed = listed_prices({"MA": 10}, shipped_rate_card(), currency="USD", on=date(2026, 9, 30))
    assert answers_cost(listed, replies=1, left=0).high_e4 == 0
