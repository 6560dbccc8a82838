"""Local time in SQL: only from the table of zone offsets, never from the engine's own zone data.

A contact's zone may be missing (then the workspace's counts) or unknown (then UTC), as in the reference.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import naive_utc, period_start
from rulecast.rule.language import condition as c
from rulecast.values.zone_offsets import FIRST_YEAR, LAST_YEAR

Key = TypeVar("Key", bound=Hashable)
# Bounds for the first and the last row of a zone; every engine can hold them.
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
# No zone has ever been further from UTC, and since 1990 all keep to quarters of an hour (a test watches that).
OFFSET_MINUTES_MAX = 16 * 60
OFFSET_STEP_MINUTES = 15


def zone_of(alias: str, default: str | None) -> exp.Expr:
    """Return the zone of a row of the contacts, the default where it is missing."""
    own = exp.Nullif(this=sql.column(alias, "zone"), expression=exp.Literal.string(""))
    return sql.or_else(own, exp.Literal.string(default or "UTC"))


def stretches(target: sql.Target, since: datetime | None = None, until: datetime | None = None) -> exp.Select:
    """Return zone, from_utc, until_utc, minutes: each row of the zone table with its end, the first open to the past.

    With bounds only the stretches that touch the time from `since` until `until` are returned.
    """
    from_utc = sql.column("o", "from_utc")
    zone = sql.column("o", "zone")
    following = sql.over(exp.Lead(this=from_utc.copy()), zone.copy(), [from_utc.copy()])
    previous = sql.over(exp.Lag(this=from_utc.copy()), zone.copy(), [from_utc.copy()])
    opened = (
        exp.case()
        .when(sql.is_null(previous), sql.literal(BEGINNING), copy=False)
        .else_(from_utc.copy(), copy=False)
    )
    rows = exp.select(
        zone,
        sql.named(opened, "from_utc"),
        sql.named(sql.or_else(following, sql.literal(END)), "until_utc"),
        sql.column("o", "minutes"),
        copy=False,
    ).from_(sql.table(target.relations.zone_offset, "o"), copy=False)
    limits: list[exp.Expr] = []
    if since is not None:
        limits.append(sql.compare(sql.column("y", "until_utc"), ">", since))
    if until is not None:
        limits.append(sql.compare(sql.column("y", "from_utc"), "<=", until))
    columns = [sql.column("y", name) for name in ("zone", "from_utc", "until_utc", "minutes")]
    return (
        exp.select(*columns, copy=False)
        .from_(rows.subquery("y", copy=False), copy=False)
        .where(*limits, copy=False)
    )


def local_instant(
    target: sql.Target, select: exp.Select, *, occurred: exp.Expr, zone: exp.Expr, since: datetime | None
) -> tuple[exp.Select, exp.Expr]:
    """Return the SELECT joined to the zone table, and the local time of an instant before now; unknown zones are UTC.

    No row may be older than `since`. The years make it a join by equality: without them each row would meet every
    stretch of its zone since 1990, which took ten times as long over five million events.
    """
    year = sql.year_of(occurred.copy())
    clamped = (
        exp.case()
        .when(sql.compare(year, "<", FIRST_YEAR), exp.Literal.number(FIRST_YEAR), copy=False)
        .when(sql.compare(year.copy(), ">", LAST_YEAR), exp.Literal.number(LAST_YEAR), copy=False)
        .else_(year.copy(), copy=False)
    )
    stretch = [
        sql.same(sql.column("z", "zone"), zone),
        sql.same(sql.column("z", "year"), clamped),
        exp.GTE(this=occurred.copy(), expression=sql.column("z", "from_utc")),
        exp.LT(this=occurred.copy(), expression=sql.column("z", "until_utc")),
    ]
    relation = _stretches_by_year(target, since).subquery("z", copy=False)
    joined = select.join(relation, on=sql.all_of(stretch), join_type="left", copy=False)
    offset = sql.or_else(sql.column("z", "minutes"), exp.Literal.number(0))
    return joined, sql.later(occurred.copy(), offset)


def _stretches_by_year(target: sql.Target, since: datetime | None) -> exp.Select:
    """Return zone, year, from_utc, until_utc, minutes: each stretch once for every year that it touches."""
    first = FIRST_YEAR if since is None else min(max(since.year, FIRST_YEAR), LAST_YEAR)
    last = min(max(target.now.year, first), LAST_YEAR)
    columns = ("zone", "from_utc", "until_utc", "minutes")
    year = sql.column("q", "year")
    return (
        exp.select(*[sql.column("w", name) for name in columns], year, copy=False)
        .from_(stretches(target, since, target.now).subquery("w", copy=False), copy=False)
        .join(_years(first, last).subquery("q", copy=False), join_type="cross", copy=False)
        .where(
            exp.GTE(this=year.copy(), expression=sql.year_of(sql.column("w", "from_utc"))),
            exp.LTE(this=year.copy(), expression=sql.year_of(sql.column("w", "until_utc"))),
            copy=False,
        )
    )


def _years(first: int, last: int) -> exp.Select | exp.Union:
    """Return the one column year with a row for each."""
    rows: list[exp.Select] = [
        exp.select(sql.named(exp.Literal.number(year), "year"), copy=False) for year in range(first, last + 1)
    ]
    return rows[0] if len(rows) == 1 else exp.union(*rows, distinct=False, copy=False)


def zone_test(target: sql.Target, default: str | None, test: Callable[[datetime], bool]) -> exp.Expr:
    """Return the predicate, never unknown, of the contacts whose local time now (naive) passes a test."""
    held = offsets_by(target.now, test)
    zone = zone_of(sql.CONTACT, default)
    # What the table does not know is UTC: so the zones to be named are those that differ from it.
    is_utc_held = test(naive_utc(target.now))
    differing = held.get(not is_utc_held)
    if differing is None:
        return exp.true() if is_utc_held else exp.false()
    found = sql.is_in(zone, _zones_with(target, differing))
    return sql.negated(found) if is_utc_held else found


def offsets_by(now: datetime, key: Callable[[datetime], Key]) -> dict[Key, list[tuple[int, int]]]:
    """Return, by what the function says of the local time (naive), the ranges of offsets in minutes, ends included."""
    found: dict[Key, list[tuple[int, int]]] = {}
    previous: Key | None = None
    utc = naive_utc(now)
    for minutes in range(-OFFSET_MINUTES_MAX, OFFSET_MINUTES_MAX + 1, OFFSET_STEP_MINUTES):
        value = key(utc + timedelta(minutes=minutes))
        ranges = found.setdefault(value, [])
        if ranges and value == previous:
            ranges[-1] = (ranges[-1][0], minutes)
        else:
            ranges.append((minutes, minutes))
        previous = value
    return found


def offset_in(ranges: list[tuple[int, int]], minutes: exp.Expr) -> exp.Expr:
    """Return the test whether an offset lies in one of the ranges."""
    return exp.Paren(
        this=sql.any_of(
            [
                sql.all_of([sql.compare(minutes.copy(), ">=", low), sql.compare(minutes.copy(), "<=", high)])
                for low, high in ranges
            ]
        )
    )


def _zones_with(target: sql.Target, ranges: list[tuple[int, int]]) -> exp.Select:
    return (
        exp.select(sql.column("z", "zone"), copy=False)
        .from_(_zones_now(target).subquery("z", copy=False), copy=False)
        .where(offset_in(ranges, sql.column("z", "minutes")), copy=False)
    )


def _zones_now(target: sql.Target) -> exp.Select:
    """Return zone and minutes: the offset of each zone at the instant of the evaluation."""
    return (
        exp.select(sql.column("n", "zone"), sql.column("n", "minutes"), copy=False)
        .from_(stretches(target).subquery("n", copy=False), copy=False)
        .where(
            sql.compare(sql.column("n", "from_utc"), "<=", target.now),
            sql.compare(sql.column("n", "until_utc"), ">", target.now),
            copy=False,
        )
    )


def day_test(
    target: sql.Target, alias: str, default: str | None, test: Callable[[date], exp.Expr]
) -> exp.Expr:
    """Return the predicate of the rows for whose contact the test of the local day now holds; days differ on earth.

    The rows are those of the contacts, or others with a contact_id.
    """
    by_day = offsets_by(target.now, lambda local: local.date())
    utc_day = naive_utc(target.now).date()
    others = {day: ranges for day, ranges in by_day.items() if day != utc_day}
    elsewhere = [span for ranges in others.values() for span in ranges]
    parts = [sql.all_of([test(utc_day), _lives_in(target, alias, default, elsewhere, negated=True)])]
    parts += [
        sql.all_of([test(day), _lives_in(target, alias, default, ranges)]) for day, ranges in others.items()
    ]
    return exp.Paren(this=sql.any_of(parts))


def _lives_in(
    target: sql.Target,
    alias: str,
    default: str | None,
    ranges: list[tuple[int, int]],
    *,
    negated: bool = False,
) -> exp.Expr:
    """Return the test whether a row's contact lives in a zone with one of the offsets now."""
    zones = _zones_with(target, ranges)
    if alias == sql.CONTACT:
        found = sql.is_in(zone_of(alias, default), zones)
        return sql.negated(found) if negated else found
    inside = sql.is_in(zone_of("c", default), zones)
    people = (
        exp.select(sql.column("c", "contact_id"), copy=False)
        .from_(sql.table(target.relations.contact, "c"), copy=False)
        .where(sql.negated(inside) if negated else inside, copy=False)
    )
    return sql.is_in(sql.column(alias, "contact_id"), people)


