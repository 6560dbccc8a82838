"""How long a person rests after Meta did not deliver."""

from datetime import UTC, datetime, timedelta

import pytest

from rulecast.deliver.error_code import describe_error_code
from rulecast.gate.rests import UNTIL_THEY_WRITE, RestRule, rest_until

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARKETING = RestRule(kind="marketing", waits_seconds=describe_error_code(131049).waits_seconds)
UNDELIVERED = RestRule(kind="all", waits_seconds=())


def at(*days: float) -> list[datetime]:
    return [START + one * DAY for one in days]


@pytest.mark.parametrize(
    ("days", "rests"),
    [
        ([0], 24 * HOUR),
        ([0, 2], 72 * HOUR),
        ([0, 31, 62], 7 * DAY),
        # Three in 30 days leave one attempt a month.
        ([0, 2, 6], 30 * DAY),
        ([0, 15, 29.9], 30 * DAY),
        ([0, 20, 30.1], 7 * DAY),
    ],
)
def test_marketing_rests_longer_after_each_failure_in_a_row(days: list[float], rests: timedelta) -> None:
    failed_at = at(*days)
    assert rest_until(MARKETING, failed_at, last_delivered_at=None) == failed_at[-1] + rests


def test_a_delivered_message_breaks_the_row() -> None:
    failed_at = at(0, 10)
    assert rest_until(MARKETING, failed_at, last_delivered_at=START + 5 * DAY) == failed_at[-1] + DAY
    assert rest_until(MARKETING, failed_at, last_delivered_at=START + 11 * DAY) == failed_at[-1] + DAY


def test_three_undelivered_in_a_month_rest_until_the_person_writes() -> None:
    assert rest_until(UNDELIVERED, at(0, 1), last_delivered_at=None) == START + DAY
    assert rest_until(UNDELIVERED, at(0, 1, 2), last_delivered_at=None) == UNTIL_THEY_WRITE
    assert rest_until(UNDELIVERED, at(0, 20, 40), last_delivered_at=None) == START + 40 * DAY
