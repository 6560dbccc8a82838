"""The reference evaluator on what people did: windows, counts, measures, sequences, gaps, keys."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rulecast.rule.engine import EventFact, PersonFacts, evaluate
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

T = AttributeType
# A Tuesday; one hour later in Paris.
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
AMOUNT = c.Field(name="amount", type=T.DECIMAL)
PRODUCT = c.Field(name="product", type=T.TEXT)
PURCHASE = c.EventPattern(event="purchase")
VISIT = c.EventPattern(event="visit")


def event(name: str, ago: timedelta, **properties: object) -> EventFact:
    return EventFact(name=name, occurred_at=NOW - ago, properties=properties)  # type: ignore[arg-type]  # any value that a test wants


def person(*events: EventFact, zone: str | None = "Europe/Paris", **attributes: object) -> PersonFacts:
    return PersonFacts(contact_id=1, events=events, zone=zone, attributes=attributes)  # type: ignore[arg-type]  # see above


def days(amount: int) -> c.Duration:
    return c.Duration(amount=amount, unit="days")


def did(window: c.Window | None = None, minimum: int = 1, maximum: int | None = None) -> c.Did:
    return c.Did(pattern=PURCHASE, minimum=minimum, maximum=maximum, window=window)


def seen(window: c.Window | None, *agos: timedelta) -> list[bool]:
    """Whether a purchase each time so long ago lies in the window."""
    return [evaluate(did(window), person(event("purchase", ago)), NOW) for ago in agos]


# ---- counts
@pytest.mark.parametrize(
    ("minimum", "maximum", "truths"),
    [
        (1, None, [False, True, True, True]),
        (0, 2, [True, True, True, False]),
        (2, 2, [False, False, True, False]),
        (0, 0, [True, False, False, False]),
    ],
)
def test_counts_have_a_least_and_a_most(minimum: int, maximum: int | None, truths: list[bool]) -> None:
    for count, truth in enumerate(truths):
        who = person(*(event("purchase", DAY * (n + 1)) for n in range(count)), event("visit", DAY))
        assert evaluate(did(None, minimum, maximum), who, NOW) is truth
        negated = c.Did(pattern=PURCHASE, minimum=minimum, maximum=maximum, negated=True)
        assert evaluate(negated, who, NOW) is not truth


# ---- windows
def test_windows_that_end_before_now_are_half_open() -> None:
    ago = c.AgoWindow(start=days(180), end=days(90))
    edges = (DAY * 180 + TICK, DAY * 180, DAY * 90 + TICK, DAY * 90, DAY)
    assert seen(ago, *edges) == [False, True, True, False, False]
    before = c.BeforeWindow(duration=days(30))
    assert seen(before, DAY * 4_000, DAY * 30 + TICK, DAY * 30, DAY) == [True, True, False, False]


def test_a_day_has_its_bounds_and_nothing_from_now_on_is_seen() -> None:
    start = datetime(2026, 11, 16, 23, tzinfo=UTC)
    window = c.DayWindow(day=c.Constant(value=start.date()), start=start, end=start + DAY)
    from_now = NOW - start
    assert seen(window, from_now + TICK, from_now, TICK, timedelta(0), -TICK) == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_calendar_days_are_those_of_the_person() -> None:
    today = c.CalendarWindow(amount=1, unit="days", zone="UTC")
    # Midnight in Paris was 19 hours and 55 minutes ago.
    midnight = timedelta(hours=19, minutes=55)
    assert seen(today, midnight + TICK, midnight, TICK, timedelta(0)) == [False, True, True, False]
    week = c.CalendarWindow(amount=7, unit="days", zone="UTC")
    assert seen(week, midnight + 6 * DAY + TICK, midnight + 6 * DAY) == [False, True]


def test_calendar_weeks_begin_on_monday_and_months_on_the_first() -> None:
    midnight = timedelta(hours=19, minutes=55)
    week = c.CalendarWindow(amount=1, unit="weeks", zone="UTC")
    assert seen(week, midnight + DAY + TICK, midnight + DAY) == [False, True]
    two_weeks = c.CalendarWindow(amount=2, unit="weeks", zone="UTC")
    assert seen(two_weeks, midnight + 8 * DAY + TICK, midnight + 8 * DAY) == [False, True]
    month = c.CalendarWindow(amount=1, unit="months", zone="UTC")
    assert seen(month, midnight + 16 * DAY + TICK, midnight + 16 * DAY) == [False, True]
    eleven_months = c.CalendarWindow(amount=11, unit="months", zone="UTC")
    new_year = NOW - datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert seen(eleven_months, new_year + TICK, new_year) == [False, True]


def test_calendar_days_without_a_zone_are_the_workspaces() -> None:
    window = c.CalendarWindow(amount=1, unit="days", zone="Asia/Tokyo")
    midnight_in_tokyo = timedelta(hours=3, minutes=55)
    for ago, truth in ((midnight_in_tokyo + TICK, False), (midnight_in_tokyo, True)):
        assert evaluate(did(window), person(event("purchase", ago), zone=None), NOW) is truth


def test_the_time_after_the_first_event_is_half_open_and_needs_one() -> None:
    window = c.FirstWindow(duration=days(14), anchor=c.EventPattern(event="signup"))

    def bought(after: timedelta) -> bool:
        signup = event("signup", DAY * 100)
        later = event("signup", DAY * 20)
        return evaluate(did(window), person(later, signup, event("purchase", DAY * 100 - after)), NOW)

    assert [bought(-TICK), bought(timedelta(0)), bought(DAY * 14 - TICK), bought(DAY * 14)] == [
        False,
        True,
        True,
        False,
    ]
    assert not evaluate(did(window), person(event("purchase", DAY)), NOW)
    assert evaluate(c.Not(part=did(window)), person(event("purchase", DAY)), NOW)


def test_without_an_anchor_the_first_matching_event_opens_the_window() -> None:
    large = c.Comparison(field=AMOUNT, operator=">=", value=c.Constant(value=Decimal(100)))
    atom = c.Did(
        pattern=c.EventPattern(event="purchase", where=large),
        minimum=2,
        window=c.FirstWindow(duration=days(3)),
    )
    small = event("purchase", DAY * 9, amount=Decimal(5))
    first = event("purchase", DAY * 8, amount=Decimal(100))
    assert evaluate(atom, person(small, first, event("purchase", DAY * 6, amount=Decimal(200))), NOW)
    assert not evaluate(atom, person(small, first, event("purchase", DAY * 5, amount=Decimal(200))), NOW)


# ---- where
def test_every_event_knows_when_it_occurred() -> None:
    occurred = c.Field(name="occurred_at", type=T.INSTANT)
    old = c.Ago(field=occurred, direction="before", duration=days(7))
    atom = c.Did(pattern=c.EventPattern(event="purchase", where=old))
    assert evaluate(atom, person(event("purchase", DAY * 7 + TICK)), NOW)
    assert not evaluate(atom, person(event("purchase", DAY * 7)), NOW)


def test_properties_take_regular_expressions_and_windows() -> None:
    matches = c.Matches(field=PRODUCT, pattern=c.Constant(value="^sho"))
    atom = c.Did(pattern=c.EventPattern(event="purchase", where=matches))
    assert evaluate(atom, person(event("purchase", DAY, product="shoes")), NOW)
    assert not evaluate(atom, person(event("purchase", DAY)), NOW)
    due = c.FieldWindow(field=c.Field(name="due_at", type=T.INSTANT), direction="next", duration=days(1))
    coming = c.Did(pattern=c.EventPattern(event="purchase", where=due))
    assert evaluate(coming, person(event("purchase", DAY, due_at=NOW)), NOW)
    assert not evaluate(coming, person(event("purchase", DAY, due_at=NOW + DAY)), NOW)


# ---- measures
def of(kind: str, window: c.Window | None = None, name: c.Field | None = AMOUNT) -> c.Aggregate:
    return c.Aggregate(kind=kind, pattern=PURCHASE, property=None if kind == "count" else name, window=window)  # type: ignore[arg-type]  # a kind


def measure(left: c.Expression, operator: str, right: c.Expression | int | Decimal) -> c.Measure:
    side = c.Constant(value=right) if isinstance(right, (int, Decimal)) else right
    return c.Measure(left=left, operator=operator, right=side)  # type: ignore[arg-type]  # an operator


SHOPPER = person(
    event("purchase", DAY * 40, amount=Decimal("0.1"), product="shoes"),
    event("purchase", DAY * 20, amount=Decimal("0.2"), product="socks"),
    event("purchase", DAY * 10, amount=Decimal(-1), product="shoes"),
    event("purchase", DAY * 5, product=""),
    orders=3,
)
NOBODY = person()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("count", 4),
        ("sum", Decimal("-0.7")),
        ("smallest", Decimal(-1)),
        ("largest", Decimal("0.2")),
        ("distinct", 3),
    ],
)
def test_aggregates_leave_missing_properties_out(kind: str, value: int | Decimal) -> None:
    assert evaluate(measure(of(kind), "=", value), SHOPPER, NOW)


def test_distinct_values_are_of_any_type_and_an_empty_text_is_none() -> None:
    assert evaluate(measure(of("distinct", name=PRODUCT), "=", 2), SHOPPER, NOW)


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_missing_aggregates_compare_with_nothing(operator: str) -> None:
    for kind in ("average", "smallest", "largest"):
        assert not evaluate(measure(of(kind), operator, 0), NOBODY, NOW)
        assert not evaluate(measure(c.Constant(value=0), operator, of(kind)), NOBODY, NOW)
    zero = operator in {"=", "<=", ">="}
    for kind in ("count", "sum", "distinct"):
        assert evaluate(measure(of(kind), operator, 0), NOBODY, NOW) is zero


def test_averages_and_quotients_are_exact() -> None:
    third = c.Arithmetic(operator="/", left=of("count"), right=c.Constant(value=3))
    assert evaluate(measure(third, "=", third), SHOPPER, NOW)
    thrice = c.Arithmetic(operator="*", left=third, right=c.Constant(value=3))
    assert evaluate(measure(thrice, "=", 4), SHOPPER, NOW)
    average = measure(of("average"), "<", Decimal("-0.2333"))
    assert evaluate(average, SHOPPER, NOW)  # -0.7 / 3 = -0.23333...
    assert not evaluate(measure(of("average"), "<", Decimal("-0.2334")), SHOPPER, NOW)


def test_division_by_zero_is_missing() -> None:
    ratio = c.Arithmetic(operator="/", left=c.Constant(value=1), right=of("count"))
    for operator in ("=", "!=", "<", ">"):
        assert not evaluate(measure(ratio, operator, 1), NOBODY, NOW)


def test_this_window_is_compared_with_the_one_before_and_with_attributes() -> None:
    recent = of("count", c.LastWindow(duration=days(30)))
    before = of("count", c.AgoWindow(start=days(60), end=days(30)))
    double = c.Arithmetic(operator="*", left=c.Constant(value=2), right=before)
    assert evaluate(measure(recent, ">", double), SHOPPER, NOW)
    assert evaluate(measure(recent, ">=", c.Field(name="orders", type=T.INTEGER)), SHOPPER, NOW)
    assert not evaluate(measure(recent, "!=", c.Field(name="refunds", type=T.INTEGER)), SHOPPER, NOW)
    difference = c.Arithmetic(
        operator="-", left=recent, right=c.Arithmetic(operator="+", left=before, right=before)
    )
    assert evaluate(measure(difference, "=", 1), SHOPPER, NOW)


def test_large_sums_of_money_are_not_rounded() -> None:
    huge = Decimal("99999999999999.9999")
    who = person(
        *(event("purchase", DAY, amount=huge) for _ in range(3)),
        event("purchase", DAY, amount=Decimal("0.0001")),
    )
    product = c.Arithmetic(operator="*", left=of("sum"), right=c.Constant(value=huge))
    exact = (3 * int(huge * 10_000) + 1) * int(huge * 10_000)
    scaled = c.Arithmetic(operator="*", left=product, right=c.Constant(value=100_000_000))
    assert evaluate(measure(scaled, "=", exact), who, NOW)


# ---- sequences
def then(*, first_only: bool = False, then_not: bool = False, window: c.Window | None = None) -> c.DidThen:
    return c.DidThen(
        first=PURCHASE, second=VISIT, then_not=then_not, within=days(2), first_only=first_only, window=window
    )


def test_with_first_only_the_first_event_counts() -> None:
    second_followed = person(
        event("purchase", DAY * 20), event("purchase", DAY * 10), event("visit", DAY * 9)
    )
    assert evaluate(then(), second_followed, NOW)
    assert not evaluate(then(first_only=True), second_followed, NOW)
    assert evaluate(then(first_only=True, then_not=True), second_followed, NOW)
    inside = c.LastWindow(duration=days(15))
    assert evaluate(then(first_only=True, window=inside), second_followed, NOW)
    assert not evaluate(then(first_only=True, then_not=True), NOBODY, NOW)


def test_then_not_waits_until_the_time_has_passed() -> None:
    atom = then(then_not=True)
    assert not evaluate(atom, person(event("purchase", DAY * 2)), NOW)
    assert evaluate(atom, person(event("purchase", DAY * 2 + TICK)), NOW)
    assert not evaluate(atom, person(event("purchase", DAY * 9), event("visit", DAY * 7)), NOW)
    assert evaluate(atom, person(event("purchase", DAY * 9), event("visit", DAY * 7 - TICK)), NOW)


def test_one_instant_is_not_after_itself() -> None:
    assert not evaluate(then(), person(event("purchase", DAY), event("visit", DAY)), NOW)


# ---- edges
def edge(which: str, amount: int, window: c.Window | None = None) -> c.EdgeEvent:
    has = c.Comparison(field=AMOUNT, operator="=", value=c.Constant(value=Decimal(amount)))
    return c.EdgeEvent(which=which, pattern=PURCHASE, has=has, window=window)  # type: ignore[arg-type]  # first or last


def test_the_first_and_the_last_event_are_by_time_then_by_recording() -> None:
    who = person(
        event("purchase", DAY * 5, amount=Decimal(1)),
        event("purchase", DAY * 9, amount=Decimal(2)),
        event("purchase", DAY * 9, amount=Decimal(3)),
        event("purchase", DAY * 5, amount=Decimal(4)),
        event("purchase", -DAY, amount=Decimal(5)),
    )
    assert [evaluate(edge("first", n), who, NOW) for n in range(1, 6)] == [False, True, False, False, False]
    assert [evaluate(edge("last", n), who, NOW) for n in range(1, 6)] == [False, False, False, True, False]
    assert evaluate(edge("first", 1, c.LastWindow(duration=days(7))), who, NOW)


def test_without_an_event_an_edge_has_nothing() -> None:
    missing = c.EdgeEvent(which="last", pattern=PURCHASE, has=c.Presence(field=AMOUNT, is_set=False))
    assert not evaluate(missing, NOBODY, NOW)
    assert evaluate(missing, person(event("purchase", DAY)), NOW)


# ---- gaps
def gap(which: str, operator: str, length: c.Duration) -> c.Gap:
    return c.Gap(which=which, pattern=PURCHASE, operator=operator, duration=length)  # type: ignore[arg-type]  # words of the language


def test_gaps_are_between_neighbours_in_time() -> None:
    who = person(event("purchase", DAY), event("purchase", DAY * 11), event("purchase", DAY * 4))
    assert evaluate(gap("longest", "=", days(7)), who, NOW)
    assert evaluate(gap("shortest", "=", days(3)), who, NOW)
    assert evaluate(gap("last", "=", days(3)), who, NOW)
    assert evaluate(gap("average", "=", days(5)), who, NOW)
    assert not evaluate(gap("average", "!=", days(5)), who, NOW)


def test_an_average_gap_is_not_rounded() -> None:
    who = person(*(event("purchase", ago) for ago in (TICK, DAY + TICK, DAY * 2 + TICK, DAY * 3 + 2 * TICK)))
    assert evaluate(gap("average", ">", days(1)), who, NOW)


def test_fewer_than_two_events_have_no_gap() -> None:
    for operator in ("<", ">=", "!="):
        assert not evaluate(gap("longest", operator, days(1)), person(event("purchase", DAY)), NOW)
    assert evaluate(
        gap("shortest", "<", days(1)), person(event("purchase", DAY), event("purchase", DAY)), NOW
    )


# ---- periods
def test_periods_are_those_of_the_named_zone() -> None:
    # 23:30 and 00:30 in Paris, but one morning in Tokyo.
    who = person(
        event("purchase", timedelta(hours=20, minutes=25)), event("purchase", timedelta(hours=19, minutes=25))
    )
    own = c.DidInPeriods(pattern=PURCHASE, minimum=2, unit="days", zone="UTC")
    tokyo = c.DidInPeriods(pattern=PURCHASE, minimum=2, unit="days", zone="UTC", named_zone="Asia/Tokyo")
    assert evaluate(own, who, NOW)
    assert not evaluate(tokyo, who, NOW)


# ---- per key
def test_one_key_has_to_fulfil_all_of_it() -> None:
    received = c.Did(pattern=c.EventPattern(event="delivered"))
    redeemed = c.Did(pattern=c.EventPattern(event="redeemed"))
    atom = c.PerKey(keys=("campaign",), condition=c.And(parts=(received, c.Not(part=redeemed))))
    both = person(
        event("delivered", DAY * 3, campaign="a"),
        event("redeemed", DAY * 2, campaign="a"),
        event("delivered", DAY * 3, campaign="b"),
    )
    assert evaluate(atom, both, NOW)
    settled = person(*both.events, event("redeemed", DAY, campaign="b"))
    assert not evaluate(atom, settled, NOW)


def test_events_without_the_key_or_not_yet_seen_ask_for_no_key() -> None:
    nothing = c.PerKey(keys=("campaign",), condition=c.Not(part=c.Did(pattern=VISIT)))
    assert not evaluate(nothing, NOBODY, NOW)
    assert not evaluate(nothing, person(event("visit", DAY)), NOW)
    assert not evaluate(nothing, person(event("visit", -DAY, campaign="a")), NOW)
    old = c.Not(part=c.Did(pattern=VISIT, window=c.LastWindow(duration=days(1))))
    assert evaluate(
        c.PerKey(keys=("campaign",), condition=old), person(event("visit", DAY * 2, campaign="a")), NOW
    )


def test_two_different_ones_on_the_same_local_day() -> None:
    two = measure(of("distinct", name=PRODUCT), ">=", 2)
    atom = c.PerKey(keys=("day",), condition=two, zone="UTC")
    # 23:30 and 00:30 in Paris are two days; in London they are one.
    night = (
        event("purchase", timedelta(hours=20, minutes=25), product="shoes"),
        event("purchase", timedelta(hours=19, minutes=25), product="socks"),
    )
    assert not evaluate(atom, person(*night), NOW)
    assert evaluate(atom, person(*night, zone="America/New_York"), NOW)
    assert not evaluate(atom, person(night[0], night[0], zone="America/New_York"), NOW)


def test_keys_may_be_several_properties_together() -> None:
    twice = c.Did(pattern=PURCHASE, minimum=2)
    atom = c.PerKey(keys=("campaign", "product"), condition=twice)
    one = event("purchase", DAY, campaign="a", product="shoes")
    other = event("purchase", DAY, campaign="a", product="socks")
    assert not evaluate(atom, person(one, other), NOW)
    assert evaluate(atom, person(one, other, one), NOW)
