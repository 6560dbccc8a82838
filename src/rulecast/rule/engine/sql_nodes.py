"""The closed set of SQL shapes the compiler builds with; nothing here, or above, joins strings into SQL."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlglot import exp

from rulecast.rule.engine.instants import minutes_of, naive_utc
from rulecast.rule.language.condition import Constant, Operator, Scalar

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
                exp.Literal.string(naive_utc(value).isoformat(sep=" ")), exp.DataType.Type.TIMESTAMP
            )
        case date():
            return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.Type.DATE)
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
