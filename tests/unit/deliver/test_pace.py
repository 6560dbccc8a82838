"""Pace and circuit: no second exceeds the throughput, a restart fills no bucket, a storm stops new messages."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sending import START
from typing_extensions import override

from rulecast.account.pacing import START_WINDOW_SECONDS, sending_limit
from rulecast.deliver.circuit import ANSWERS_MIN, PROBE_SECONDS, Circuit, CircuitState
from rulecast.deliver.classify import Rejected
from rulecast.deliver.error_code import CodeAction, CodeOutcome
from rulecast.deliver.pacing import FACTOR_MIN, REST_MAX, NumberPacer, PaceMemory, PairSpacing
from rulecast.deliver.result import effect_of
from rulecast.deliver.start_line import StartLine
from rulecast.deliver.state import MessageState
from rulecast.deliver.steady_clock import SteadyClock
from rulecast.values.clock import ManualClock, SystemClock


def most_in_a_second(starts: list[float]) -> int:
    """Return the largest number of starts in any second, the sliding ones included."""
    most, first = 0, 0
    for last, at in enumerate(starts):
        while starts[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


class Restarted:
    """A number whose sender is killed and started again; commits take as long as they like."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self.clock = ManualClock(START)
        self.starts: list[float] = []
        self.begin(PaceMemory())

    def begin(self, memory: PaceMemory) -> None:
        self.pacer = NumberPacer(throughput_per_second=self.per_second, now=self.clock.now(), memory=memory)
        self.line = StartLine(self.clock, recent=memory.recent_starts)
        self.ready = 0

    def restart(self) -> None:
        now = self.clock.now()
        kept = self.pacer.take_unsaved(now)
        recent = sum(one > now.timestamp() - START_WINDOW_SECONDS for one in self.starts)
        memory = PaceMemory(recent_starts=recent)
        if kept is not None:
            memory = replace(
                memory, factor=kept.factor, factor_at=kept.factor_at, rests_until=kept.rests_until
            )
        self.begin(memory)

    async def send(self, *, gap_ms: int, is_committed: bool = True, inbound: int = 0) -> None:
        """Let time pass and take tokens; what is committed starts, all that waited for it at once."""
        self.clock.advance(gap_ms / 1000)
        self.pacer.inbound_per_second = inbound
        self.ready += self.pacer.take(10_000, self.clock.now())
        while is_committed and self.ready:
            await self.line.wait(self.pacer.limit_per_second)
            self.starts.append(self.clock.now().timestamp())
            self.ready -= 1


@given(
    st.integers(1, 1000),
    st.lists(
        st.tuples(st.integers(1, 300), st.booleans(), st.booleans(), st.integers(0, 40)),
        min_size=1,
        max_size=60,
    ),
)
def test_no_sliding_second_exceeds_the_throughput_whatever_commits_take_and_who_restarts_p8(
    per_second: int, steps: list[tuple[int, bool, bool, int]]
) -> None:
    async def run() -> list[float]:
        number = Restarted(per_second)
        for gap_ms, is_committed, restarts, inbound in steps:
            if restarts:
                number.restart()
            await number.send(gap_ms=gap_ms, is_committed=is_committed, inbound=inbound)
        return number.starts

    assert most_in_a_second(asyncio.run(run())) <= per_second


async def test_a_steady_sender_comes_near_its_throughput() -> None:
    number = Restarted(80)
    while number.clock.now() < START + timedelta(seconds=20):
        await number.send(gap_ms=20)
    assert 74 * 20 <= len(number.starts) <= 80 * 20


async def test_what_comes_in_counts_with_what_goes_out() -> None:
    number = Restarted(80)
    for _ in range(200):
        await number.send(gap_ms=20, inbound=50)
    assert most_in_a_second(number.starts) <= 30
    # A storm of inbound messages leaves a tenth: nobody is cut off by it.
    assert sending_limit(80, inbound_per_second=500) == 8


def test_a_restart_begins_with_an_empty_bucket_p8() -> None:
    assert NumberPacer(throughput_per_second=1000, now=START).take(1000, START) == 0


