"""Atoms over one field, an attribute or an event property, as SQL predicates.

A positive atom is bare: for a missing value SQL says unknown, which WHERE drops like false. Only a negated atom is
made true for missing values, by one IS NULL. IS DISTINCT FROM would be shorter, but DuckDB 1.5.5 loses rows by it:
`x = 1 OR x IS DISTINCT FROM 2` skips every row group in which x is missing throughout (a test watches that).
"""

from collections.abc import Callable
from datetime import date

import re2
from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import anniversary_in, cut_of, latest_birth, today
from rulecast.rule.engine.sql_errors import UnsupportedInDialectError
from rulecast.rule.engine.sql_place import near, place_columns
from rulecast.rule.engine.sql_zone import day_test
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

PROPERTY_PREFIX = "p_"
# Every event has this property, which is a column of its own.
OCCURRED_AT = "occurred_at"
FIELD_ATOMS = (
    c.Comparison,
    c.Between,
    c.OneOf,
    c.Contains,
    c.StartsWith,
    c.Matches,
    c.Presence,
    c.Ago,
    c.FieldWindow,
    c.Anniversary,
    c.Near,
)
# Engines whose regular expressions are those of RE2.
RE2_DIALECTS = frozenset({"duckdb", "clickhouse"})


def field_column(field: c.Field, alias: str) -> exp.Expr:
    """Return the column of an attribute or, on a row that is no contact, of an event property."""
    name = field.years_since or field.name
    if alias == sql.CONTACT or name == OCCURRED_AT:
        return sql.column(alias, name)
    return sql.column(alias, PROPERTY_PREFIX + name)


def field_predicate(  # noqa: C901, PLR0911 - one return per kind of node
    atom: c.FieldAtom, target: sql.Target, alias: str
) -> exp.Expr:
    """Return the positive predicate of an atom on a row; unknown where the value is missing."""
    operand = field_column(atom.field, alias)
    if atom.field.years_since is not None:
        return _age_predicate(atom, operand, target)
    match atom:
        case c.Comparison():
            return sql.compare(operand, atom.operator, atom.value)
        case c.Between():
            return _between(atom, operand)
        case c.OneOf():
            return operand.isin(*[sql.literal(value.value) for value in atom.values], copy=False)
        case c.Contains():
            return _contains(atom, operand)
        case c.StartsWith():
            return exp.StartsWith(this=operand, expression=sql.literal(atom.prefix.value))
        case c.Matches():
            return _matches(atom, operand, target)
        case c.Presence():
            return _is_set(atom, operand)
        case c.Ago():
            operator: c.Operator = "<" if atom.direction == "before" else ">="
            return sql.compare(operand, operator, cut_of(atom, target.now))
        case c.FieldWindow():
            return _field_window(atom, operand, target)
        case c.Anniversary():
            return _anniversary(atom, operand, target, alias)
        case c.Near():
            return near(atom, operand)


def negated_field_predicate(atom: c.FieldAtom, target: sql.Target, alias: str) -> exp.Expr:
    """Return the negation of an atom, true where the value is missing."""
    operand = field_column(atom.field, alias)
    if atom.field.type is AttributeType.PLACE:
        operand = place_columns(operand)[0]
    positive = field_predicate(atom, target, alias)
    if isinstance(atom, c.Presence) and atom.field.type not in {AttributeType.TEXT, AttributeType.TEXT_LIST}:
        return sql.is_null(operand)
    differs = (
        exp.NEQ(this=positive.this, expression=positive.expression) if isinstance(positive, exp.EQ) else None
    )
    return exp.Paren(this=sql.any_of([differs or sql.negated(positive), sql.is_null(operand)]))


def where_predicate(condition: c.Condition, target: sql.Target, alias: str) -> exp.Expr:
    """Return the predicate of a lowered condition on the properties of an event."""
    match condition:
        case c.And():
            return sql.all_of([where_predicate(part, target, alias) for part in condition.parts])
        case c.Or():
            return exp.Paren(
                this=sql.any_of([where_predicate(part, target, alias) for part in condition.parts])
            )
        case c.Not(part=part):
            return negated_field_predicate(_field_atom(part), target, alias)
        case _:
            return field_predicate(_field_atom(condition), target, alias)


