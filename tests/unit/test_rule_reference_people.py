"""The reference evaluator on what people are: fields, places, labels, clocks, buckets."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from rulecast.rule.engine import PersonFacts, evaluate
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType, Coordinates
from rulecast.values.distance import EARTH_RADIUS_KM, great_circle_km

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CASABLANCA = Coordinates(latitude=33.5731, longitude=-7.5898)
RABAT = Coordinates(latitude=34.0209, longitude=-6.8416)


def person(
    *, zone: str | None = "Europe/Paris", labels: tuple[str, ...] = (), **attributes: object
) -> PersonFacts:
    return PersonFacts(contact_id=1, attributes=attributes, labels=frozenset(labels), zone=zone)  # type: ignore[arg-type]  # any value that a test wants


def days(amount: int) -> c.Duration:
    return c.Duration(amount=amount, unit="days")


# ---- matches
def matches(pattern: str) -> c.Condition:
    return c.Matches(field=c.Field(name="city", type=T.TEXT), pattern=c.Constant(value=pattern))


@pytest.mark.parametrize(
    ("pattern", "city", "truth"),
    [
        ("^casa", "casablanca", True),
        ("^casa", "la casa", False),
        ("blanc", "casablanca", True),
        ("(?i)^CASA", "casablanca", True),
        ("^[a-z]{3}$", "fez", True),
        ("(a|aa)+$", "a" * 5_000 + "!", False),
        ("casa", "", False),
        ("casa", None, False),
    ],
)
def test_a_regular_expression_is_found_anywhere_and_a_missing_text_has_none(
    pattern: str, city: str | None, *, truth: bool
) -> None:
    assert evaluate(matches(pattern), person(city=city), NOW) is truth
    assert evaluate(c.Not(part=matches(pattern)), person(city=city), NOW) is not truth


# ---- windows of a field
def field_window(direction: str, kind: AttributeType, zone: str | None = "America/New_York") -> c.Condition:
    return c.FieldWindow(
        field=c.Field(name="renewal", type=kind),
        direction=direction,
        duration=days(7),
        zone=zone,  # type: ignore[arg-type]  # one of two words
    )


@pytest.mark.parametrize(
    ("offset", "in_next", "in_last"),
    [
        (timedelta(days=-7) - TICK, False, False),
        (timedelta(days=-7), False, True),
        (-TICK, False, True),
        (timedelta(0), True, False),
        (timedelta(days=7) - TICK, True, False),
        (timedelta(days=7), False, False),
    ],
)
def test_an_instant_is_in_the_next_or_last_week_half_open(
    offset: timedelta, *, in_next: bool, in_last: bool
) -> None:
    who = person(renewal=NOW + offset)
    assert evaluate(field_window("next", T.INSTANT), who, NOW) is in_next
    assert evaluate(field_window("last", T.INSTANT), who, NOW) is in_last


@pytest.mark.parametrize(
    ("day", "in_next", "in_last"),
    [
        (9, False, False),
        (10, False, True),
        (16, False, True),
        (17, True, False),
        (23, True, False),
        (24, False, False),
    ],
)
def test_a_date_is_in_the_next_or_last_days_of_the_workspace(
    day: int, *, in_next: bool, in_last: bool
) -> None:
    who = person(renewal=date(2026, 11, day), zone="Pacific/Auckland")
    assert evaluate(field_window("next", T.DATE), who, NOW) is in_next
    assert evaluate(field_window("last", T.DATE), who, NOW) is in_last


def test_a_missing_date_is_in_no_window() -> None:
    assert not evaluate(field_window("next", T.DATE), person(), NOW)
    assert evaluate(c.Not(part=field_window("next", T.DATE)), person(), NOW)


# ---- anniversaries
def birthday(in_days: int) -> c.Condition:
    return c.Anniversary(field=c.Field(name="birth_date", type=T.DATE), days=in_days, zone="UTC")


@pytest.mark.parametrize(
    ("born", "in_days", "truth"),
    [
        (date(1990, 11, 17), 1, True),
        (date(1990, 11, 18), 1, False),
        (date(1990, 11, 18), 2, True),
        (date(1990, 11, 16), 300, False),
        (date(2026, 11, 17), 7, False),  # The day itself is no anniversary.
        (date(2025, 11, 17), 7, True),
        (date(1990, 1, 1), 46, True),
        (date(1990, 1, 1), 45, False),
        (date(2030, 11, 17), 7, False),
    ],
)
def test_an_anniversary_falls_on_today_or_the_days_after(born: date, in_days: int, *, truth: bool) -> None:
    assert evaluate(birthday(in_days), person(birth_date=born), NOW) is truth


def test_a_leap_day_is_celebrated_on_the_first_of_march_in_common_years() -> None:
    born = person(birth_date=date(2000, 2, 29))
    assert not evaluate(birthday(1), born, datetime(2026, 2, 28, 12, tzinfo=UTC))
    assert evaluate(birthday(1), born, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert evaluate(birthday(1), born, datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert not evaluate(birthday(1), born, datetime(2028, 3, 1, 12, tzinfo=UTC))


def test_an_anniversary_is_on_the_persons_own_day() -> None:
    instant = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    born = date(1990, 11, 18)
    assert evaluate(birthday(1), person(birth_date=born, zone="Europe/Paris"), instant)
    assert not evaluate(birthday(1), person(birth_date=born, zone=None), instant)
    assert not evaluate(birthday(1), person(birth_date=born, zone="Nowhere/Known"), instant)


# ---- places
def near(amount: str, unit: str = "km") -> c.Condition:
    return c.Near(
        field=c.Field(name="location", type=T.PLACE),
        amount=Decimal(amount),
        unit=unit,  # type: ignore[arg-type]  # one of two words
        latitude=Decimal("33.5731"),
        longitude=Decimal("-7.5898"),
    )


def test_a_place_is_near_within_the_great_circle() -> None:
    assert 84 < great_circle_km(CASABLANCA, RABAT) < 86
    assert evaluate(near("86"), person(location=RABAT), NOW)
    assert not evaluate(near("84"), person(location=RABAT), NOW)
    assert evaluate(near("86000", "m"), person(location=RABAT), NOW)
    assert evaluate(near("0"), person(location=CASABLANCA), NOW)
    assert not evaluate(near("20000"), person(), NOW)


def test_distances_hold_at_the_ends_of_the_earth() -> None:
    half_round = 3.141592653589793 * EARTH_RADIUS_KM
    pole, other_pole = Coordinates(latitude=90, longitude=0), Coordinates(latitude=-90, longitude=123)
    assert great_circle_km(pole, other_pole) == pytest.approx(half_round)
    date_line = Coordinates(latitude=0, longitude=179.5), Coordinates(latitude=0, longitude=-179.5)
    assert great_circle_km(*date_line) == pytest.approx(half_round / 180)


# ---- labels, segments, everybody
def test_a_label_is_had_with_any_value_or_with_one() -> None:
    who = person(labels=("churn_risk", "churn_risk=high"))
    assert evaluate(c.HasLabel(label="churn_risk"), who, NOW)
    assert evaluate(c.HasLabel(label="churn_risk", value="high"), who, NOW)
    assert not evaluate(c.HasLabel(label="churn_risk", value="low"), who, NOW)
    assert not evaluate(c.HasLabel(label="lifecycle"), who, NOW)
    assert not evaluate(c.HasLabel(label="churn_risk"), person(), NOW)


def test_a_segment_means_its_condition() -> None:
    rabat = c.Comparison(
        field=c.Field(name="city", type=T.TEXT), operator="=", value=c.Constant(value="rabat")
    )
    segment = c.InSegment(name="capital", condition=rabat)
    assert evaluate(segment, person(city="rabat"), NOW)
    assert evaluate(c.Not(part=segment), person(), NOW)


def test_everybody_is_everybody() -> None:
    assert evaluate(c.Everybody(), PersonFacts(contact_id=7), NOW)


# ---- clocks
@pytest.mark.parametrize(
    ("start", "end", "truth"),
    [
        (time(19, 55), time(20, 0), True),  # Paris is one hour ahead.
        (time(18, 0), time(19, 55), False),
        (time(19, 0), time(2, 0), True),
        (time(20, 0), time(19, 0), False),
        (time(20, 0), time(19, 56), True),
    ],
)
def test_the_local_clock_is_half_open_and_may_span_midnight(start: time, end: time, *, truth: bool) -> None:
    atom = c.LocalTime(start=start, end=end, zone="Asia/Tokyo")
    assert evaluate(atom, person(), NOW) is truth


def test_who_has_no_zone_lives_in_that_of_the_workspace_and_an_unknown_one_is_utc() -> None:
    at_four = c.LocalTime(start=time(3), end=time(4), zone="Asia/Tokyo")
    at_seven = c.LocalTime(start=time(18), end=time(19), zone="Asia/Tokyo")
    assert evaluate(at_four, person(zone=None), NOW)
    assert evaluate(at_four, person(zone=""), NOW)
    assert evaluate(at_seven, person(zone="Nowhere/Known"), NOW)


def test_the_local_weekday_is_that_of_the_persons_day() -> None:
    late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    monday = c.LocalWeekday(days=(c.Weekday.MONDAY,), zone="UTC")
    assert evaluate(monday, person(), late)
    assert not evaluate(monday, person(zone=None), late)


# ---- buckets
def test_buckets_are_nested_even_and_differ_by_salt() -> None:
    people = [PersonFacts(contact_id=number) for number in range(4_000)]

    def chosen(salt: str, below: int) -> set[int]:
        atom = c.Bucket(salt=salt, below=below)
        return {one.contact_id for one in people if evaluate(atom, one, NOW)}

    assert chosen("autumn", 0) == set()
    assert chosen("autumn", 100) == set(range(4_000))
    assert chosen("autumn", 10) < chosen("autumn", 20)
    assert 320 < len(chosen("autumn", 10)) < 480
    assert chosen("autumn", 10) != chosen("winter", 10)


def test_a_bucket_is_known_for_ever() -> None:
    # MD5("autumn:1") begins with 9025e02f: 56 of 100 parts lie below it.
    assert not evaluate(c.Bucket(salt="autumn", below=BUCKET_OF_ONE), PersonFacts(contact_id=1), NOW)
    assert evaluate(c.Bucket(salt="autumn", below=BUCKET_OF_ONE + 1), PersonFacts(contact_id=1), NOW)


BUCKET_OF_ONE = 56
