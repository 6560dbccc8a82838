"""The zone table: complete, from the wheel, equal to what zoneinfo says about the same files."""

import random
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files

import pytest

from rulecast.values.zone_offsets import (
    UnknownZoneError,
    local_minutes,
    local_time,
    offset_minutes,
    rows_of,
    tzdata_version,
    utc_of_local,
    zone_names,
)

ZONES = (
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Tunis",
    "Europe/Paris",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "America/New_York",
    "America/St_Johns",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
)


def wheel_zone(name: str) -> zoneinfo.ZoneInfo:
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as source:
        return zoneinfo.ZoneInfo.from_file(source)


@pytest.mark.parametrize("zone", ZONES)
def test_the_table_agrees_with_the_zone_files_at_random_instants(zone: str) -> None:
    chance = random.Random(zone)
    rules = wheel_zone(zone)
    first, last = datetime(1990, 1, 1, tzinfo=UTC), datetime(2040, 12, 31, tzinfo=UTC)
    for _ in range(400):
        instant = first + timedelta(seconds=chance.randrange(int((last - first).total_seconds())))
        offset = instant.astimezone(rules).utcoffset()
        assert offset is not None
        assert timedelta(minutes=offset_minutes(zone, instant)) == offset, instant


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_change_exactly_at_the_rows(zone: str) -> None:
    rules = wheel_zone(zone)
    rows = rows_of(zone)
    for instant, minutes in zip(rows.instants[1:], rows.minutes[1:], strict=True):
        assert instant.astimezone(rules).utcoffset() == timedelta(minutes=minutes)
        assert (instant - timedelta(seconds=1)).astimezone(rules).utcoffset() != timedelta(minutes=minutes)


def test_a_summer_time_of_one_week_is_not_overlooked() -> None:
    october = [at for at in rows_of("America/Recife").instants if (at.year, at.month) == (2000, 10)]
    assert october == [datetime(2000, 10, 8, 3, tzinfo=UTC), datetime(2000, 10, 15, 2, tzinfo=UTC)]


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnknownZoneError, match="tzdata"):
        offset_minutes("Africa/Cassablanca", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(UnknownZoneError):
        rows_of("../../etc/passwd")


def test_a_skipped_local_time_is_the_skip_and_a_repeated_one_the_earlier() -> None:
    assert utc_of_local("Europe/Paris", date(2026, 3, 29), time(2, 30)) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )
    assert utc_of_local("Europe/Paris", date(2026, 10, 25), time(2, 30)) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("zone", ZONES)
def test_local_midnight_and_back(zone: str) -> None:
    chance = random.Random(zone)
    for _ in range(50):
        day = date(1995, 1, 1) + timedelta(days=chance.randrange(16_000))
        midnight = utc_of_local(zone, day)
        assert local_time(zone, midnight).date() >= day
        assert local_time(zone, midnight - timedelta(minutes=1)).date() < day


def test_local_minutes_count_from_midnight() -> None:
    assert local_minutes("Asia/Kathmandu", datetime(2026, 11, 17, 18, 55, tzinfo=UTC)) == 40


def test_the_wheel_names_its_version_and_zones() -> None:
    assert tzdata_version().startswith("20")
    assert set(ZONES) <= set(zone_names())
