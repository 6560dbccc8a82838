"""A database clock that differs from ours, or jumps, is not sent by (F62)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.deliver.clock_watch import ClockWatch, Reading

MIDNIGHT = 1_790_000_000.0


def reading(at: float, *, database: float = 0.0, wall: float = 0.0, seconds: float = 0.01) -> Reading:
    """A reading `at` seconds after midnight of clocks that are ahead by so much, asked within so many seconds."""
    return Reading(
        database=MIDNIGHT + at + seconds / 2 + database,
        wall_before=MIDNIGHT + at + wall,
        wall_after=MIDNIGHT + at + seconds + wall,
        monotonic_before=at,
        monotonic_after=at + seconds,
    )


@pytest.mark.parametrize(("ahead", "is_doubted"), [(0, 0), (29, 0), (-29, 0), (31, 1), (-31, 1), (86_400, 1)])
def test_clocks_that_differ_by_more_than_half_a_minute_are_doubted_f62(ahead: float, is_doubted: int) -> None:
    for clocks in ({"database": ahead}, {"wall": ahead}):
        watch = ClockWatch()
        watch.note(reading(0, **clocks))
        assert watch.is_doubted is bool(is_doubted)
        # The one that was wrong is put right: messages go on once it has run evenly for a minute, or at once where
        # it had never jumped.
        watch.note(reading(1))
        watch.note(reading(62))
        assert not watch.is_doubted


@pytest.mark.parametrize("jump", [31.0, -31.0, 3600.0, -3600.0])
def test_a_clock_that_jumps_is_believed_after_a_minute_of_even_running_f62(jump: float) -> None:
    """Both clocks of one machine jump together: nothing but the monotonic one tells."""
    watch = ClockWatch()
    watch.note(reading(0))
    for second in range(1, 61):
        watch.note(reading(second, database=jump, wall=jump))
        assert watch.is_doubted
    watch.note(reading(61.1, database=jump, wall=jump))
    assert not watch.is_doubted


def test_who_was_frozen_while_asking_knows_less_and_doubts_nothing_f62() -> None:
    watch = ClockWatch()
    watch.note(reading(0))
    watch.note(reading(1, seconds=600))
    watch.note(reading(602))
    assert not watch.is_doubted


@given(
    st.lists(
        st.tuples(st.floats(0.001, 900), st.floats(0, 900), st.floats(0, 1)),
        max_size=20,
    ),
    st.floats(-29, 29),
)
def test_even_clocks_are_never_doubted_however_long_answers_take_f62(
    steps: list[tuple[float, float, float]], ahead: float
) -> None:
    watch, at = ClockWatch(), 0.0
    for pause, seconds, share in steps:
        at += pause
        watch.note(
            Reading(
                database=MIDNIGHT + at + seconds * share + ahead,
                wall_before=MIDNIGHT + at,
                wall_after=MIDNIGHT + at + seconds,
                monotonic_before=at,
                monotonic_after=at + seconds,
            )
        )
        assert not watch.is_doubted
        at += seconds
