"""Pace and circuit: no second exceeds the throughput, a restart fills no bucket, a storm stops new messages."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sending import START

from rulecast.deliver.circuit import ANSWERS_MIN, PROBE_SECONDS, Circuit, CircuitState
from rulecast.deliver.classify import Rejected
from rulecast.deliver.error_code import CodeAction, CodeOutcome
from rulecast.deliver.pacing import FACTOR_MIN, NumberPacer, PairSpacing
from rulecast.deliver.result import effect_of
from rulecast.deliver.state import MessageState


@given(st.integers(1, 1000), st.lists(st.integers(1, 300), min_size=1, max_size=80))
def test_no_sliding_second_exceeds_the_throughput_p8(per_second: int, gaps_ms: list[int]) -> None:
    pacer, now, taken = NumberPacer(throughput_per_second=per_second, now=START), START, []
    for gap in gaps_ms:
        now += timedelta(milliseconds=gap)
        taken.append((now, pacer.take(10_000, now)))
    for at, _ in taken:
        within = sum(count for other, count in taken if at - timedelta(seconds=1) < other <= at)
        assert within <= max(per_second, 1)


def test_a_restart_begins_with_an_empty_bucket_p8() -> None:
    assert NumberPacer(throughput_per_second=1000, now=START).take(1000, START) == 0


def test_a_throughput_refusal_halves_the_rate_once_a_second_and_it_comes_back_slowly_f18() -> None:
    pacer = NumberPacer(throughput_per_second=100, now=START)
    for _ in range(5):
        pacer.slow_down(START)
    assert pacer.factor == 0.5
    for second in range(1, 20):
        pacer.slow_down(START + timedelta(seconds=2 * second))
    assert pacer.factor >= FACTOR_MIN
    pacer.take(0, START + timedelta(seconds=200))
    assert pacer.factor == 1.0


def test_a_rest_gives_nothing_until_it_is_over() -> None:
    pacer = NumberPacer(throughput_per_second=100, now=START)
    pacer.rest(60, START)
    assert pacer.take(10, START + timedelta(seconds=59)) == 0
    assert pacer.seconds_until_token(START + timedelta(seconds=30)) >= 30
    assert pacer.take(10, START + timedelta(seconds=62)) == 10


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    pacer = NumberPacer(throughput_per_second=100, now=START)
    pacer.take(100, START + timedelta(seconds=1))
    assert pacer.take(100, START - timedelta(hours=1)) == 0


def test_a_pair_rests_between_two_messages() -> None:
    pairs = PairSpacing()
    assert pairs.seconds_to_wait(1, START) == 0
    pairs.note(1, START)
    assert pairs.seconds_to_wait(1, START + timedelta(seconds=2)) == pytest.approx(4)
    assert pairs.seconds_to_wait(2, START) == 0


def test_answers_borrow_a_burst_and_campaigns_wait_until_it_is_repaid() -> None:
    pairs = PairSpacing()
    for _ in range(45):
        assert pairs.seconds_to_wait(1, START, is_answer=True) == 0
        pairs.note(1, START)
    assert pairs.seconds_to_wait(1, START, is_answer=True) == pytest.approx(6)
    assert pairs.seconds_to_wait(1, START) == pytest.approx(45 * 6)
    later = START + timedelta(seconds=12)
    assert pairs.seconds_to_wait(1, later, is_answer=True) == 0
    assert pairs.seconds_to_wait(1, later) == pytest.approx(43 * 6)


def test_only_the_pair_waits_after_a_pair_refusal_f19() -> None:
    rejected = Rejected(
        outcome=CodeOutcome.AGAIN,
        action=CodeAction.PAUSE_PAIR,
        code=131056,
        cause="code_131056",
        wait_seconds=1,
    )
    waits = [effect_of(rejected, attempt=attempt, now=START).send_from for attempt in (1, 2, 3)]
    assert waits == [START + timedelta(seconds=seconds) for seconds in (1, 4, 16)]
    assert effect_of(rejected, attempt=1, now=START).state is MessageState.DEFERRED
    assert effect_of(rejected, attempt=1, now=START).releases


def test_a_storm_opens_the_circuit_and_one_clear_answer_closes_it_f08() -> None:
    now = [0.0]
    circuit = Circuit(lambda: now[0])
    for _ in range(ANSWERS_MIN):
        circuit.record(is_doubtful=True)
    assert circuit.allowed(100) == 0
    probes = 0
    for tenth in range(600):
        now[0] = tenth / 10
        if circuit.allowed(100):
            probes += 1
            circuit.record(is_doubtful=True)
    assert 1 <= probes <= 6
    now[0] += PROBE_SECONDS
    assert circuit.allowed(100) == 1
    assert circuit.state is CircuitState.PROBING
    circuit.record(is_doubtful=False)
    assert circuit.allowed(100) == 100


def test_single_doubts_leave_the_circuit_closed() -> None:
    circuit = Circuit(lambda: 0.0)
    for number in range(200):
        circuit.record(is_doubtful=number % 4 == 0)
    assert circuit.state is CircuitState.CLOSED
