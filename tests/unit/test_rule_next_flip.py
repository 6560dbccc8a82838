"""The wake-up of each condition is the microsecond at which its truth changes, and no condition waits in vain."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts, evaluate, next_flip
from rulecast.rule.engine.next_flip import next_match
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType
from rulecast.values.zone_offsets import crossings

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
PURCHASE = c.EventPattern(event="purchase")
PARIS_MIDNIGHT = datetime(2026, 11, 17, 23, tzinfo=UTC)


def days(amount: int) -> c.Duration:
    return c.Duration(amount=amount, unit="days")


def last(amount: int) -> c.LastWindow:
    return c.LastWindow(duration=days(amount))


def person(*agos: timedelta, zone: str | None = "Europe/Paris", **attributes: object) -> PersonFacts:
    """Someone who bought each time so long ago, for 10, 20, 30 and so on."""
    events = tuple(
        EventFact(name="purchase", occurred_at=NOW - ago, properties={"amount": Decimal(10 * (n + 1))})
        for n, ago in enumerate(agos)
    )
    return PersonFacts(contact_id=1, attributes=attributes, events=events, zone=zone)  # type: ignore[arg-type]  # any value that a test wants


def assert_flips_at(condition: c.Condition, who: PersonFacts, at: datetime, now: datetime = NOW) -> None:
    """The truth stays until the last microsecond before, and changes then; `not` changes with it."""
    assert next_flip(condition, who, now) == at
    truth = evaluate(condition, who, now)
    assert evaluate(condition, who, at - TICK) is truth
    assert evaluate(condition, who, at) is not truth
    assert next_flip(c.Not(part=condition), who, now) == at


def did(window: c.Window | None, minimum: int = 1, maximum: int | None = None) -> c.Did:
    return c.Did(pattern=PURCHASE, minimum=minimum, maximum=maximum, window=window)


# ---- counts
@pytest.mark.parametrize(
    ("minimum", "maximum", "at"),
    [
        (1, None, DAY * 28 + TICK),  # The last of them leaves: two days of thirty have passed.
        (2, None, DAY * 20 + TICK),
        (3, None, DAY * 10 + TICK),
        (0, 2, DAY * 10 + TICK),
        (0, 0, DAY * 28 + TICK),
        (2, 2, DAY * 10 + TICK),
    ],
)
def test_a_count_changes_when_the_nth_most_recent_leaves(
    minimum: int, maximum: int | None, at: timedelta
) -> None:
    who = person(DAY * 2, DAY * 10, DAY * 20, DAY * 40)
    assert_flips_at(did(last(30), minimum, maximum), who, NOW + at)


def test_who_never_did_it_never_changes_by_time() -> None:
    assert next_flip(did(last(30)), person(), NOW) is None
    assert next_flip(did(None), person(DAY), NOW) is None


def test_an_event_is_seen_a_tick_after_it_and_leaves_a_tick_after_its_window() -> None:
    who = person(timedelta(0))
    assert_flips_at(did(last(1)), who, NOW + TICK)
    assert_flips_at(did(last(1)), who, NOW + DAY + TICK, now=NOW + TICK)


def test_windows_that_end_before_now_open_and_close() -> None:
    ago = c.AgoWindow(start=days(60), end=days(30))
    assert_flips_at(did(ago), person(DAY), NOW + DAY * 29 + TICK)
    assert_flips_at(did(ago), person(DAY * 40), NOW + DAY * 20 + TICK)
    assert_flips_at(did(c.BeforeWindow(duration=days(30))), person(DAY), NOW + DAY * 29 + TICK)
    assert next_flip(did(c.BeforeWindow(duration=days(30))), person(DAY * 40), NOW) is None


def test_calendar_windows_end_at_the_persons_midnight() -> None:
    assert_flips_at(
        did(c.CalendarWindow(amount=1, unit="days", zone="UTC")), person(DAY / 24), PARIS_MIDNIGHT
    )
    assert_flips_at(
        did(c.CalendarWindow(amount=1, unit="days", zone="UTC")),
        person(DAY / 24, zone="Nowhere/Known"),
        datetime(2026, 11, 18, tzinfo=UTC),
    )
    week = did(c.CalendarWindow(amount=2, unit="weeks", zone="UTC"))
    assert_flips_at(week, person(DAY * 3), datetime(2026, 11, 22, 23, tzinfo=UTC))
    month = did(c.CalendarWindow(amount=12, unit="months", zone="UTC"))
    assert_flips_at(month, person(DAY * 3), datetime(2027, 10, 31, 23, tzinfo=UTC))


def test_absolute_windows_never_end() -> None:
    window = c.AbsoluteWindow(start=c.Constant(value=NOW - DAY * 5), end=c.Constant(value=NOW + DAY))
    assert next_flip(did(window), person(DAY), NOW) is None
    assert next_flip(did(window), person(), NOW) is None


def test_a_time_dependent_where_wakes_at_each_property() -> None:
    due = c.FieldWindow(field=c.Field(name="occurred_at", type=T.INSTANT), direction="last", duration=days(3))
    atom = c.Did(pattern=c.EventPattern(event="purchase", where=due), window=last(30))
    assert_flips_at(atom, person(DAY), NOW + DAY * 2 + TICK)


# ---- measures, sequences, gaps
def test_a_sum_is_asked_again_at_each_contributions_end() -> None:
    amount = c.Field(name="amount", type=T.DECIMAL)
    total = c.Aggregate(kind="sum", pattern=PURCHASE, property=amount, window=last(30))
    atom = c.Measure(left=total, operator="<", right=c.Constant(value=25))
    assert_flips_at(atom, person(DAY * 2, DAY * 20, DAY * 10), NOW + DAY * 20 + TICK)


def test_a_refund_that_leaves_makes_the_sum_larger() -> None:
    amount = c.Field(name="amount", type=T.DECIMAL)
    events = (
        EventFact(name="purchase", occurred_at=NOW - DAY * 2, properties={"amount": Decimal(100)}),
        EventFact(name="purchase", occurred_at=NOW - DAY * 9, properties={"amount": Decimal(-50)}),
    )
    who = PersonFacts(contact_id=1, events=events)
    total = c.Aggregate(kind="sum", pattern=PURCHASE, property=amount, window=last(10))
    atom = c.Measure(left=total, operator=">=", right=c.Constant(value=100))
    assert_flips_at(atom, who, NOW + DAY + TICK)
    assert_flips_at(atom, who, NOW + DAY * 8 + TICK, now=NOW + DAY * 2)


def test_a_sequence_that_stays_away_is_known_after_its_deadline() -> None:
    atom = c.DidThen(first=PURCHASE, second=c.EventPattern(event="visit"), then_not=True, within=days(14))
    assert_flips_at(atom, person(DAY * 2), NOW + DAY * 12 + TICK)
    assert next_flip(atom, person(DAY * 20), NOW) is None


def test_gaps_and_edges_change_when_events_leave() -> None:
    who = person(DAY * 2, DAY * 5, DAY * 25)
    gap = c.Gap(which="longest", pattern=PURCHASE, operator=">", duration=days(10), window=last(30))
    assert_flips_at(gap, who, NOW + DAY * 5 + TICK)
    first = c.EdgeEvent(
        which="first",
        pattern=PURCHASE,
        window=last(30),
        has=c.Comparison(
            field=c.Field(name="amount", type=T.DECIMAL), operator="=", value=c.Constant(value=Decimal(20))
        ),
    )
    assert_flips_at(first, who, NOW + DAY * 5 + TICK)


# ---- fields
def test_ages_of_instants_and_dates() -> None:
    paid = c.Ago(field=c.Field(name="paid_at", type=T.INSTANT), direction="before", duration=days(3))
    assert_flips_at(paid, person(paid_at=NOW), NOW + DAY * 3 + TICK)
    joined = c.Ago(
        field=c.Field(name="joined_on", type=T.DATE),
        direction="after",
        duration=days(3),
        zone="America/New_York",
    )
    # Midnight of the workspace, five hours behind.
    assert_flips_at(joined, person(joined_on=date(2026, 11, 17)), datetime(2026, 11, 21, 5, tzinfo=UTC))


def test_windows_of_fields_open_and_close() -> None:
    paid = c.FieldWindow(field=c.Field(name="paid_at", type=T.INSTANT), direction="next", duration=days(3))
    assert_flips_at(paid, person(paid_at=NOW + DAY * 9), NOW + DAY * 6 + TICK)
    assert_flips_at(paid, person(paid_at=NOW + DAY * 2), NOW + DAY * 2 + TICK)
    renewal = c.FieldWindow(
        field=c.Field(name="renewal_on", type=T.DATE), direction="next", duration=days(7), zone="UTC"
    )
    assert_flips_at(renewal, person(renewal_on=date(2026, 11, 30)), datetime(2026, 11, 24, tzinfo=UTC))
    assert_flips_at(renewal, person(renewal_on=date(2026, 11, 20)), datetime(2026, 11, 21, tzinfo=UTC))
    assert next_flip(renewal, person(renewal_on=date(2026, 11, 1)), NOW) is None


def test_dates_at_the_end_of_the_calendar_are_no_error() -> None:
    renewal = c.FieldWindow(
        field=c.Field(name="renewal_on", type=T.DATE), direction="last", duration=days(7), zone="UTC"
    )
    assert next_flip(renewal, person(renewal_on=date(9999, 12, 31)), NOW) is None
    paid = c.Ago(field=c.Field(name="paid_at", type=T.INSTANT), direction="before", duration=days(3))
    assert next_flip(paid, person(paid_at=datetime(9999, 12, 31, tzinfo=UTC)), NOW) is None
    coming = c.FieldWindow(
        field=c.Field(name="renewal_on", type=T.DATE), direction="next", duration=days(7), zone="UTC"
    )
    assert next_flip(coming, person(renewal_on=date(9999, 12, 31)), NOW) is None
    yearly = c.Anniversary(field=c.Field(name="renewal_on", type=T.DATE), days=7, zone="UTC")
    assert next_flip(yearly, person(renewal_on=date(9998, 12, 31)), NOW) is None
    far = NOW - datetime(9999, 12, 31, 23, tzinfo=UTC)
    in_days = c.CalendarWindow(amount=2, unit="days", zone="UTC")
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        assert next_flip(did(in_days), person(far, zone=zone), NOW) is None
        dawn = person(NOW - datetime(1, 1, 1, tzinfo=UTC), zone=zone)
        assert next_flip(did(in_days), dawn, NOW) is None
        assert evaluate(c.DidInPeriods(pattern=PURCHASE, minimum=1, unit="days", zone="UTC"), dawn, NOW)


def test_a_birthday_begins_and_ends_at_local_midnight() -> None:
    birthday = c.Anniversary(field=c.Field(name="birth_date", type=T.DATE), days=1, zone="UTC")
    assert_flips_at(birthday, person(birth_date=date(1990, 11, 18)), PARIS_MIDNIGHT)
    assert_flips_at(birthday, person(birth_date=date(1990, 11, 17)), PARIS_MIDNIGHT)
    leap = person(birth_date=date(2000, 2, 29))
    assert_flips_at(birthday, leap, datetime(2027, 2, 28, 23, tzinfo=UTC))
    assert_flips_at(
        birthday, leap, datetime(2028, 2, 28, 23, tzinfo=UTC), now=datetime(2027, 5, 1, tzinfo=UTC)
    )


def test_an_age_is_reached_on_the_workspaces_day() -> None:
    age = c.Field(name="age", type=T.INTEGER, years_since="birth_date", zone="America/New_York")
    adult = c.Comparison(field=age, operator=">=", value=c.Constant(value=18))
    assert_flips_at(adult, person(birth_date=date(2008, 11, 18)), datetime(2026, 11, 18, 5, tzinfo=UTC))
    assert next_flip(adult, person(birth_date=date(2000, 1, 1)), NOW) is None
    at_eighteen = c.Comparison(field=age, operator="=", value=c.Constant(value=18))
    assert_flips_at(at_eighteen, person(birth_date=date(2008, 3, 1)), datetime(2027, 3, 1, 5, tzinfo=UTC))


# ---- people
def test_consent_grows_old_and_silence_grows_long() -> None:
    who = PersonFacts(
        contact_id=1,
        consents={"marketing": ConsentFact(granted=True, proven=True, at=NOW - DAY * 100)},
        events=(EventFact(name="message_received", occurred_at=NOW - DAY * 2),),
        first_seen_at=NOW - DAY * 5,
    )
    consent = c.ConsentGranted(purpose="marketing", direction="after", duration=days(365))
    assert_flips_at(consent, who, NOW + DAY * 265 + TICK)
    assert next_flip(c.ConsentGranted(purpose="marketing"), who, NOW) is None
    assert_flips_at(c.SilentFor(duration=days(7)), who, NOW + DAY * 5 + TICK)
    never_wrote = PersonFacts(contact_id=1, first_seen_at=NOW - DAY * 5)
    assert_flips_at(c.SilentFor(duration=days(7)), never_wrote, NOW + DAY * 2 + TICK)


def test_clocks_and_weekdays_are_the_persons_also_when_clocks_change() -> None:
    evening = c.LocalTime(start=time(20), end=time(22), zone="UTC")
    assert_flips_at(evening, person(), NOW + timedelta(minutes=5))
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    # Half past two does not exist on that night: three o'clock follows two.
    skipped = c.LocalTime(start=time(2, 30), end=time(4), zone="UTC")
    assert_flips_at(skipped, person(), night + timedelta(minutes=30), now=night)
    sunday = c.LocalWeekday(days=(c.Weekday.SUNDAY,), zone="UTC")
    assert_flips_at(sunday, person(), datetime(2026, 3, 29, 22, tzinfo=UTC), now=night)


def test_what_never_changes_by_time_never_wakes() -> None:
    who = person(city="rabat")
    city = c.Comparison(
        field=c.Field(name="city", type=T.TEXT), operator="=", value=c.Constant(value="rabat")
    )
    for condition in (
        city,
        c.Everybody(),
        c.HasTag(tag="vip"),
        c.HasLabel(label="x"),
        c.Bucket(salt="s", below=9),
    ):
        assert next_flip(condition, who, NOW) is None
    assert next_flip(c.InSegment(name="s", condition=city), who, NOW) is None


# ---- joined
def test_a_part_that_stays_false_lets_the_rest_sleep() -> None:
    never = c.Comparison(field=c.Field(name="city", type=T.TEXT), operator="=", value=c.Constant(value="fez"))
    clock = c.LocalTime(start=time(20), end=time(22), zone="UTC")
    assert next_flip(c.And(parts=(clock, never)), person(), NOW) is None
    assert next_flip(c.Or(parts=(clock, c.Not(part=never))), person(), NOW) is None


def test_parts_wait_for_each_other() -> None:
    quiet = c.Did(pattern=PURCHASE, window=last(7), negated=True)
    clock = c.LocalTime(start=time(9), end=time(10), zone="UTC")
    monday = c.LocalWeekday(days=(c.Weekday.MONDAY,), zone="UTC")
    both = c.And(parts=(clock, quiet, monday))
    assert_flips_at(both, person(DAY), datetime(2026, 11, 30, 8, tzinfo=UTC))


def test_a_contradiction_ends_in_a_wake_up_and_not_in_a_search_for_ever() -> None:
    morning = c.LocalTime(start=time(8), end=time(9), zone="UTC")
    evening = c.LocalTime(start=time(20), end=time(21), zone="UTC")
    never = c.And(parts=(morning, evening))
    woken = next_flip(never, person(), NOW)
    assert woken is not None
    assert woken > NOW + DAY * 30
    assert next_match(never, person(), NOW) is None


def test_a_person_with_a_very_long_history_is_woken_early_rather_than_late() -> None:
    who = person(*(timedelta(minutes=n) for n in range(1, 4_000)))
    amount = c.Field(name="amount", type=T.DECIMAL)
    total = c.Aggregate(kind="sum", pattern=PURCHASE, property=amount, window=last(30))
    atom = c.Measure(left=total, operator="<", right=c.Constant(value=15))
    woken = next_flip(atom, who, NOW)
    assert woken is not None
    assert NOW < woken <= NOW + DAY * 30


# ---- matches
def test_the_next_match_is_now_or_the_first_change_to_true() -> None:
    quiet = c.Did(pattern=PURCHASE, window=last(7), negated=True)
    assert next_match(quiet, person(), NOW) == NOW
    assert next_match(quiet, person(DAY), NOW) == NOW + DAY * 6 + TICK
    assert next_match(quiet, person(DAY), NOW, horizon=DAY) is None
    assert next_match(did(last(7)), person(), NOW) is None


# ---- crossings
def test_a_local_time_is_passed_once_or_three_times() -> None:
    assert crossings("Europe/Paris", datetime.combine(date(2026, 11, 18), time(0))) == (PARIS_MIDNIGHT,)
    # In Brazil the clock went back from midnight to 23:00: the last half-hour of the day came twice.
    half_past = crossings("America/Sao_Paulo", datetime.combine(date(2018, 2, 17), time(23, 30)))
    assert half_past == tuple(
        datetime(2018, 2, 18, *clock, tzinfo=UTC) for clock in ((1, 30), (2, 0), (2, 30))
    )
    midnight = crossings("America/Sao_Paulo", datetime.combine(date(2018, 2, 18), time(0)))
    assert midnight == (datetime(2018, 2, 18, 3, tzinfo=UTC),)
    # Samoa had no 30 December 2011.
    for day in (date(2011, 12, 30), date(2011, 12, 31)):
        gone = crossings("Pacific/Apia", datetime.combine(day, time(0)))
        assert gone == (datetime(2011, 12, 30, 10, tzinfo=UTC),)
