"""The sequential test is wrong no more often than it says, however often one looks, and soon right about a bad one."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.statistics import evidence_above, is_above, upper_bound

shares = st.floats(0.0005, 0.9)


@given(st.integers(0, 400), st.integers(0, 400), shares, st.floats(0, 1))
def test_one_more_message_raises_the_expected_evidence_nowhere_below_the_usual_share(
    bad: int, good: int, usual: float, below: float
) -> None:
    # With this in every state Ville's inequality bounds the false alarms over all looks.
    true, total = usual * below, bad + good
    before = evidence_above(bad, total, usual=usual)
    after_bad = evidence_above(bad + 1, total + 1, usual=usual) - before
    after_good = evidence_above(bad, total + 1, usual=usual) - before
    assert true * math.exp(after_bad) + (1 - true) * math.exp(after_good) <= 1 + 1e-9


@given(st.integers(0, 300), st.integers(1, 300), shares)
def test_a_bad_end_instead_of_a_good_one_never_lowers_the_evidence(bad: int, good: int, usual: float) -> None:
    total = bad + good
    assert evidence_above(bad + 1, total, usual=usual) >= evidence_above(bad, total, usual=usual)


@pytest.mark.parametrize("usual", [0.004, 0.01, 0.05, 0.1])
def test_false_alarms_over_a_whole_campaign_stay_below_the_stated_rate(usual: float) -> None:
    alpha, campaigns, chance = 0.02, 600, random.Random(8)
    alarms = 0
    for _ in range(campaigns):
        bad = 0
        for total in range(1, 601):
            if chance.random() < usual:
                bad += 1
                # The evidence rises with bad ends only: looking at those is looking always.
                if is_above(bad, total, usual=usual, alpha=alpha):
                    alarms += 1
                    break
    # Four standard deviations above the bound.
    assert alarms <= campaigns * alpha + 4 * math.sqrt(campaigns * alpha)


@pytest.mark.parametrize(
    ("true", "messages_max"),
    [(0.5, 12), (0.3, 27), (0.2, 48), (0.1, 138), (0.05, 457)],
)
def test_a_bad_launch_is_seen_within_so_many_outcomes(true: float, messages_max: int) -> None:
    # Usual are 1 % opt-outs, the error rate is the breaker's; the figures are those of nine launches in ten.
    chance, needed = random.Random(3), []
    for _ in range(100):
        bad = total = 0
        while not is_above(bad, max(total, 1), usual=0.01, alpha=1e-4):
            total += 1
            bad += chance.random() < true
        needed.append(total)
    assert sorted(needed)[89] <= messages_max


def test_a_history_bounds_what_is_usual() -> None:
    assert upper_bound(0, 0) == 1.0
    assert 0 < upper_bound(0, 1000) < 0.003
    assert 0.01 < upper_bound(10, 1000) < 0.018
    assert upper_bound(1000, 1000) == pytest.approx(1.0)
    for bad, total, usual in ((2, 1, 0.1), (-1, 3, 0.1), (1, 3, 0.0), (1, 3, 1.0)):
        with pytest.raises(ValueError, match=r"no count|usual share"):
            evidence_above(bad, total, usual=usual)
