"""Pacing keeps the limit in every second, and a restart gives nothing back."""

import math
from itertools import pairwise

import pytest

from rulecast.account import Bucket, pair_bucket, throughput_bucket


@pytest.mark.parametrize("per_second", [1, 20, 80, 1000])
def test_no_sliding_second_exceeds_the_throughput(per_second: int) -> None:
    """P8."""
    bucket = throughput_bucket(per_second)
    sent: list[float] = []
    now = 0.0
    while now < 4:
        bucket, taken = bucket.take(1000, now)
        sent += [now] * taken
        now += 0.004
    for number, instant in enumerate(sent):
        inside = sum(1 for other in sent[number : number + per_second + 2] if other < instant + 1)
        assert inside <= per_second
    assert len(sent) >= 0.9 * per_second * 4 - 1


def test_a_new_bucket_is_empty() -> None:
    assert throughput_bucket(80).take(80, 0.0)[1] == 0


def test_a_clock_that_goes_back_adds_nothing() -> None:
    bucket, _ = throughput_bucket(80).take(0, 10.0)
    emptied, _ = bucket.take(80, 10.0)
    assert emptied.take(80, 5.0)[1] == 0


def test_a_person_gets_a_burst_and_then_one_message_in_six_seconds() -> None:
    bucket, first = pair_bucket(0.0).take(60, 0.0)
    assert first == 45
    assert bucket.seconds_until(1, 0.0) == pytest.approx(6.0)
    assert bucket.take(5, 6.0)[1] == 1


def test_what_a_bucket_never_holds_is_never_there() -> None:
    assert Bucket(capacity=2, per_second=1).seconds_until(3, 0.0) == math.inf
    assert Bucket(capacity=2, per_second=0).seconds_until(1, 0.0) == math.inf


def test_waiting_as_told_is_enough() -> None:
    bucket = throughput_bucket(80)
    times = [0.0]
    for _ in range(50):
        times.append(times[-1] + bucket.seconds_until(1, times[-1]) + 1e-9)
        bucket, taken = bucket.take(1, times[-1])
        assert taken == 1
    assert all(later >= earlier for earlier, later in pairwise(times))
