"""Event atoms as sets of contacts: a SELECT of contact ids, and whether the atom means those or all others."""

from dataclasses import dataclass

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import zone_or_utc
from rulecast.rule.engine.sql_field import OCCURRED_AT, columns_of, where_predicate
from rulecast.rule.engine.sql_group import grouped, measured
from rulecast.rule.engine.sql_window import EVENT, EventSource, earliest_instant, events, property_column
from rulecast.rule.engine.sql_zone import local_instant, zone_of
from rulecast.rule.language import condition as c

PERIODS: dict[c.PeriodUnit, str] = {"days": "DAY", "weeks": "WEEK", "months": "MONTH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSet:
    """The contacts a SELECT names or, with `is_complement`, all others."""

    select: exp.Select
    is_complement: bool = False


def contact_set(atom: c.Condition, target: sql.Target) -> ContactSet:  # noqa: PLR0911 - one return per kind of node
    """Return the contacts for whom an atom over events or consent is true."""
    match atom:
        case c.Did():
            return _did(atom, target)
        case c.Measure():
            select, is_complement = measured(atom, target)
            return ContactSet(select=select, is_complement=is_complement)
        case c.DidInPeriods():
            return ContactSet(select=_periods(atom, target))
        case c.DidThen():
            return ContactSet(select=_sequence(atom, target))
        case c.EdgeEvent():
            return ContactSet(select=_edge(atom, target))
        case c.Gap():
            return ContactSet(select=_gap(atom, target))
        case c.PerKey():
            return ContactSet(select=grouped(atom, target))
        case c.ConsentGranted():
            return ContactSet(select=_consent(atom, target))
        case _:
            raise AssertionError(f"not an atom over events: {type(atom).__name__}")


def _did(atom: c.Did, target: sql.Target) -> ContactSet:
    """Name those with so many events; where none is enough, those with too many."""
    select = events(target, atom.pattern, atom.window)
    if atom.minimum == 1 and atom.maximum is None:
        return ContactSet(select=select)
    limits: list[exp.Expr] = []
    if atom.minimum > 0:
        limits.append(sql.compare(sql.counted(), ">=", atom.minimum))
        if atom.maximum is not None:
            limits.append(sql.compare(sql.counted(), "<=", atom.maximum))
    elif atom.maximum is not None:
        limits.append(sql.compare(sql.counted(), ">", atom.maximum))
    else:
        limits.append(exp.false())
    select = select.group_by(sql.column(EVENT, "contact_id"), copy=False).having(*limits, copy=False)
    return ContactSet(select=select, is_complement=atom.minimum == 0)


def _periods(atom: c.DidInPeriods, target: sql.Target) -> exp.Select:
    """Count distinct local periods."""
    found = events(target, atom.pattern, atom.window, columns=("contact_id", OCCURRED_AT))
    contact = sql.column(EVENT, "contact_id")
    select = exp.select(contact, copy=False).from_(found.subquery(EVENT, copy=False), copy=False)
    if atom.named_zone is None:
        same = sql.same(contact.copy(), sql.column("c", "contact_id"))
        select = select.join(sql.table(target.relations.contact, "c"), on=same, copy=False)
        zone = zone_of("c", atom.zone)
    else:
        zone = exp.Literal.string(zone_or_utc(atom.named_zone))
    since = earliest_instant(atom.window, target)
    joined, local = local_instant(
        target, select, occurred=sql.column(EVENT, OCCURRED_AT), zone=zone, since=since
    )
    period = exp.TimestampTrunc(this=local, unit=exp.var(PERIODS[atom.unit]))
    count = exp.Count(this=exp.Distinct(expressions=[period]))
    return joined.group_by(contact.copy(), copy=False).having(
        sql.compare(count, ">=", atom.minimum), copy=False
    )


def _sequence(atom: c.DidThen, target: sql.Target) -> exp.Select:
    """Join each first event with the second ones in the time after it; `then not` keeps the unmatched."""
    names = ("contact_id", OCCURRED_AT, *(property_column(name) for name in atom.same))
    firsts = events(target, atom.first, atom.window, alias="f", columns=names)
    if atom.first_only:
        firsts = _edge_rows(atom.first, atom.window, target, which="first", columns=names)
    first, second = sql.column("a", OCCURRED_AT), sql.column("b", OCCURRED_AT)
    deadline = exp.Add(this=first.copy(), expression=sql.minutes(atom.within.length))
    source = EventSource(target=target, alias="b")
    pairs = [
        sql.same(sql.column("a", "contact_id"), sql.column("b", "contact_id")),
        exp.GT(this=second.copy(), expression=first.copy()),
        exp.LTE(this=second.copy(), expression=deadline),
        *(
            sql.same(sql.column("a", property_column(name)), sql.column("b", property_column(name)))
            for name in atom.same
        ),
        *source.matches(atom.second, None),
    ]
    joined = (
        exp.select(sql.column("a", "contact_id"), copy=False)
        .from_(firsts.subquery("a", copy=False), copy=False)
        .join(
            source.relation("b"),
            on=sql.all_of(pairs),
            join_type="left" if atom.then_not else "inner",
            copy=False,
        )
    )
    if not atom.then_not:
        return joined
    passed = sql.compare(first.copy(), "<", target.now - atom.within.length)
    return joined.where(passed, sql.is_null(sql.column("b", "contact_id")), copy=False)


def _edge(atom: c.EdgeEvent, target: sql.Target) -> exp.Select:
    columns = ("contact_id", *sorted(property_column(name) for name in columns_of(atom.has)))
    rows = _edge_rows(atom.pattern, atom.window, target, which=atom.which, columns=columns)
    return (
        exp.select(sql.column("x", "contact_id"), copy=False)
        .from_(rows.subquery("x", copy=False), copy=False)
        .where(where_predicate(atom.has, target, "x"), copy=False)
    )


def _edge_rows(
    pattern: c.EventPattern,
    window: c.Window | None,
    target: sql.Target,
    *,
    which: str,
    columns: tuple[str, ...],
) -> exp.Select:
    """Return columns of the first or last matching event of each contact; ties go by order of recording."""
    source = EventSource(target=target)
    predicates = source.matches(pattern, window)
    place = _place_by_time(descending=which == "last")
    rows = source.rows(*[sql.column(EVENT, name) for name in columns], sql.named(place, "place"))
    return (
        exp.select(*[sql.column("r", name) for name in columns], copy=False)
        .from_(rows.where(*predicates, copy=False).subquery("r", copy=False), copy=False)
        .where(sql.compare(sql.column("r", "place"), "=", 1), copy=False)
    )


def _place_by_time(*, descending: bool) -> exp.Expr:
    order = [sql.column(EVENT, OCCURRED_AT), sql.column(EVENT, "event_id")]
    return sql.over(exp.RowNumber(), sql.column(EVENT, "contact_id"), order, descending=descending)


def _gap(atom: c.Gap, target: sql.Target) -> exp.Select:
    """Compare gaps as whole microseconds; the average by multiplying the duration."""
    source = EventSource(target=target)
    predicates = source.matches(atom.pattern, atom.window)
    occurred = sql.column(EVENT, OCCURRED_AT)
    length = round(atom.duration.length.total_seconds()) * 1_000_000
    if atom.which == "average":
        gaps = exp.Sub(this=sql.counted(), expression=exp.Literal.number(1))
        whole = exp.Mul(this=exp.Literal.number(length), expression=exp.Paren(this=gaps))
        stretch = sql.microseconds(exp.Min(this=occurred.copy()), exp.Max(this=occurred.copy()))
        return (
            source.rows(sql.column(EVENT, "contact_id"))
            .where(*predicates, copy=False)
            .group_by(sql.column(EVENT, "contact_id"), copy=False)
            .having(
                sql.compare(sql.counted(), ">=", 2),
                sql.COMPARISONS[atom.operator](this=stretch, expression=whole),
                copy=False,
            )
        )
    order = [occurred.copy(), sql.column(EVENT, "event_id")]
    contact = sql.column(EVENT, "contact_id")
    before = sql.over(exp.Lag(this=occurred.copy()), contact.copy(), order)
    rows = source.rows(
        contact,
        sql.named(occurred, OCCURRED_AT),
        sql.named(before, "before_at"),
        sql.named(_place_by_time(descending=True), "place"),
    ).where(*predicates, copy=False)
    gap = sql.microseconds(sql.column("g", "before_at"), sql.column("g", OCCURRED_AT))
    select = exp.select(sql.column("g", "contact_id"), copy=False).from_(
        rows.subquery("g", copy=False), copy=False
    )
    if atom.which == "last":
        return select.where(
            sql.compare(sql.column("g", "place"), "=", 1), sql.compare(gap, atom.operator, length), copy=False
        )
    edge = exp.Max(this=gap) if atom.which == "longest" else exp.Min(this=gap)
    return (
        select.where(sql.negated(sql.is_null(sql.column("g", "before_at"))), copy=False)
        .group_by(sql.column("g", "contact_id"), copy=False)
        .having(sql.compare(edge, atom.operator, length), copy=False)
    )


def _consent(atom: c.ConsentGranted, target: sql.Target) -> exp.Select:
    parts = [
        sql.compare(sql.column("g", "purpose"), "=", atom.purpose),
        sql.column("g", "granted"),
        sql.column("g", "proven"),
    ]
    if atom.direction is not None and atom.duration is not None:
        operator: c.Operator = "<" if atom.direction == "before" else ">="
        parts.append(sql.compare(sql.column("g", "at"), operator, target.now - atom.duration.length))
    consents = sql.table(target.relations.consent, "g")
    return (
        exp.select(sql.column("g", "contact_id"), copy=False)
        .from_(consents, copy=False)
        .where(*parts, copy=False)
    )
