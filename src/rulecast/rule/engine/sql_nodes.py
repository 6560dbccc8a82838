"""The closed set of SQL shapes the compiler builds with; nothing here, or above, joins strings into SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from sqlglot import exp

from rulecast.rule.engine.instants import minutes_of, naive_utc
from rulecast.rule.language.condition import Constant, Operator, Scalar

Dialect: TypeAlias = Literal["duckdb", "postgres", "clickhouse", "spark"]
# The alias of the contacts that are asked for.
CONTACT = "contact"
COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Names of the relations the SQL reads, each `table` or `schema.table`."""

    contact: str = "contact"
    consent: str = "consent"
    event: str = "event"
    zone_offset: str = "zone_offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What SQL is written for: the relations, the one instant of the evaluation (aware UTC), and the dialect."""

    relations: Relations
    now: datetime
    dialect: Dialect


def table(name: str, alias: str) -> exp.Table:
    """Return a relation under an alias."""
    *schema, relation = name.split(".")
    return exp.table_(relation, db=schema[0] if schema else None, quoted=True, alias=exp.to_identifier(alias))


def column(alias: str, name: str) -> exp.Column:
    """Return a column; names are quoted because an attribute may be called like a word of SQL."""
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(alias))


def literal(value: Scalar) -> exp.Expr:
    """Return a constant as a typed literal of SQL."""
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case str():
            return exp.Literal.string(value)
        case datetime():
            return exp.cast(
                exp.Literal.string(naive_utc(value).isoformat(sep=" ")),
                exp.DataType.Type.TIMESTAMP,
                copy=False,
            )
        case date():
            return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.Type.DATE, copy=False)
        case int() | Decimal():
            number = exp.Literal.number(format(abs(value), "f" if isinstance(value, Decimal) else "d"))
            return exp.Neg(this=number) if value < 0 else number


def compare(left: exp.Expr, operator: Operator, value: Constant | Scalar) -> exp.Expr:
    """Return a comparison with a constant."""
    right = literal(value.value if isinstance(value, Constant) else value)
    return COMPARISONS[operator](this=left, expression=right)


def all_of(parts: list[exp.Expr]) -> exp.Expr:
    """Return the conjunction."""
    return exp.and_(*parts, copy=False)


def any_of(parts: list[exp.Expr]) -> exp.Expr:
    """Return the disjunction."""
    return exp.or_(*parts, copy=False)


def negated(predicate: exp.Expr) -> exp.Expr:
    """Return the negation."""
    return exp.Not(this=exp.Paren(this=predicate))


def is_null(operand: exp.Expr) -> exp.Expr:
    """Return the test for a missing value."""
    return exp.Is(this=operand, expression=exp.null())


def minutes(length: timedelta) -> exp.Expr:
    """Return a length of time."""
    return exp.Interval(this=exp.Literal.string(str(minutes_of(length))), unit=exp.var("MINUTE"))


def later(instant: exp.Expr, minutes_column: exp.Expr) -> exp.Expr:
    """Return an instant moved by a column of minutes."""
    return exp.TimestampAdd(this=instant, expression=minutes_column, unit=exp.var("MINUTE"))


def named(operand: exp.Expr, name: str) -> exp.Expr:
    """Return an expression of a SELECT list under a name."""
    return exp.alias_(operand, name, quoted=True, copy=False)


def counted() -> exp.Expr:
    """Return the number of rows."""
    return exp.Count(this=exp.Star())


def when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Return the value where the condition holds, else nothing."""
    return exp.case().when(condition, value, copy=False)


def or_else(operand: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Return the operand or, where it is missing, the other."""
    return exp.Coalesce(this=operand, expressions=[other])


def is_in(operand: exp.Expr, select: exp.Select) -> exp.Expr:
    """Return the test whether a SELECT of one column holds the operand."""
    return exp.In(this=operand, query=exp.Subquery(this=select))


def over(
    function: exp.Expr, partition: exp.Expr, order: Sequence[exp.Expr], *, descending: bool = False
) -> exp.Expr:
    """Return a window function over the rows of one partition in an order."""
    terms: list[exp.Expr] = [exp.Ordered(this=term, desc=descending) for term in order]
    return exp.Window(this=function, partition_by=[partition], order=exp.Order(expressions=terms))


def same(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Return the equality of two operands."""
    return exp.EQ(this=left, expression=right)


def double(value: float | Decimal) -> exp.Expr:
    """Return a binary floating-point constant; as text, because engines round long literals differently."""
    return exp.cast(exp.Literal.string(repr(float(value))), exp.DataType.Type.DOUBLE, copy=False)


def day_of_year(day: exp.Expr) -> exp.Expr:
    """Return a date's month and day as one number, 1231 for the last of December."""
    month = exp.Extract(this=exp.var("MONTH"), expression=day)
    day_of_month = exp.Extract(this=exp.var("DAY"), expression=day.copy())
    hundred = exp.Literal.number(100)
    return exp.Paren(this=exp.Add(this=exp.Mul(this=month, expression=hundred), expression=day_of_month))


def year_of(day: exp.Expr) -> exp.Expr:
    """Return a date's year."""
    return exp.Extract(this=exp.var("YEAR"), expression=day)


def microseconds(earlier: exp.Expr, after: exp.Expr) -> exp.Expr:
    """Return the whole microseconds from one instant to another."""
    return exp.DateDiff(this=after, expression=earlier, unit=exp.var("MICROSECOND"))
