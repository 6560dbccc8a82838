"""Atoms over one field, an attribute or an event property, as SQL predicates.

A positive atom is bare: for a missing value SQL says unknown, which WHERE drops like false. Only a negated atom is
made true for missing values, by one IS NULL. IS DISTINCT FROM would be shorter, but DuckDB 1.5.5 loses rows by it:
`x = 1 OR x IS DISTINCT FROM 2` skips every row group in which x is missing throughout (a test watches that).
"""

from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import cut_of, latest_birth, today
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType


def field_predicate(  # noqa: PLR0911 - one return per kind of node
    atom: c.FieldAtom, alias: str, now: datetime, *, prefix: str = ""
) -> exp.Expr:
    """Return the positive predicate of an atom; unknown where the value is missing."""
    if atom.field.years_since is not None:
        return _age_predicate(atom, sql.column(alias, prefix + atom.field.years_since), now)
    operand = sql.column(alias, prefix + atom.field.name)
    match atom:
        case c.Comparison():
            return sql.compare(operand, atom.operator, atom.value)
        case c.Between():
            return _between(atom, operand)
        case c.OneOf():
            return operand.isin(*[sql.literal(value.value) for value in atom.values])
        case c.Contains():
            return _contains(atom, operand)
        case c.StartsWith():
            return exp.StartsWith(this=operand, expression=sql.literal(atom.prefix.value))
        case c.Presence():
            return _is_set(atom, operand)
        case c.Ago():
            return sql.compare(operand, "<" if atom.direction == "before" else ">=", cut_of(atom, now))


def negated_field_predicate(atom: c.FieldAtom, alias: str, now: datetime, *, prefix: str = "") -> exp.Expr:
    """Return the negation of an atom, true where the value is missing."""
    operand = sql.column(alias, prefix + (atom.field.years_since or atom.field.name))
    positive = field_predicate(atom, alias, now, prefix=prefix)
    if isinstance(atom, c.Presence) and atom.field.type not in {AttributeType.TEXT, AttributeType.TEXT_LIST}:
        return sql.is_null(operand)
    differs = (
        exp.NEQ(this=positive.this, expression=positive.expression) if isinstance(positive, exp.EQ) else None
    )
    return exp.Paren(this=sql.any_of([differs or sql.negated(positive), sql.is_null(operand)]))


def _between(atom: c.Between, operand: exp.Expr) -> exp.Expr:
    closing: c.Operator = "<" if atom.field.type is AttributeType.INSTANT else "<="
    return sql.all_of(
        [sql.compare(operand, ">=", atom.low), sql.compare(operand.copy(), closing, atom.high)],
    )


def _contains(atom: c.Contains, operand: exp.Expr) -> exp.Expr:
    tests = [_contains_one(atom, operand.copy(), value) for value in atom.values]
    return exp.Paren(this=sql.all_of(tests) if atom.mode == "all" else sql.any_of(tests))


def _contains_one(atom: c.Contains, operand: exp.Expr, value: c.Constant) -> exp.Expr:
    wanted = sql.literal(value.value)
    if atom.field.type is AttributeType.TEXT_LIST:
        return list_holds(operand, wanted)
    return exp.GT(this=exp.StrPosition(this=operand, substr=wanted), expression=exp.Literal.number(0))


def list_holds(operand: exp.Expr, wanted: exp.Expr) -> exp.Expr:
    """Return the test whether a list holds a text."""
    # Not `@>`, which both engines have too: DuckDB takes four times as long for it.
    return exp.ArrayContains(this=operand, expression=wanted)


def _is_set(atom: c.Presence, operand: exp.Expr) -> exp.Expr:
    if atom.field.type is AttributeType.TEXT:
        return exp.NEQ(this=operand, expression=exp.Literal.string(""))
    if atom.field.type is AttributeType.TEXT_LIST:
        return exp.NEQ(
            this=operand, expression=exp.cast(exp.Array(expressions=[]), "TEXT[]", dialect="duckdb")
        )
    return sql.negated(sql.is_null(operand))


def _age_predicate(atom: c.FieldAtom, born: exp.Expr, now: datetime) -> exp.Expr:
    """Turn a question about full years into one about the date of birth, so that no row computes an age."""
    day = today(atom.field.zone, now)

    def at_least(years: int) -> exp.Expr:
        return exp.LTE(this=born.copy(), expression=sql.literal(latest_birth(years, day)))

    def younger(years: int) -> exp.Expr:
        return exp.GT(this=born.copy(), expression=sql.literal(latest_birth(years, day)))

    def exactly(years: int) -> exp.Expr:
        return exp.Paren(this=sql.all_of([at_least(years), younger(years + 1)]))

    match atom:
        case c.Comparison():
            forms: dict[c.Operator, Callable[[int], exp.Expr]] = {
                "=": exactly,
                "!=": lambda value: sql.negated(exactly(value)),
                ">=": at_least,
                ">": lambda value: at_least(value + 1),
                "<": younger,
                "<=": lambda value: younger(value + 1),
            }
            return forms[atom.operator](int(str(atom.value.value)))
        case c.Between():
            low, high = int(str(atom.low.value)), int(str(atom.high.value))
            return sql.all_of([at_least(low), younger(high + 1)])
        case c.OneOf():
            return exp.Paren(this=sql.any_of([exactly(int(str(value.value))) for value in atom.values]))
        case c.Presence():
            return sql.negated(sql.is_null(born))
        case c.Contains() | c.StartsWith() | c.Ago():
            raise AssertionError("the type pass refuses these for whole numbers")
