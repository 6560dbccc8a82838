"""A new template goes out in growing batches, an hour apart."""

from datetime import UTC, datetime, timedelta

import pytest

from rulecast.account.ramp import BATCH_REST, USUAL_BATCHES, Ramp, ramp_now

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("ramp", "hours", "batch", "left"),
    [
        (None, 0, 0, 500),
        (Ramp(batch=0, began_at=START, granted=499), 5, 0, 1),
        (Ramp(batch=0, began_at=START, granted=500), 0.9, 0, 0),
        (Ramp(batch=0, began_at=START, granted=500), 1, 1, 2_000),
        (Ramp(batch=1, began_at=START, granted=2_000), 0.5, 1, 0),
        (Ramp(batch=1, began_at=START, granted=2_000), 30, 2, 10_000),
        (Ramp(batch=2, began_at=START, granted=10_000), 1, 3, None),
        (Ramp(batch=3, began_at=START, granted=0), 1, 3, None),
    ],
)
def test_a_batch_is_followed_by_the_next_one_an_hour_after_it_began(
    ramp: Ramp | None, hours: float, batch: int, left: int | None
) -> None:
    state = ramp_now(ramp, USUAL_BATCHES, at(hours))
    assert (state.ramp.batch, state.left) == (batch, left)
    if left == 0:
        assert state.next_at == START + BATCH_REST


def test_without_batches_nothing_waits() -> None:
    assert ramp_now(None, (), START).left is None
