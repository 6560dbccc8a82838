"""A slowed number sends half, then rises to everything within an hour; each further signal halves again."""

from datetime import UTC, datetime, timedelta

from rulecast.account.slowdown import SHARE_MIN, slow_down

NOW = datetime(2026, 11, 17, 20, tzinfo=UTC)


def test_a_slowed_number_sends_half_and_rises_again_within_an_hour() -> None:
    slowed = slow_down(None, NOW)
    assert [slowed.share_at(NOW + timedelta(minutes=many)) for many in (0, 10, 35, 60, 600)] == [
        0.5, 0.5, 0.75, 1.0, 1.0,
    ]  # fmt: skip


def test_signals_halve_one_after_the_other_and_never_stop_the_number() -> None:
    slowed = slow_down(slow_down(None, NOW), NOW)
    assert slowed.share == 0.25
    for _ in range(10):
        slowed = slow_down(slowed, NOW)
    assert slowed.share == SHARE_MIN
    risen = slow_down(slowed, NOW + timedelta(hours=2))
    assert risen.share == 0.5