def columns_of(condition: c.Condition | None) -> frozenset[str]:
    """Return the names of the fields that a condition on the properties of an event reads."""
    match condition:
        case None:
            return frozenset()
        case c.And() | c.Or():
            return frozenset().union(*[columns_of(part) for part in condition.parts])
        case c.Not(part=part):
            return columns_of(part)
        case _:
            return frozenset({_field_atom(condition).field.name})


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


def _matches(atom: c.Matches, operand: exp.Expr, target: sql.Target) -> exp.Expr:
    if target.dialect not in RE2_DIALECTS:
        raise UnsupportedInDialectError(
            f"The condition `{atom.field.name} matches …` needs an engine of linear-time regular expressions;"
            f" {target.dialect} has none."
        )
    pattern = str(atom.pattern.value)
    found = exp.RegexpLike(this=operand, expression=sql.literal(pattern))
    if re2.search(pattern, "") is None:
        return found
    # An empty text is missing, also for a pattern that it fits.
    return exp.Paren(this=sql.all_of([found, sql.compare(operand.copy(), "!=", "")]))


def _is_set(atom: c.Presence, operand: exp.Expr) -> exp.Expr:
    if atom.field.type is AttributeType.TEXT:
        return exp.NEQ(this=operand, expression=exp.Literal.string(""))
    if atom.field.type is AttributeType.TEXT_LIST:
        return exp.NEQ(
            this=operand,
            expression=exp.cast(exp.Array(expressions=[]), "TEXT[]", dialect="duckdb", copy=False),
        )
    if atom.field.type is AttributeType.PLACE:
        operand = place_columns(operand)[0]
    return sql.negated(sql.is_null(operand))


def _field_window(atom: c.FieldWindow, operand: exp.Expr, target: sql.Target) -> exp.Expr:
    is_date = atom.field.type is AttributeType.DATE
    middle = today(atom.zone, target.now) if is_date else target.now
    length = atom.duration.length
    start, end = (middle, middle + length) if atom.direction == "next" else (middle - length, middle)
    return sql.all_of([sql.compare(operand, ">=", start), sql.compare(operand.copy(), "<", end)])


def _anniversary(atom: c.Anniversary, operand: exp.Expr, target: sql.Target, alias: str) -> exp.Expr:
    first = operand
    if atom.field.type is AttributeType.INSTANT:
        first = exp.cast(operand, exp.DataType.Type.DATE, copy=False)

    def falls_in(day: date) -> exp.Expr:
        ranges = [
            sql.all_of(
                [
                    sql.compare(sql.day_of_year(first.copy()), ">=", low),
                    sql.compare(sql.day_of_year(first.copy()), "<=", high),
                    sql.compare(sql.year_of(first.copy()), "<", year),
                ]
            )
            for year, low, high in anniversaries(day, atom.days)
        ]
        return exp.Paren(this=sql.any_of(ranges))

    return day_test(target, alias, atom.zone, falls_in)


def anniversaries(day: date, days: int) -> list[tuple[int, int, int]]:
    """Return year, first and last month-and-day (1231) of the dates whose next anniversary falls on these days.

    29 February falls on 1 March in common years.
    """
    every_date = [date.fromordinal(date(2000, 1, 1).toordinal() + number) for number in range(366)]
    found: list[tuple[int, int, int]] = []
    previous = -1
    for number, one in enumerate(every_date):
        coming = anniversary_in(day.year, one)
        if coming < day:
            coming = anniversary_in(day.year + 1, one)
        if (coming - day).days >= days:
            continue
        place = one.month * 100 + one.day
        if found and previous == number - 1 and found[-1][0] == coming.year:
            found[-1] = (coming.year, found[-1][1], place)
        else:
            found.append((coming.year, place, place))
        previous = number
    return found


def _age_predicate(atom: c.FieldAtom, born: exp.Expr, target: sql.Target) -> exp.Expr:
    """Turn a question about full years into one about the date of birth, so that no row computes an age."""
    day = today(atom.field.zone, target.now)

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
        case _:
            raise AssertionError("the type pass refuses these for whole numbers")


def _field_atom(condition: c.Condition) -> c.FieldAtom:
    assert isinstance(condition, FIELD_ATOMS), "the resolve pass lets only properties stand inside where"
    return condition