def test_a_restart_keeps_the_pace_and_the_rest_that_answers_taught() -> None:
    pacer = NumberPacer(throughput_per_second=100, now=START)
    pacer.slow_down(START)
    pacer.rest(60, START)
    kept = pacer.take_unsaved(START)
    assert kept is not None
    assert pacer.take_unsaved(START) is None
    memory = PaceMemory(factor=kept.factor, factor_at=kept.factor_at, rests_until=kept.rests_until)
    later = START + timedelta(seconds=2)
    after = NumberPacer(throughput_per_second=100, now=later, memory=memory)
    assert after.factor == pytest.approx(0.6)
    assert after.take(100, START + timedelta(seconds=59)) == 0
    assert after.take(100, START + timedelta(seconds=62)) > 0


def test_a_clock_put_back_holds_up_neither_start_nor_pair_f61() -> None:
    told = ManualClock(START)
    steady = SteadyClock(told, lambda: 0.0)
    line, pairs = StartLine(steady, recent=5), PairSpacing()
    pairs.note(1, steady.now())
    told.advance(-900)
    assert line.seconds_to_wait(5) == pytest.approx(START_WINDOW_SECONDS)
    assert pairs.seconds_to_wait(1, steady.now()) == pytest.approx(6)
    told.advance(7)
    assert line.seconds_to_wait(5) == pairs.seconds_to_wait(1, steady.now()) == 0
    # What is kept for the next sender is what the clock on the wall says.
    assert steady.as_told(steady.now()) == told.now()


@dataclass(slots=True)
class Machine:
    """Its clock can be set, its seconds cannot."""

    seconds: float = 0.0
    set_by: float = 0.0


@dataclass(frozen=True, slots=True)
class SetClock(SystemClock):
    """The clock of a machine."""

    machine: Machine

    @override
    def now(self) -> datetime:
        return START + timedelta(seconds=self.machine.seconds + self.machine.set_by)

    @override
    async def sleep(self, seconds: float) -> None:
        self.machine.seconds += seconds


async def test_a_clock_that_is_set_adds_no_start_and_no_token_p8_f61() -> None:
    machine = Machine()
    clock = SetClock(machine)
    steady = SteadyClock(clock, lambda: machine.seconds)
    line, pacer = StartLine(steady), NumberPacer(throughput_per_second=80, now=steady.now())
    starts: list[float] = []
    for number in range(240):
        # Forward by what a watch of clocks lets pass, and back again.
        machine.set_by = 29.0 if number % 50 > 25 else 0.0
        await line.wait(80)
        starts.append(machine.seconds)
    assert most_in_a_second(starts) <= 80
    pacer.take(100, steady.now())
    machine.set_by += 20
    assert pacer.take(100, steady.now()) == 0
    assert steady.as_told(steady.now()) == clock.now()


def test_what_a_clock_noted_before_it_was_put_back_is_no_later_than_now_f61() -> None:
    noted = START + timedelta(hours=1)
    memory = PaceMemory(
        factor=0.5,
        factor_at=noted,
        rests_until=noted + timedelta(seconds=60),
        pairs={1: [START - timedelta(seconds=4)], 2: [noted - timedelta(seconds=1), noted]},
    ).held_by(START)
    pairs = PairSpacing(memory.pairs)
    assert pairs.seconds_to_wait(1, START) == pytest.approx(2)
    assert pairs.seconds_to_wait(2, START) == pytest.approx(12)
    pacer = NumberPacer(throughput_per_second=100, now=START, memory=memory)
    assert pacer.factor == 0.5
    assert pacer.take(10, START + timedelta(seconds=59)) == 0
    assert pacer.take(10, START + timedelta(seconds=62)) == 10


def test_a_rest_that_no_answer_orders_ends_within_a_day() -> None:
    memory = PaceMemory(factor_at=START, rests_until=START + timedelta(days=30))
    assert memory.held_by(START).rests_until == START + REST_MAX


def test_a_restart_keeps_the_pairs() -> None:
    pairs = PairSpacing({1: [START - timedelta(seconds=4)], 2: [START - timedelta(seconds=7)]})
    assert pairs.seconds_to_wait(1, START) == pytest.approx(2)
    assert pairs.seconds_to_wait(2, START) == 0


def test_marketing_leaves_the_last_tokens_to_others() -> None:
    pacer = NumberPacer(throughput_per_second=80, now=START)
    now = START + timedelta(seconds=5)
    reserved = pacer.reserve(20)
    assert reserved == 4
    assert pacer.take(100, now, leave=reserved) == 16
    assert pacer.take(100, now, leave=reserved) == 0
    assert pacer.take(100, now) == 4
    # A bucket of one token reserves none: marketing would never start.
    assert NumberPacer(throughput_per_second=1, now=START).reserve(20) == 0


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
