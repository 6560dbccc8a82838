"""What a rule's own clauses mean in time: public holidays, and the days between which it holds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rulecast.policy import local_clock
from rulecast.policy.closed_days import closed_days
from rulecast.policy.local_time import QuietHours, SendingWindow, next_allowed_instant
from rulecast.policy.rule_window import validity_span, window_of_person
from rulecast.rule.language.document import Validity
from rulecast.values.public_holidays import public_holidays

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
INDEPENDENCE_DAY = date(2026, 11, 18)
EVENING = SendingWindow(weekdays=frozenset(range(7)), start_minute=20 * 60, end_minute=22 * 60)


def test_a_country_rests_on_its_own_days() -> None:
    morocco, france = public_holidays("MA", 2026), public_holidays("FR", 2026)
    assert morocco is not None
    assert france is not None
    assert INDEPENDENCE_DAY in morocco
    assert INDEPENDENCE_DAY not in france
    assert date(2026, 7, 14) in france


def test_a_day_that_follows_the_moon_closes_its_neighbours_too() -> None:
    found = public_holidays("MA", 2026)
    assert found is not None
    assert {date(2026, 3, day) for day in (19, 20, 21, 22)} <= found
    assert date(2026, 11, 17) not in found


@pytest.mark.parametrize(("country", "feast"), [("SA", date(2027, 3, 9)), ("CI", date(2027, 5, 16))])
def test_tables_that_do_not_say_what_follows_the_moon_are_not_trusted_to_the_day(
    country: str, feast: date
) -> None:
    found = public_holidays(country, 2027)
    assert found is not None
    assert {feast - timedelta(days=1), feast, feast + timedelta(days=1)} <= found


@pytest.mark.parametrize(
    ("country", "zone", "workspace_zone", "is_closed"),
    [
        ("MA", "", "Europe/Paris", True),
        ("FR", "africa/casablanca", "Africa/Casablanca", False),
        ("", "africa/casablanca", "Europe/Paris", True),
        ("", "", "Africa/Casablanca", True),
        ("XX", "", "Africa/Casablanca", True),
        ("", "", "Europe/Paris", False),
    ],
)
def test_an_unknown_country_is_that_of_the_zone_then_the_workspaces(
    country: str, zone: str, workspace_zone: str, is_closed: bool
) -> None:
    found = closed_days(country, zone, workspace_zone=workspace_zone, at=NOW)
    assert found is not None
    assert (INDEPENDENCE_DAY in found) is is_closed


def test_where_nobody_can_say_every_day_is_closed() -> None:
    assert closed_days("", "", workspace_zone="UTC", at=NOW) is None
    window = window_of_person(EVENING, skips_holidays=True, country="", zone="", workspace_zone="UTC", at=NOW)
    assert window is not None
    assert not window.is_open(datetime(2026, 11, 17, 20, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("country", "zone", "weekdays", "after", "opens_at"),
    [
        # Easter Monday.
        ("FR", "Europe/Paris", {0}, "2027-03-22 21:00", "2027-04-05 18:00"),
        # Boxing Day of 2026 is a Saturday and kept on Monday the 28th.
        ("GB", "Europe/London", {0}, "2026-12-21 22:00", "2027-01-04 20:00"),
        # New Year's Day of 2027 is a Friday.
        ("TN", "Africa/Tunis", {4}, "2026-12-25 21:00", "2027-01-08 19:00"),
        # Spring Festival of 2026 from Monday to the next Monday.
        ("CN", "Asia/Shanghai", {0, 1, 2, 3, 4}, "2026-02-13 14:00", "2026-02-24 12:00"),
    ],
)
def test_a_window_comes_back_after_the_holidays_that_closed_its_week(
    country: str, zone: str, weekdays: set[int], after: str, opens_at: str
) -> None:
    at = datetime.fromisoformat(after).replace(tzinfo=UTC)
    weekly = replace(EVENING, weekdays=frozenset(weekdays))
    window = window_of_person(
        weekly, skips_holidays=True, country=country, zone=zone, workspace_zone="UTC", at=at
    )
    clock = local_clock(zone, country, workspace_zone="UTC")
    night = QuietHours(start_minute=22 * 60, end_minute=9 * 60)
    assert next_allowed_instant(clock, night, window, at=at) == datetime.fromisoformat(opens_at).replace(
        tzinfo=UTC
    )


def test_a_rule_that_does_not_ask_keeps_its_window() -> None:
    for window in (EVENING, None):
        kept = window_of_person(
            window, skips_holidays=False, country="MA", zone="", workspace_zone="UTC", at=NOW
        )
        assert kept is window


def test_a_window_over_midnight_is_closed_where_either_of_its_days_is() -> None:
    night = replace(
        EVENING, start_minute=22 * 60, end_minute=2 * 60, closed_days=frozenset({INDEPENDENCE_DAY})
    )
    hours = {17: 23, 18: 1, 19: 1}
    opened = {day: night.is_open(datetime(2026, 11, day, hour, tzinfo=UTC)) for day, hour in hours.items()}
    assert opened == {17: True, 18: False, 19: False}
    assert night.is_open(datetime(2026, 11, 19, 23, tzinfo=UTC))


def test_a_rule_holds_through_its_last_day_in_the_workspaces_zone() -> None:
    span = validity_span(
        Validity(start=date(2026, 7, 1), end=date(2026, 7, 31)), workspace_zone="Europe/Paris"
    )
    assert span == (datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 7, 31, 22, tzinfo=UTC))
    assert validity_span(Validity(end=date.max), workspace_zone="UTC") == (None, None)
    assert validity_span(None, workspace_zone="UTC") == (None, None)
