"""The stranger's own windows: what surely breaks a limit is counted, what may have kept it is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_check.account import Account, Attempt
from ledger_check.compare import compare
from ledger_check.ledger import Arrival, Ledger
from ledger_check.limits import Number
from ledger_check.windows import (
    DAY_SECONDS,
    PAIR_BURST,
    Limit,
    Start,
    pairs_too_close,
    people_over,
    starts_too_fast,
)

NUMBER = Number(portfolio_id="9", throughput=Limit(declared=3), people=Limit(declared=2))


def start(earliest: float, latest: float | None = None, *, limit: int = 3, is_answer: bool = False) -> Start:
    return Start(
        earliest=earliest, latest=earliest if latest is None else latest, limit=limit, is_answer=is_answer
    )


@pytest.mark.parametrize(
    ("starts", "broken"),
    [
        ([start(0), start(0.3), start(0.6), start(1.0)], 0),
        ([start(0), start(0.3), start(0.6), start(0.99)], 1),
        ([start(0), start(0), start(0), start(0), start(0)], 2),
        # One of them may have started later.
        ([start(0), start(0.3), start(0.6), start(0.5, 1.2)], 0),
        # What overlaps everything says nothing.
        ([start(0, 9), start(1), start(1.2), start(1.4)], 0),
        ([start(0, 9), start(1), start(1.2), start(1.4), start(1.9)], 1),
    ],
)
def test_more_than_a_number_may_in_a_second_is_counted_p8(starts: list[Start], broken: int) -> None:
    assert starts_too_fast(starts) == broken


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=25), st.integers(1, 4))
def test_each_sliding_second_is_counted_as_by_hand_p8(spans: list[tuple[int, int]], limit: int) -> None:
    starts = [start(first / 10, (first + more) / 10, limit=limit) for first, more in spans]
    broken = starts_too_fast(starts)
    crowded = any(
        sum(one.earliest <= other.earliest and other.latest < one.earliest + 1 for other in starts) > limit
        for one in starts
    )
    assert (broken > 0) == crowded


@pytest.mark.parametrize(
    ("starts", "broken"),
    [
        ([start(0), start(6)], 0),
        ([start(0), start(5.9)], 1),
        # Nobody knows whether six seconds lay between them.
        ([start(0, 2), start(5, 7)], 0),
        ([start(0, 10), start(1, 2)], 0),
        # Two of one group, in whichever order.
        ([start(0, 2), start(0, 2)], 1),
        # A campaign after three answers waits for all of them.
        ([*(start(at, is_answer=True) for at in range(3)), start(17)], 1),
        ([*(start(at, is_answer=True) for at in range(3)), start(18)], 0),
        # Answers borrow 45.
        ([start(0, is_answer=True)] * PAIR_BURST, 0),
        ([*[start(0, is_answer=True)] * PAIR_BURST, start(5, is_answer=True)], 1),
        ([*[start(0, is_answer=True)] * PAIR_BURST, start(6, is_answer=True)], 0),
        ([start(0, 1, is_answer=True), start(0.5, 1)], 0),
    ],
)
def test_a_pair_without_its_rest_is_counted_p8(starts: list[Start], broken: int) -> None:
    assert pairs_too_close(starts) == broken


def test_people_of_a_rolling_day_beyond_the_limit_are_counted_p8() -> None:
    limit = Limit(declared=2)
    assert people_over([(0, "a", limit), (1, "b", limit), (2, "a", limit)]) == 0
    assert people_over([(0, "a", limit), (1, "b", limit), (2, "c", limit)]) == 1
    assert people_over([(0, "a", limit), (1, "b", limit), (DAY_SECONDS, "c", limit)]) == 0
    # Who was written to again still counts.
    again = [(0, "a", limit), (1, "b", limit), (2, "a", limit), (DAY_SECONDS + 1.5, "c", limit)]
    assert people_over(again) == 0
    assert people_over([*again, (DAY_SECONDS + 1.6, "d", limit)]) == 1


def test_a_limit_that_meta_told_holds_once_it_was_heard() -> None:
    limit = Limit(declared=80, told=20, told_at=100)
    assert [limit.at(at) for at in (99, 101.9, 102.1)] == [80, 80, 20]
    assert Limit(declared=None).at(0) is None


def test_each_limit_is_looked_at_in_the_ledger_of_requests_p8() -> None:
    ledger, account = (
        Ledger(),
        Account(attempts={}, numbers={"1": NUMBER}, missing_messages=0, open_in_finished=0),
    )

    def counts() -> tuple[int, int, int]:
        found = compare(ledger, account)
        assert found.is_clean == (not any((found.too_fast, found.too_close, found.too_many_people)))
        return found.too_fast, found.too_close, found.too_many_people

    first = Arrival(number="1", to="a", opaque=b"0", at_seconds=1000.0, is_accepted=False)
    ledger.arrivals = [replace(first, opaque=bytes([one]), at_seconds=1000 + one / 10) for one in range(4)]
    # Refused requests count for the second alone.
    assert counts() == (1, 0, 0)
    ledger.arrivals[0] = replace(ledger.arrivals[0], number="stranger")
    assert counts() == (0, 0, 0)
    ledger.arrivals = [replace(first, is_accepted=True), replace(first, is_accepted=True, at_seconds=1003.0)]
    assert counts() == (0, 1, 0)
    ledger.arrivals = [replace(first, to=to, is_accepted=True, opaque=to.encode()) for to in "abc"]
    assert counts() == (0, 0, 1)
    # An answer in an open window reaches nobody new, and what was meant long before is no proof.
    answer = Attempt(
        opaque=b"c", state="unknown", intent_seconds=900.0, message_id=1, run_id=1, contact_id=1,
        message_state="unknown", has_receipt=False, has_consent=True, was_stopped=False, is_marketing=False,
        is_in_window=True, is_answer=True,
    )  # fmt: skip
    account.attempts[b"c"] = answer
    assert counts() == (0, 0, 0)