def calendar_starts(target: sql.Target, window: c.CalendarWindow) -> exp.Select:
    """Return contact_id and starts_at: when the window begins for each contact, an instant."""
    utc_start = naive_utc(target.now).date()
    default = sql.literal(datetime.combine(_first_day(window, utc_start), datetime.min.time(), UTC))
    starts_at = sql.or_else(sql.column("k", "starts_at"), default)
    zone = sql.same(sql.column("k", "zone"), zone_of("c", window.zone))
    return (
        exp.select(sql.column("c", "contact_id"), sql.named(starts_at, "starts_at"), copy=False)
        .from_(sql.table(target.relations.contact, "c"), copy=False)
        .join(_zone_starts(target, window).subquery("k", copy=False), on=zone, join_type="left", copy=False)
    )


def _zone_starts(target: sql.Target, window: c.CalendarWindow) -> exp.Select:
    """Return zone and starts_at: the first instant at which the zone's clock shows, or has passed, the first midnight.

    As `values.zone_offsets.utc_of_local`: the first stretch in which the midnight, or else its beginning, lies.
    """
    midnights = exp.case()
    for day, ranges in offsets_by(target.now, lambda local: _first_day(window, local.date())).items():
        midnight = sql.literal(datetime.combine(day, datetime.min.time(), UTC))
        midnights = midnights.when(offset_in(ranges, sql.column("z", "minutes")), midnight, copy=False)
    zones = (
        exp.select(sql.column("z", "zone"), sql.named(midnights, "midnight"), copy=False)
        .from_(_zones_now(target).subquery("z", copy=False), copy=False)
        .subquery("m", copy=False)
    )
    back = exp.Neg(this=sql.column("x", "minutes"))
    shown = sql.later(sql.column("m", "midnight"), back)
    from_utc = sql.column("x", "from_utc")
    candidate = (
        exp.case()
        .when(exp.LT(this=shown, expression=from_utc.copy()), from_utc, copy=False)
        .else_(shown.copy(), copy=False)
    )
    candidates = (
        exp.select(
            sql.column("m", "zone"),
            sql.named(candidate, "starts_at"),
            sql.column("x", "until_utc"),
            copy=False,
        )
        .from_(zones, copy=False)
        .join(
            stretches(target, earliest_start(window, target.now), target.now).subquery("x", copy=False),
            on=sql.same(sql.column("x", "zone"), sql.column("m", "zone")),
            copy=False,
        )
        .subquery("d", copy=False)
    )
    lies_inside = exp.LT(this=sql.column("d", "starts_at"), expression=sql.column("d", "until_utc"))
    first = exp.Min(this=sql.column("d", "starts_at"))
    return (
        exp.select(sql.column("d", "zone"), sql.named(first, "starts_at"), copy=False)
        .from_(candidates, copy=False)
        .where(lies_inside, copy=False)
        .group_by(sql.column("d", "zone"), copy=False)
    )


def earliest_start(window: c.CalendarWindow, now: datetime) -> datetime:
    """Return an instant before which the window begins nowhere on earth; a constant lets engines skip old rows."""
    reach = timedelta(minutes=OFFSET_MINUTES_MAX)
    day = _first_day(window, (naive_utc(now) - reach).date())
    return datetime.combine(day, datetime.min.time(), UTC) - reach


def _first_day(window: c.CalendarWindow, day: date) -> date:
    return period_start(day, window.unit, window.amount - 1)
