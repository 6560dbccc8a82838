"""Event atoms as sets of contacts: a SELECT of contact ids, and whether the atom means those or all others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import bounds_of
from rulecast.rule.engine.sql_field import field_predicate, negated_field_predicate
from rulecast.rule.language import condition as c

PROPERTY_PREFIX = "p_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSet:
    """The contacts a SELECT names or, with `is_complement`, all others."""

    select: exp.Select
    is_complement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCompiler:
    """Compiles event atoms against relations at one instant."""

    relations: sql.Relations
    now: datetime

    def contact_set(self, atom: c.Condition) -> ContactSet:
        """Return the contacts for whom an atom over events or consent is true."""
        match atom:
            case c.Did():
                return ContactSet(select=self._did(atom))
            case c.SumOf():
                return self._sum(atom)
            case c.DidInPeriods():
                return ContactSet(select=self._periods(atom))
            case c.DidThen():
                return ContactSet(select=self._sequence(atom))
            case c.ConsentGranted():
                return ContactSet(select=self._consent(atom))
            case _:
                raise AssertionError(f"not an atom over events: {type(atom).__name__}")

    def event_filter(self, pattern: c.EventPattern, window: c.Window | None, alias: str) -> list[exp.Expr]:
        """Return the predicates that an event of a pattern inside a window fulfils."""
        bounds = bounds_of(window, self.now)
        occurred = sql.column(alias, "occurred_at")
        parts = [sql.compare(sql.column(alias, "name"), "=", pattern.event)]
        if bounds.start is not None:
            parts.append(sql.compare(occurred.copy(), ">=", bounds.start))
        parts.append(sql.compare(occurred, "<", bounds.end))
        if pattern.where is not None:
            parts.append(exp.Paren(this=self.where(pattern.where, alias)))
        return parts

    def where(self, condition: c.Condition, alias: str) -> exp.Expr:
        """Return the predicate of a lowered condition on event properties."""
        match condition:
            case c.And():
                return sql.all_of([self.where(part, alias) for part in condition.parts])
            case c.Or():
                return exp.Paren(this=sql.any_of([self.where(part, alias) for part in condition.parts]))
            case c.Not(part=part):
                return negated_field_predicate(_field_atom(part), alias, self.now, prefix=PROPERTY_PREFIX)
            case _:
                return field_predicate(_field_atom(condition), alias, self.now, prefix=PROPERTY_PREFIX)

    def _events(self, alias: str) -> exp.Select:
        return exp.select(sql.column(alias, "contact_id")).from_(sql.table(self.relations.event, alias))

    def _did(self, atom: c.Did) -> exp.Select:
        select = self._events("e").where(*self.event_filter(atom.pattern, atom.window, "e"))
        if atom.minimum == 1:
            return select
        count = exp.Count(this=exp.Star())
        return select.group_by(sql.column("e", "contact_id")).having(sql.compare(count, ">=", atom.minimum))

    def _sum(self, atom: c.SumOf) -> ContactSet:
        """Name those whose sum fits or, where the empty sum fits, those whose sum does not."""
        total = exp.Coalesce(
            this=exp.Sum(this=sql.column("e", PROPERTY_PREFIX + atom.property.name)),
            expressions=[exp.Literal.number(0)],
        )
        fits = sql.compare(total, atom.operator, atom.value)
        nothing_fits = COMPARE_ZERO[atom.operator](Decimal(str(atom.value.value)))
        select = (
            self._events("e")
            .where(*self.event_filter(atom.pattern, atom.window, "e"))
            .group_by(sql.column("e", "contact_id"))
            .having(sql.negated(fits) if nothing_fits else fits)
        )
        return ContactSet(select=select, is_complement=nothing_fits)

    def _periods(self, atom: c.DidInPeriods) -> exp.Select:
        """Count distinct local periods; offsets come from the zone table, cut to its stretches by LEAD."""
        zone = exp.Coalesce(
            this=exp.Nullif(this=sql.column("c", "zone"), expression=exp.Literal.string("")),
            expressions=[exp.Literal.string(atom.zone or "UTC")],
        )
        occurred = sql.column("e", "occurred_at")
        stretch = sql.all_of(
            [
                exp.EQ(this=sql.column("z", "zone"), expression=zone),
                exp.GTE(this=occurred.copy(), expression=sql.column("z", "from_utc")),
                exp.LT(this=occurred.copy(), expression=sql.column("z", "until_utc")),
            ]
        )
        offset = exp.Coalesce(this=sql.column("z", "minutes"), expressions=[exp.Literal.number(0)])
        one_minute = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("MINUTE"))
        local = exp.Add(this=occurred, expression=exp.Mul(this=offset, expression=one_minute))
        period = exp.TimestampTrunc(this=local, unit=exp.var(PERIODS[atom.unit]))
        count = exp.Count(this=exp.Distinct(expressions=[period]))
        return (
            self._events("e")
            .join(sql.table(self.relations.contact, "c"), on=_same_contact("e", "c"), copy=False)
            .join(self._zone_stretches(), on=stretch, join_type="left", copy=False)
            .where(*self.event_filter(atom.pattern, atom.window, "e"))
            .group_by(sql.column("e", "contact_id"))
            .having(sql.compare(count, ">=", atom.minimum))
        )

    def _zone_stretches(self) -> exp.Subquery:
        """Return the zone table with the end of each row, and the first row of a zone open to the past."""
        from_utc = sql.column("o", "from_utc")
        following = _over_zone(exp.Lead(this=from_utc.copy()))
        previous = _over_zone(exp.Lag(this=from_utc.copy()))
        opened = exp.case().when(sql.is_null(previous), sql.literal(BEGINNING)).else_(from_utc.copy())
        until = exp.Coalesce(this=following, expressions=[sql.literal(END)])
        return (
            exp.select(
                sql.column("o", "zone"),
                exp.alias_(opened, "from_utc", quoted=True),
                exp.alias_(until, "until_utc", quoted=True),
                sql.column("o", "minutes"),
            )
            .from_(sql.table(self.relations.zone_offset, "o"))
            .subquery("z")
        )

    def _sequence(self, atom: c.DidThen) -> exp.Select:
        """Join each first event with the second ones in the time after it; `then not` keeps the unmatched."""
        first, second = sql.column("a", "occurred_at"), sql.column("b", "occurred_at")
        deadline = exp.Add(this=first.copy(), expression=sql.minutes(atom.within.length))
        pairs = [
            _same_contact("a", "b"),
            exp.GT(this=second.copy(), expression=first.copy()),
            exp.LTE(this=second.copy(), expression=deadline),
            *(
                exp.EQ(
                    this=sql.column("a", PROPERTY_PREFIX + name),
                    expression=sql.column("b", PROPERTY_PREFIX + name),
                )
                for name in atom.same
            ),
            *self.event_filter(atom.second, None, "b"),
        ]
        select = self._events("a").where(*self.event_filter(atom.first, atom.window, "a"))
        joined = select.join(
            sql.table(self.relations.event, "b"),
            on=sql.all_of(pairs),
            join_type="left" if atom.then_not else "inner",
        )
        if not atom.then_not:
            return joined
        passed = sql.compare(first.copy(), "<", self.now - atom.within.length)
        return joined.where(passed, sql.is_null(sql.column("b", "contact_id")))

    def _consent(self, atom: c.ConsentGranted) -> exp.Select:
        parts = [
            sql.compare(sql.column("g", "purpose"), "=", atom.purpose),
            sql.column("g", "granted"),
            sql.column("g", "proven"),
        ]
        if atom.direction is not None and atom.duration is not None:
            operator: c.Operator = "<" if atom.direction == "before" else ">="
            parts.append(sql.compare(sql.column("g", "at"), operator, self.now - atom.duration.length))
        consents = sql.table(self.relations.consent, "g")
        return exp.select(sql.column("g", "contact_id")).from_(consents).where(*parts)


PERIODS: dict[str, str] = {"days": "DAY", "weeks": "WEEK", "months": "MONTH"}
# Bounds for the first and the last row of a zone; both engines can hold them.
BEGINNING = datetime(1000, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
COMPARE_ZERO: dict[c.Operator, Callable[[Decimal], bool]] = {
    "=": lambda value: value == 0,
    "!=": lambda value: value != 0,
    "<": lambda value: value > 0,
    "<=": lambda value: value >= 0,
    ">": lambda value: value < 0,
    ">=": lambda value: value <= 0,
}


def _over_zone(function: exp.Expr) -> exp.Window:
    order = exp.Order(expressions=[exp.Ordered(this=sql.column("o", "from_utc"))])
    return exp.Window(this=function, partition_by=[sql.column("o", "zone")], order=order)


def _same_contact(left: str, right: str) -> exp.Expr:
    return exp.EQ(this=sql.column(left, "contact_id"), expression=sql.column(right, "contact_id"))


def _field_atom(condition: c.Condition) -> c.FieldAtom:
    match condition:
        case (
            c.Comparison() | c.Between() | c.OneOf() | c.Contains() | c.StartsWith() | c.Presence() | c.Ago()
        ):
            return condition
        case _:
            raise AssertionError("the resolve pass lets only properties stand inside where")
