"""Quiet hours and windows in every zone and over every change of the clocks (F59, F60, P9)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.unit.policy.quiet_transitions import different_zones, violations

from rulecast.policy import local_clock
from rulecast.policy.local_time import (
    LocalClock,
    QuietHours,
    SendingWindow,
    ZoneClock,
    ZoneStretch,
    end_of_allowance,
    is_open,
    is_quiet,
    next_allowed_instant,
)

NIGHT = QuietHours(start_minute=21 * 60, end_minute=9 * 60)
EVERY_DAY = frozenset(range(7))


def clock_of(zone: str) -> LocalClock:
    return local_clock(zone, "", workspace_zone="UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("08:59", True), ("09:00", False), ("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True)],
)
def test_quiet_hours_run_over_midnight(local: str, quiet: bool) -> None:
    assert is_quiet(clock_of("UTC"), NIGHT, at(f"2026-11-17 {local}")) is quiet


def test_quiet_hours_inside_a_day() -> None:
    noon = QuietHours(start_minute=12 * 60, end_minute=14 * 60)
    assert [is_quiet(clock_of("UTC"), noon, at(f"2026-11-17 {hour}:00")) for hour in (11, 12, 13, 14)] == [
        False,
        True,
        True,
        False,
    ]


def test_no_quiet_hours_are_never_quiet() -> None:
    assert not is_quiet(clock_of("UTC"), None, at("2026-11-17 03:00"))


def test_the_next_allowed_instant_is_the_end_of_the_quiet_hours() -> None:
    found = next_allowed_instant(clock_of("Europe/Paris"), NIGHT, None, at=at("2026-11-17 21:30"))
    assert found == at("2026-11-18 08:00")


def test_a_gap_gives_the_first_valid_minute_after_it() -> None:
    """F59: in Paris 02:30 does not exist on 29 March 2026; the clock jumps from 02:00 to 03:00."""
    until_half_past_two = QuietHours(start_minute=21 * 60, end_minute=150)
    found = next_allowed_instant(
        clock_of("Europe/Paris"), until_half_past_two, None, at=at("2026-03-29 00:30")
    )
    assert found == at("2026-03-29 01:00")


def test_an_overlap_is_quiet_if_either_reading_is() -> None:
    """F59: in Paris the hour from 02:00 comes twice on 25 October 2026; quiet hours that end inside it end once."""
    until_half_past_two = QuietHours(start_minute=21 * 60, end_minute=150)
    clock = clock_of("Europe/Paris")
    first_reading, second_reading = at("2026-10-25 00:45"), at("2026-10-25 01:15")
    assert is_quiet(clock, until_half_past_two, first_reading)
    assert is_quiet(clock, until_half_past_two, second_reading)
    assert next_allowed_instant(clock, until_half_past_two, None, at=first_reading) == at("2026-10-25 01:30")


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia"])
def test_odd_zones_and_the_date_line_keep_quiet(zone: str) -> None:
    clock = clock_of(zone)
    start = at("2026-04-04 00:00")
    for step in range(0, 60 * 24 * 3, 7):
        moment = start + timedelta(minutes=step)
        found = next_allowed_instant(clock, NIGHT, None, at=moment)
        assert found is not None
        assert not is_quiet(clock, NIGHT, found)


def test_every_zone_keeps_quiet_around_every_change_of_its_clock_until_2037_f59() -> None:
    """P9: by no reading of the zone's own file is it quiet where sending is allowed."""
    zones, looked, wrong = different_zones(), 0, []
    for zone in zones:
        seen, found = violations(zone, (-61, -31, -30, -1, 0, 1, 29, 30, 31, 60, 61, 119), searches=False)
        looked, wrong = looked + seen, wrong + found
    for zone in zones[::8]:
        wrong += violations(zone, ())[1]
    assert wrong == []
    # Some hundred ways, in which the six hundred zones of the wheel run.
    assert len(zones) > 80
    assert looked > 40_000


def test_an_unknown_zone_takes_the_strictest_of_the_country() -> None:
    """F60: at 14:00 UTC it is 9 in New York but 6 in Los Angeles; at 01:00 UTC it is night in New York."""
    somewhere = local_clock("", "US", workspace_zone="UTC")
    assert is_quiet(somewhere, NIGHT, at("2026-11-17 15:00"))
    assert is_quiet(somewhere, NIGHT, at("2026-11-18 02:30"))
    assert not is_quiet(somewhere, NIGHT, at("2026-11-17 22:00"))


def test_a_country_without_a_zone_takes_the_workspace_s() -> None:
    assert [zone.zone for zone in local_clock("", "ZZ", workspace_zone="Africa/Casablanca").zones] == [
        "Africa/Casablanca"
    ]
    assert [zone.zone for zone in local_clock("nowhere/at all", "MA", workspace_zone="UTC").zones] == [
        "Africa/Casablanca"
    ]


def test_a_stored_zone_is_found_in_whatever_case() -> None:
    assert local_clock("africa/casablanca", "", workspace_zone="UTC") == local_clock(
        "Africa/Casablanca", "", workspace_zone="UTC"
    )


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one zone"):
        LocalClock(zones=())


