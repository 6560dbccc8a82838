"""Between what and what a plan costs."""

from datetime import date

from rulecast.account.rate_card import Rate
from rulecast.plan.cost import Line, cost_interval


def rate(price_e4: int, tier_from: int) -> Rate:
    return Rate(
        market="India",
        category="utility",
        effective_from=date(2026, 10, 1),
        currency="INR",
        price_e4=price_e4,
        source="card",
        tier_from=tier_from,
    )


def line(count: int = 100, **more: object) -> Line:
    usual: dict[str, object] = {
        "count": count,
        "cost_e4": count * 1000,
        "free_e4": 0,
        "tiers": (rate(1000, 0),),
        "charged": 0,
        "marketing_e4": 0,
    }
    return Line(**{**usual, **more})  # type: ignore[arg-type] # the fields above, some of them replaced


def test_without_a_past_all_messages_are_expected_to_arrive() -> None:
    found = cost_interval([line()], arrived=9, sampled=99)
    assert (found.low_e4, found.expected_e4, found.high_e4) == (100_000, 100_000, 100_000)
    assert found.delivered_percent is None


def test_the_share_that_arrived_lowers_what_is_expected_and_never_the_highest() -> None:
    found = cost_interval([line(), line()], arrived=80, sampled=100)
    assert (found.low_e4, found.expected_e4, found.high_e4) == (160_000, 160_000, 200_000)
    assert found.delivered_percent == 80


def test_entry_points_and_volume_tiers_lower_the_cost_and_marketing_raises_it() -> None:
    tiers = (rate(1000, 0), rate(500, 40))
    found = cost_interval(
        [line(tiers=tiers, charged=10, free_e4=5_000, marketing_e4=3000)], arrived=0, sampled=0
    )
    # 30 messages at the first price, 70 at the second.
    assert found.low_e4 == 30 * 1000 + 70 * 500 - 5_000
    assert found.expected_e4 == 95_000
    assert found.high_e4 == 300_000
    assert found.free_e4 == 5_000


def test_nobody_costs_nothing() -> None:
    found = cost_interval([], arrived=0, sampled=0)
    assert (found.low_e4, found.expected_e4, found.high_e4) == (0, 0, 0)
