"""Aggregates in SQL: one pass over the events, grouped by contact or, inside `for some`, by contact and keys.

Each aggregate is a sum, count or edge over CASE: so several windows and patterns need one scan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.sql_field import OCCURRED_AT, columns_of
from rulecast.rule.engine.sql_measure import (
    aggregates_in,
    holds_for_nothing,
    measure_predicate,
    reads_attributes,
    wide,
)
from rulecast.rule.engine.sql_window import EVENT, EventSource, earliest_instant, property_column
from rulecast.rule.engine.sql_zone import local_instant, zone_of
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

DAY_KEY = "day"
# Engines whose sum of whole numbers has 64 bits and runs over in silence.
NARROW_SUMS = frozenset({"clickhouse", "spark"})
FUNCTIONS: dict[str, type[exp.AggFunc]] = {
    "sum": exp.Sum,
    "average": exp.Sum,
    "smallest": exp.Min,
    "largest": exp.Max,
}


@dataclass(slots=True, kw_only=True)
class Columns:
    """The aggregates over one source of events, and which events they look at."""

    source: EventSource
    filters: list[exp.Expr] = field(default_factory=list)

    def of(self, atom: c.Aggregate) -> tuple[exp.Expr, exp.Expr | None]:
        """Return the SQL of an aggregate and, for an average, of the number of its values."""
        matches = self.matches(atom.pattern, atom.window)
        if atom.kind == "count":
            return exp.Count(this=sql.when(matches, exp.Literal.number(1))), None
        assert atom.property is not None, "the grammar gives every other aggregate a property"
        value = sql.when(matches, self._value(atom.property))
        if atom.kind in {"sum", "average"} and self.source.target.dialect in NARROW_SUMS:
            value = (
                wide(value, self.source.target.dialect)
                if atom.property.type is AttributeType.INTEGER
                else value
            )
        if atom.kind == "distinct":
            return exp.Count(this=exp.Distinct(expressions=[value])), None
        total = FUNCTIONS[atom.kind](this=value)
        if atom.kind == "sum":
            return sql.or_else(total, exp.Literal.number(0)), None
        return total, exp.Count(this=value.copy()) if atom.kind == "average" else None

    def matches(self, pattern: c.EventPattern, window: c.Window | None) -> exp.Expr:
        """Return the predicate of the events that an aggregate looks at, and remember it."""
        found = sql.all_of(self.source.matches(pattern, window))
        self.filters.append(found)
        return found.copy()

    def any_looked_at(self) -> exp.Expr:
        """Return the predicate of the events that at least one aggregate looks at."""
        return exp.Paren(this=sql.any_of([exp.Paren(this=one.copy()) for one in self.filters]))

    def _value(self, name: c.Field) -> exp.Expr:
        column = sql.column(self.source.alias, property_column(name.name))
        # Empty text is missing, and so is no value of its own.
        if name.type is AttributeType.TEXT:
            return exp.Nullif(this=column, expression=exp.Literal.string(""))
        return column


def measured(atom: c.Measure, target: sql.Target) -> tuple[exp.Select, bool]:
    """Return the contacts for whom a comparison of measured numbers holds or, with True, those for whom it does not."""
    if reads_attributes(atom.left) or reads_attributes(atom.right):
        return _with_attributes(atom, target), False
    columns = Columns(source=EventSource(target=target))
    holds = measure_predicate(atom, target, columns.of, EVENT)
    is_complement = holds_for_nothing(atom)
    if is_complement:
        holds = sql.negated(sql.or_else(holds, exp.false()))
    source = columns.source
    select = (
        source.rows(*source.groups())
        .where(columns.any_looked_at(), copy=False)
        .group_by(*source.groups(), copy=False)
    )
    return select.having(holds, copy=False), is_complement


def measured_on_contact(atom: c.Measure, target: sql.Target) -> exp.Expr | None:
    """Return the comparison as a predicate on a row of the contacts, None where events take part."""
    if aggregates_in(atom.left) or aggregates_in(atom.right):
        return None
    return measure_predicate(atom, target, _no_events, sql.CONTACT)


def _no_events(atom: c.Aggregate) -> tuple[exp.Expr, None]:
    raise AssertionError(f"an aggregate where none is: {atom.kind}")


def _with_attributes(atom: c.Measure, target: sql.Target) -> exp.Select:
    """Join the aggregates to the contacts, whose attributes take part; without events they are those of nothing."""
    columns = Columns(source=EventSource(target=target))
    values: list[exp.Expr] = []
    by_aggregate: dict[c.Aggregate, tuple[exp.Expr, exp.Expr | None]] = {}
    for aggregate in [*aggregates_in(atom.left), *aggregates_in(atom.right)]:
        if aggregate not in by_aggregate:
            total, count = columns.of(aggregate)
            outer = _outer(len(values), nothing=aggregate.kind in {"count", "sum", "distinct"})
            values.append(sql.named(total, f"v{len(values)}"))
            outer_count = None
            if count is not None:
                outer_count = _outer(len(values), nothing=True)
                values.append(sql.named(count, f"v{len(values)}"))
            by_aggregate[aggregate] = outer, outer_count
    source = columns.source
    contact = sql.CONTACT
    select = exp.select(sql.column(contact, "contact_id"), copy=False).from_(
        sql.table(target.relations.contact, contact), copy=False
    )
    looked_at = source.rows(*source.groups(), *values).where(columns.any_looked_at(), copy=False)
    same = sql.same(sql.column("v", "contact_id"), sql.column(contact, "contact_id"))
    relation = looked_at.group_by(*source.groups(), copy=False).subquery("v", copy=False)
    return select.join(relation, on=same, join_type="left", copy=False).where(
        measure_predicate(atom, target, lambda one: _copies(by_aggregate[one]), contact), copy=False
    )


def _outer(number: int, *, nothing: bool) -> exp.Expr:
    value = sql.column("v", f"v{number}")
    return sql.or_else(value, exp.Literal.number(0)) if nothing else value


def _copies(pair: tuple[exp.Expr, exp.Expr | None]) -> tuple[exp.Expr, exp.Expr | None]:
    value, count = pair
    return value.copy(), None if count is None else count.copy()


def grouped(atom: c.PerKey, target: sql.Target) -> exp.Select:
    """Return the contacts that have one combination of keys for which the condition holds."""
    keys = tuple(f"k{number}" for number in range(len(atom.keys)))
    source = EventSource(target=target, base=_keyed(atom, target, keys), by=("contact_id", *keys))
    columns = Columns(source=source)
    holds = _group_predicate(atom.condition, columns)
    select = source.rows(sql.column(EVENT, "contact_id"))
    if not _holds_for_nothing(atom.condition):
        # A combination without an event that is looked at cannot help: engines may skip old events.
        select = select.where(columns.any_looked_at(), copy=False)
    return select.group_by(*source.groups(), copy=False).having(holds, copy=False)


def _keyed(atom: c.PerKey, target: sql.Target, keys: tuple[str, ...]) -> exp.Select:
    """Return the events that the condition names, with their keys, none of which is missing."""
    local_day: exp.Expr | None = None
    names = [OCCURRED_AT, "contact_id", "name", *sorted(_columns_read(atom.condition) - {OCCURRED_AT})]
    select = exp.select(*[sql.column("t", name) for name in names], copy=False).from_(
        sql.table(target.relations.event, "t"), copy=False
    )
    occurred = sql.column("t", OCCURRED_AT)
    if DAY_KEY in atom.keys:
        same = sql.same(sql.column("t", "contact_id"), sql.column("c", "contact_id"))
        select = select.join(sql.table(target.relations.contact, "c"), on=same, copy=False)
        since = _earliest(atom.condition, target)
        select, local = local_instant(
            target, select, occurred=occurred, zone=zone_of("c", atom.zone), since=since
        )
        local_day = exp.cast(local, exp.DataType.Type.DATE, copy=False)
        if since is not None:
            select = select.where(sql.compare(occurred.copy(), ">=", since), copy=False)
    events = sorted({pattern.event for pattern in _patterns_in(atom.condition)})
    is_named = sql.column("t", "name").isin(*[exp.Literal.string(name) for name in events], copy=False)
    select = select.where(
        is_named if events else exp.false(),
        sql.compare(occurred.copy(), "<", target.now),
        copy=False,
    )
    for key, name in zip(keys, atom.keys, strict=True):
        if name == DAY_KEY:
            assert local_day is not None
            select = select.select(sql.named(local_day.copy(), key), copy=False)
            continue
        column = sql.column("t", property_column(name))
        select = select.select(sql.named(column, key), copy=False).where(
            sql.negated(sql.is_null(column.copy())), copy=False
        )
    return select


def _group_predicate(condition: c.Condition, columns: Columns) -> exp.Expr:
    """Return the predicate of a group of events, never unknown below a negation."""
    match condition:
        case c.And():
            return sql.all_of([_group_predicate(part, columns) for part in condition.parts])
        case c.Or():
            return exp.Paren(this=sql.any_of([_group_predicate(part, columns) for part in condition.parts]))
        case c.Not(part=part):
            return sql.negated(sql.or_else(_group_predicate(part, columns), exp.false()))
        case c.Did():
            return _did_in_group(condition, columns)
        case c.Measure():
            return measure_predicate(condition, columns.source.target, columns.of, EVENT)
        case _:
            raise AssertionError("the type pass lets only events and measures stand inside `for some`")


def _did_in_group(atom: c.Did, columns: Columns) -> exp.Expr:
    matches = columns.matches(atom.pattern, atom.window)
    count = exp.Count(this=sql.when(matches, exp.Literal.number(1)))
    limits = [sql.compare(count, ">=", atom.minimum)]
    if atom.maximum is not None:
        limits.append(sql.compare(count.copy(), "<=", atom.maximum))
    both = exp.Paren(this=sql.all_of(limits))
    return sql.negated(both) if atom.negated else both


def _holds_for_nothing(condition: c.Condition) -> bool:
    match condition:
        case c.And():
            return all(_holds_for_nothing(part) for part in condition.parts)
        case c.Or():
            return any(_holds_for_nothing(part) for part in condition.parts)
        case c.Not(part=part):
            return not _holds_for_nothing(part)
        case c.Did():
            return (condition.minimum == 0) is not condition.negated
        case c.Measure():
            return holds_for_nothing(condition)
        case _:
            return True


def _earliest(condition: c.Condition, target: sql.Target) -> datetime | None:
    """Return an instant before which no event helps, where there is one."""
    if _holds_for_nothing(condition):
        return None
    starts = [earliest_instant(one.window, target) for one in _measures_in(condition)]
    known = [start for start in starts if start is not None]
    return min(known) if known and len(known) == len(starts) else None


def _measures_in(condition: c.Condition) -> Iterator[c.Did | c.Aggregate]:
    """Yield what counts or measures events in a condition inside `for some`."""
    match condition:
        case c.And() | c.Or():
            for part in condition.parts:
                yield from _measures_in(part)
        case c.Not(part=part):
            yield from _measures_in(part)
        case c.Did():
            yield condition
        case c.Measure():
            yield from aggregates_in(condition.left)
            yield from aggregates_in(condition.right)
        case _:
            return


def _patterns_in(condition: c.Condition) -> Iterator[c.EventPattern]:
    """Yield the events that a condition names, also those that a window begins with."""
    for one in _measures_in(condition):
        yield one.pattern
        if isinstance(one.window, c.FirstWindow) and one.window.anchor is not None:
            yield one.window.anchor


def _columns_read(condition: c.Condition) -> set[str]:
    """Return the columns of properties that a condition reads."""
    names = {name for pattern in _patterns_in(condition) for name in columns_of(pattern.where)}
    for one in _measures_in(condition):
        if isinstance(one, c.Aggregate) and one.property is not None:
            names.add(one.property.name)
    return {property_column(name) for name in names}
