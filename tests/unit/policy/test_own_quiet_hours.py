"""Quiet hours that a person named for themselves: they add to the workspace's, and take nothing from them."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from rulecast.policy.local_time import QuietHours
from rulecast.policy.own_quiet_hours import with_own_hours
from rulecast.policy.sending_policy import SendingPolicy, read_sending_policy
from rulecast.values.clock_time import read_clock_time
from rulecast.values.purpose import Purpose

NIGHT = QuietHours(start_minute=21 * 60, end_minute=9 * 60)
DAY = [datetime(2026, 11, 17, tzinfo=UTC) + timedelta(minutes=one) for one in range(24 * 60)]


def allowed(hours: QuietHours | None) -> str:
    """Return in which minutes of the day a message may go, as spans."""
    minutes = [hours is None or not hours.is_quiet(local) for local in DAY]
    edges = [
        minute for minute in range(24 * 60) if minutes[minute] != (minutes[minute - 1] if minute else False)
    ]
    edges += [24 * 60] if len(edges) % 2 else []
    times = [f"{at // 60:02}:{at % 60:02}" for at in edges]
    return " ".join(f"{start}-{end}" for start, end in zip(times[::2], times[1::2], strict=True))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("", "09:00-21:00"),
        ("20:00-10:30", "10:30-20:00"),
        ("22:00-07:00", "09:00-21:00"),
        ("12:00-14:00", "09:00-12:00 14:00-21:00"),
        ("20:00-08:00", "09:00-20:00"),
        # A side that is not named is the workspace's.
        ("19:30-", "09:00-19:30"),
        ("-11:00", "11:00-21:00"),
        # The whole day, and what cannot be read: nothing goes.
        ("08:00-08:00", ""),
        ("00:00-00:00", ""),
        ("evening-09:00", ""),
        ("25:00-09:00", ""),
        ("21:00-", "09:00-21:00"),
    ],
)
def test_a_persons_own_hours_add_to_those_of_the_workspace(own: str, expected: str) -> None:
    assert allowed(with_own_hours(NIGHT, own)) == expected


def test_no_hours_of_a_person_make_a_quiet_minute_loud() -> None:
    chance = random.Random(60)
    for _ in range(60):
        start, end, first, last = (chance.randrange(24 * 60) for _ in range(4))
        usual = QuietHours(start_minute=start, end_minute=end)
        own = f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"
        both = with_own_hours(usual, own)
        assert all(both.is_quiet(local) for local in DAY if usual.is_quiet(local))


def test_they_hold_beside_the_hours_of_a_country_and_not_for_what_a_person_waits_for() -> None:
    policy = read_sending_policy({"quiet_hours_by_country": {"FR": {"start": "20:00", "end": "10:00"}}})
    assert allowed(policy.quiet_hours_for(Purpose.MARKETING, "FR", "18:00-11:00")) == "11:00-18:00"
    assert allowed(policy.quiet_hours_for(Purpose.SERVICE, "FR", "22:00-08:00")) == "10:00-20:00"
    assert SendingPolicy().quiet_hours_for(Purpose.TRANSACTIONAL, "FR", "00:00-00:00") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21:30", "21:30"),
        ("9:00", "09:00"),
        (" 21H ", "21:00"),
        ("21h30", "21:30"),
        ("07:15:00", "07:15"),
        ("24:00", "00:00"),
        ("24:01", None),
        ("12:60", None),
        ("9", None),
        ("9pm", None),
        ("", None),
    ],
)
def test_a_time_of_the_day_is_read_as_people_write_it(text: str, expected: str | None) -> None:
    assert read_clock_time(text) == expected
