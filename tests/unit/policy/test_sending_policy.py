"""The sending policy of a workspace is read strictly, and its defaults are safe."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rulecast.policy import SendingPolicy, read_sending_policy
from rulecast.policy.local_time import QuietHours, SendingWindow
from rulecast.policy.rule_window import sending_window
from rulecast.rule.language.document import DropRest, Schedule, Weekday
from rulecast.values.fields import FieldInvalidError
from rulecast.values.purpose import Purpose

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)


def test_nothing_said_means_the_safe_defaults() -> None:
    policy = read_sending_policy({})
    assert policy == SendingPolicy()
    assert policy.quiet_hours_for(Purpose.MARKETING) == QuietHours(start_minute=21 * 60, end_minute=9 * 60)
    assert [(cap.count_max, cap.window_hours) for cap in policy.caps_for(Purpose.MARKETING)] == [
        (2, 24),
        (5, 168),
    ]
    assert policy.age_minimum_for("MA") == 18


def test_what_a_person_waits_for_knows_no_quiet_hours_and_no_caps() -> None:
    policy = SendingPolicy()
    assert policy.quiet_hours_for(Purpose.TRANSACTIONAL) is None
    assert policy.caps_for(Purpose.SERVICE) == ()


def test_everything_that_is_said_is_read() -> None:
    policy = read_sending_policy(
        {
            "quiet_hours": {"start": "20:30", "end": "24:00"},
            "marketing_caps": [{"count": 1, "per_hours": 24}],
            "age_minimum": 16,
            "age_minimum_by_country": {"US": 21},
            "plan_expiry_hours": 24,
            "freshness_seconds_max": 30,
            "consent_valid_days": 365,
            "withdrawn_wordings": ["2019-v1"],
            "budget_rates": {"MAD": "0.10"},
        }
    )
    assert policy.quiet_hours == QuietHours(start_minute=20 * 60 + 30, end_minute=0)
    assert policy.age_minimum_for("US") == 21
    assert policy.budget_rates == {"MAD": Decimal("0.10")}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"quiet_hour": {}}, "sending_policy.quiet_hour"),
        ({"quiet_hours": {"start": "25:00", "end": "09:00"}}, "sending_policy.quiet_hours.start"),
        ({"quiet_hours": {"start": "09:00", "end": "09:00"}}, "sending_policy.quiet_hours"),
        ({"quiet_hours": {"start": "21:00"}}, "sending_policy.quiet_hours.end"),
        ({"quiet_hours": 9}, "sending_policy.quiet_hours"),
        ({"marketing_caps": []}, "sending_policy.marketing_caps"),
        ({"marketing_caps": [{"count": 0, "per_hours": 24}]}, "sending_policy.marketing_caps[1].count"),
        ({"marketing_caps": "2"}, "sending_policy.marketing_caps"),
        ({"age_minimum": True}, "sending_policy.age_minimum"),
        ({"age_minimum_by_country": {"us": 21}}, "sending_policy.age_minimum_by_country.us"),
        ({"plan_expiry_hours": 100}, "sending_policy.plan_expiry_hours"),
        ({"withdrawn_wordings": [1]}, "sending_policy.withdrawn_wordings"),
        ({"budget_rates": {"MAD": "-1"}}, "sending_policy.budget_rates.MAD"),
        ({"budget_rates": {"MAD": "x"}}, "sending_policy.budget_rates.MAD"),
    ],
)
def test_bad_input_is_refused_with_its_place(data: dict[str, Any], place: str) -> None:
    with pytest.raises(FieldInvalidError) as refused:
        read_sending_policy(data)
    assert refused.value.place == place


def test_a_consent_expires_by_age_or_by_its_wording() -> None:
    """F53."""
    policy = read_sending_policy({"consent_valid_days": 365, "withdrawn_wordings": ["old"]})
    assert policy.is_consent_expired(NOW - timedelta(days=365), "v1", now=NOW)
    assert policy.is_consent_expired(NOW, "old", now=NOW)
    assert not policy.is_consent_expired(NOW - timedelta(days=364), "v1", now=NOW)
    assert not SendingPolicy().is_consent_expired(NOW - timedelta(days=3650), "v1", now=NOW)


def test_a_cap_says_how_much_of_it_is_used() -> None:
    (daily, _weekly) = SendingPolicy().marketing_caps
    assert (daily.used(1).used, daily.used(1).count_max, daily.used(1).window_hours) == (1, 2, 24)


def test_a_schedule_means_a_window_and_midnight_at_its_end_is_the_end_of_the_day() -> None:
    schedule = Schedule(
        recurrence="once",
        days=(Weekday.MONDAY, Weekday.SUNDAY),
        start=time(20, 30),
        end=time(0, 0),
        leftover=DropRest(),
    )
    assert sending_window(None) is None
    assert sending_window(schedule) == SendingWindow(
        weekdays=frozenset({0, 6}), start_minute=20 * 60 + 30, end_minute=24 * 60
    )


@pytest.mark.parametrize(
    ("declared", "told", "people"),
    [
        (None, None, None),
        (1_000, None, 1_000),
        (None, 10_000, 9_000),
        (10_000, 10_000, 9_000),
        (500, 10_000, 500),
        (None, 0, 0),
    ],
)
def test_what_meta_told_is_kept_a_tenth_below(
    declared: int | None, told: int | None, people: int | None
) -> None:
    assert SendingPolicy().people_per_day(declared, told) == people


def test_the_batches_of_a_new_template_are_declared_or_switched_off() -> None:
    assert read_sending_policy({}).template_ramp is None
    assert read_sending_policy({"template_ramp": []}).template_ramp == ()
    assert read_sending_policy({"template_ramp": [100, 100, 900]}).template_ramp == (100, 100, 900)
    for wrong in ([0], [500, 100], ["500"], [True], [1] * 11):
        with pytest.raises(FieldInvalidError, match="template_ramp"):
            read_sending_policy({"template_ramp": wrong})


def test_a_cap_counts_back_over_its_hours() -> None:
    policy = read_sending_policy({"marketing_caps": [{"count": 2, "per_hours": 36}]})
    assert [cap.window for cap in policy.marketing_caps] == [timedelta(hours=36)]


def test_a_country_may_have_quiet_hours_of_its_own() -> None:
    policy = read_sending_policy({"quiet_hours_by_country": {"FR": {"start": "20:00", "end": "10:00"}}})
    french = QuietHours(start_minute=20 * 60, end_minute=10 * 60)
    assert policy.quiet_hours_for(Purpose.MARKETING, "FR") == french
    assert policy.quiet_hours_for(Purpose.MARKETING, "MA") == policy.quiet_hours_for(Purpose.MARKETING)
    assert policy.quiet_hours_for(Purpose.TRANSACTIONAL, "FR") is None
    for wrong in ({"fr": {"start": "20:00", "end": "10:00"}}, {"FR": {"start": "20:00", "end": "20:00"}}):
        with pytest.raises(FieldInvalidError, match="quiet_hours_by_country"):
            read_sending_policy({"quiet_hours_by_country": wrong})


def test_a_reserve_and_a_warm_up_are_read_and_have_their_limits() -> None:
    policy = read_sending_policy({"reserve_percent": 10, "warm_up": {"start": 100}})
    assert policy.reserved_of(2_000) == 200
    assert policy.warm_up is not None
    assert (policy.warm_up.start, policy.warm_up.until) == (100, 10_000)
    assert (SendingPolicy().reserve_percent, SendingPolicy().warm_up) == (20, None)
    for wrong in ({"reserve_percent": 91}, {"warm_up": {"start": -1}}, {"warm_up": {"pace": 1}}):
        with pytest.raises(FieldInvalidError):
            read_sending_policy(wrong)
