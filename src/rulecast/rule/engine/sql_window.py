"""Events in SQL: a pattern inside a window as predicates and, for windows that differ from person to person, a join."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import bounds_of
from rulecast.rule.engine.sql_field import OCCURRED_AT, PROPERTY_PREFIX, where_predicate
from rulecast.rule.engine.sql_zone import calendar_starts, earliest_start
from rulecast.rule.language import condition as c

EVENT = "e"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A relation with the columns `by` and starts_at, one row for each: where a window begins for a person."""

    select: exp.Select
    by: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class EventSource:
    """Rows of events under an alias, with the joins that their windows need.

    `base` stands for the table of events where only some of them count, as inside `for some`; `by` are the columns
    that tell one group of events from another.
    """

    target: sql.Target
    alias: str = EVENT
    base: exp.Select | None = None
    by: tuple[str, ...] = ("contact_id",)
    joined: list[tuple[c.Window, c.EventPattern | None, Joined]] = field(default_factory=list)

    def matches(self, pattern: c.EventPattern, window: c.Window | None) -> list[exp.Expr]:
        """Return the predicates that an event of a pattern inside a window fulfils, and remember the joins."""
        parts = [sql.compare(sql.column(self.alias, "name"), "=", pattern.event)]
        parts += self._inside(pattern, window)
        if pattern.where is not None:
            parts.append(exp.Paren(this=where_predicate(pattern.where, self.target, self.alias)))
        return parts

    def rows(self, *columns: exp.Expr) -> exp.Select:
        """Return the SELECT of these columns from the events and all relations that the windows need."""
        select = exp.select(*columns, copy=False).from_(self.relation(self.alias), copy=False)
        for number, (_window, _pattern, joined) in enumerate(self.joined):
            alias = self._alias_of(number)
            on = [sql.same(sql.column(alias, name), sql.column(self.alias, name)) for name in joined.by]
            select = select.join(
                joined.select.subquery(alias, copy=False), on=sql.all_of(on), join_type="left", copy=False
            )
        return select

    def relation(self, alias: str) -> exp.Expr:
        """Return the events under an alias."""
        if self.base is not None:
            return self.base.subquery(alias, copy=False)
        return sql.table(self.target.relations.event, alias)

    def groups(self) -> list[exp.Expr]:
        """Return the columns by which events are grouped."""
        return [sql.column(self.alias, name) for name in self.by]

    def _inside(self, pattern: c.EventPattern, window: c.Window | None) -> list[exp.Expr]:
        occurred = sql.column(self.alias, OCCURRED_AT)
        now = sql.compare(occurred.copy(), "<", self.target.now)
        match window:
            case c.CalendarWindow():
                since = sql.compare(occurred.copy(), ">=", earliest_start(window, self.target.now))
                starts_at = self._starts_at(window, None)
                return [since, exp.GTE(this=occurred, expression=starts_at), now]
            case c.FirstWindow():
                starts_at = self._starts_at(window, window.anchor or pattern)
                end = exp.Add(this=starts_at.copy(), expression=sql.minutes(window.duration.length))
                within = exp.LT(this=occurred.copy(), expression=end)
                return [exp.GTE(this=occurred, expression=starts_at), within, now]
            case _:
                bounds = bounds_of(window, self.target.now)
                start = [] if bounds.start is None else [sql.compare(occurred.copy(), ">=", bounds.start)]
                return [*start, sql.compare(occurred, "<", bounds.end)]

    def _starts_at(self, window: c.Window, anchor: c.EventPattern | None) -> exp.Expr:
        for number, (known, pattern, _joined) in enumerate(self.joined):
            if (known, pattern) == (window, anchor):
                return sql.column(self._alias_of(number), "starts_at")
        if anchor is None:
            assert isinstance(window, c.CalendarWindow)
            joined = Joined(select=calendar_starts(self.target, window), by=("contact_id",))
        else:
            joined = Joined(select=self._first(anchor), by=self.by)
        self.joined.append((window, anchor, joined))
        return sql.column(self._alias_of(len(self.joined) - 1), "starts_at")

    def _first(self, anchor: c.EventPattern) -> exp.Select:
        source = EventSource(target=self.target, alias="f", base=self.base, by=self.by)
        predicates = source.matches(anchor, None)
        first = sql.named(exp.Min(this=sql.column("f", OCCURRED_AT)), "starts_at")
        return (
            source.rows(*source.groups(), first)
            .where(*predicates, copy=False)
            .group_by(*source.groups(), copy=False)
        )

    def _alias_of(self, number: int) -> str:
        return f"{self.alias}{number}"


def events(
    target: sql.Target,
    pattern: c.EventPattern,
    window: c.Window | None,
    *,
    alias: str = EVENT,
    columns: Sequence[str] = ("contact_id",),
) -> exp.Select:
    """Return columns of the events of a pattern inside a window."""
    source = EventSource(target=target, alias=alias)
    predicates = source.matches(pattern, window)
    return source.rows(*[sql.column(alias, name) for name in columns]).where(*predicates, copy=False)


def property_column(name: str) -> str:
    """Return the name of the column of an event property."""
    return name if name == OCCURRED_AT else PROPERTY_PREFIX + name


def earliest_instant(window: c.Window | None, target: sql.Target) -> datetime | None:
    """Return an instant before which no event lies in the window, where there is one for all people."""
    match window:
        case c.CalendarWindow():
            return earliest_start(window, target.now)
        case c.FirstWindow():
            return None
        case _:
            return bounds_of(window, target.now).start