def test_a_window_opens_on_its_days_only() -> None:
    tuesdays = SendingWindow(weekdays=frozenset({1}), start_minute=20 * 60, end_minute=22 * 60)
    clock = clock_of("UTC")
    assert is_open(clock, tuesdays, at("2026-11-17 20:00"))
    assert not is_open(clock, tuesdays, at("2026-11-17 22:00"))
    assert not is_open(clock, tuesdays, at("2026-11-18 20:30"))
    assert next_allowed_instant(clock, None, tuesdays, at=at("2026-11-17 22:00")) == at("2026-11-24 20:00")


def test_a_window_over_midnight_belongs_to_the_day_it_opened() -> None:
    late = SendingWindow(weekdays=frozenset({1}), start_minute=22 * 60, end_minute=60)
    clock = clock_of("UTC")
    assert is_open(clock, late, at("2026-11-17 23:00"))
    assert is_open(clock, late, at("2026-11-18 00:30"))
    assert not is_open(clock, late, at("2026-11-17 00:30"))
    assert not is_open(clock, late, at("2026-11-18 01:00"))


def test_a_window_until_midnight_ends_with_the_day() -> None:
    """F63: 24:00 is the end of the day."""
    evening = SendingWindow(weekdays=EVERY_DAY, start_minute=20 * 60, end_minute=24 * 60)
    assert end_of_allowance(clock_of("UTC"), None, evening, at=at("2026-11-17 21:00")) == at(
        "2026-11-18 00:00"
    )


def test_a_window_inside_the_quiet_hours_never_opens() -> None:
    night = SendingWindow(weekdays=EVERY_DAY, start_minute=22 * 60, end_minute=23 * 60)
    assert next_allowed_instant(clock_of("UTC"), NIGHT, night, at=at("2026-11-17 10:00")) is None


@pytest.mark.parametrize("closed", [frozenset(), frozenset({date(2026, 11, 24), date(2026, 12, 1)}), None])
def test_a_window_that_never_opens_is_given_up(closed: frozenset[date] | None) -> None:
    night = SendingWindow(
        weekdays=frozenset({1}), start_minute=22 * 60, end_minute=23 * 60, closed_days=closed
    )
    assert next_allowed_instant(clock_of("UTC"), NIGHT, night, at=at("2026-11-17 10:00")) is None


def test_a_weekly_window_in_the_hour_that_is_left_out_opens_in_the_next_week() -> None:
    """F59: in Paris clocks jump over the hour from 02:00 on Sunday, 29 March 2026."""
    sundays = SendingWindow(weekdays=frozenset({6}), start_minute=2 * 60, end_minute=3 * 60)
    found = next_allowed_instant(clock_of("Europe/Paris"), None, sundays, at=at("2026-03-23 12:00"))
    assert found == at("2026-04-05 00:00")


def test_the_search_goes_on_for_a_quarter_of_a_year_of_closed_days() -> None:
    start = at("2026-11-17 22:00")
    tuesdays = [start.date() + timedelta(weeks=week) for week in range(20)]
    for closed, opens_at in ((12, at("2027-02-16 20:00")), (19, None)):
        window = SendingWindow(
            weekdays=frozenset({1}),
            start_minute=20 * 60,
            end_minute=22 * 60,
            closed_days=frozenset(tuesdays[1 : closed + 1]),
        )
        assert next_allowed_instant(clock_of("UTC"), None, window, at=start) == opens_at


def test_a_window_that_is_always_open_ends_with_the_next_closed_day() -> None:
    always = SendingWindow(
        weekdays=EVERY_DAY, start_minute=0, end_minute=24 * 60, closed_days=frozenset({date(2026, 12, 25)})
    )
    assert end_of_allowance(clock_of("Europe/Paris"), None, always, at=at("2026-11-02 10:00")) == at(
        "2026-12-24 23:00"
    )
    assert end_of_allowance(clock_of("Europe/Paris"), None, always, at=at("2026-12-26 10:00")) is None


def test_without_limits_nothing_closes() -> None:
    assert end_of_allowance(clock_of("UTC"), None, None, at=at("2026-11-17 10:00")) is None
    assert next_allowed_instant(clock_of("UTC"), None, None, at=at("2026-11-17 10:00")) == at(
        "2026-11-17 10:00"
    )


def test_seconds_of_the_running_minute_do_not_matter() -> None:
    moment = at("2026-11-17 20:59").replace(second=59, microsecond=999_999)
    assert not is_quiet(clock_of("UTC"), NIGHT, moment)


def test_the_next_allowed_instant_is_the_earliest() -> None:
    """Against a search minute by minute."""
    window = SendingWindow(weekdays=frozenset({0, 2, 6}), start_minute=8 * 60, end_minute=9 * 60 + 30)
    for zone in ("Europe/Paris", "America/Sao_Paulo", "Asia/Kathmandu"):
        clock = clock_of(zone)
        for hours in range(0, 24 * 5, 23):
            start = at("2026-10-23 00:00") + timedelta(hours=hours)
            slow = next(
                moment
                for minutes in range(60 * 24 * 9)
                if not is_quiet(clock, NIGHT, moment := start + timedelta(minutes=minutes))
                and is_open(clock, window, moment)
            )
            assert next_allowed_instant(clock, NIGHT, window, at=start) == slow


def test_a_clock_far_from_its_stretches_still_answers() -> None:
    clock = ZoneClock(zone="X/Y", stretches=(ZoneStretch(from_utc=at("1990-01-01"), minutes=60),))
    assert clock.readings(at("1980-06-01 12:00")) == frozenset({at("1980-06-01 13:00")})
