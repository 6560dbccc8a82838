"""A young number's day: small first, a step after a good day, half after a bad one, never on hearsay."""

from datetime import UTC, datetime, timedelta

import pytest

from rulecast.account.warm_up import (
    BUDGET_MIN,
    USUAL_TERMS,
    Counts,
    Signals,
    WarmUp,
    WarmUpTerms,
    begin,
    evaluate,
)

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TERMS = WarmUpTerms(start=250, step=500, until=2_500)


def signals(people: int, quality: str = "green", *, before: int = 0, **counts: int) -> Signals:
    return Signals(
        quality=quality,
        counts=Counts(**{"sent": people, **counts}),
        baseline=Counts(sent=before, opted_out=before // 100),
        people=people,
    )


def test_good_days_double_a_small_budget_then_add_steps_until_it_is_over() -> None:
    standing, budgets, now = begin(TERMS, NOW), [], NOW
    while not standing.is_over:
        budgets.append(standing.budget)
        now += DAY
        standing = evaluate(standing, signals(standing.budget), TERMS, now)
    assert budgets == [250, 750, 1250, 1750, 2250]
    assert evaluate(standing, signals(0, "red"), TERMS, now + DAY) == standing


def test_before_a_day_is_over_nothing_changes() -> None:
    standing = begin(TERMS, NOW)
    assert evaluate(standing, signals(250), TERMS, NOW + DAY - timedelta(seconds=1)) == standing


@pytest.mark.parametrize(
    ("bad", "because"),
    [
        (signals(1000, "yellow"), "quality yellow"),
        (signals(1000, "red"), "quality red"),
        (signals(300, opted_out=8), "opt-outs: 8 of 300"),
        (signals(1000, failed=120), "failures: 120 of 1000"),
        (signals(1000, withheld=150), "messages Meta withheld: 150 of 1000"),
    ],
)
def test_a_bad_sign_halves_the_budget_and_freezes_it_for_a_day(bad: Signals, because: str) -> None:
    standing = WarmUp(budget=1000, evaluated_at=NOW)
    cut = evaluate(standing, bad, TERMS, NOW + DAY)
    assert (cut.budget, cut.outcome, cut.because) == (500, "halved", because)
    assert cut.frozen_until == NOW + 2 * DAY
    late = evaluate(cut, signals(500), TERMS, NOW + 2 * DAY - timedelta(hours=1))
    assert late.budget == 500
    assert evaluate(cut, signals(500), TERMS, NOW + 2 * DAY).outcome == "grown"


def test_what_is_usual_for_the_number_itself_or_too_little_to_tell_cuts_nothing() -> None:
    standing = WarmUp(budget=300, evaluated_at=NOW)
    # Of 300 people 0.5 per cent cannot be told from 0.3.
    assert evaluate(standing, signals(300, opted_out=2), TERMS, NOW + DAY).outcome == "grown"
    # One in a hundred has been usual here for long.
    own = signals(1000, before=50_000, opted_out=12)
    assert evaluate(WarmUp(budget=1000, evaluated_at=NOW), own, TERMS, NOW + DAY).outcome == "grown"


def test_a_budget_that_was_hardly_used_stays_and_none_falls_below_the_least() -> None:
    kept = evaluate(WarmUp(budget=1000, evaluated_at=NOW), signals(700), TERMS, NOW + DAY)
    assert (kept.budget, kept.outcome, kept.because) == (1000, "kept", "700 of 1000 people were written to")
    least = evaluate(WarmUp(budget=60, evaluated_at=NOW), signals(60, "red"), TERMS, NOW + DAY)
    assert least.budget == BUDGET_MIN == begin(WarmUpTerms(start=1, step=1, until=9), NOW).budget
    assert USUAL_TERMS.start < USUAL_TERMS.until
