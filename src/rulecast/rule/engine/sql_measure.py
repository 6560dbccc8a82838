"""Measured numbers in SQL: exact whole numbers with a known number of decimal places, never rounded.

Every value is a fraction of two whole numbers. A comparison multiplies crosswise, so nothing is ever divided; how many
digits that can need is known before the engine sees it, and too many are refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.instants import today
from rulecast.rule.engine.sql_errors import MeasureTooWideError
from rulecast.rule.engine.sql_field import field_column
from rulecast.rule.language import condition as c
from rulecast.rule.language.limits import DECIMAL_INTEGER_DIGITS_MAX, DECIMAL_PLACES_MAX
from rulecast.values.catalogue import AttributeType

# A person with more than a million events of one kind is a machine.
COUNT_DIGITS = 6
INTEGER_DIGITS = 19
DECIMAL_DIGITS = DECIMAL_INTEGER_DIGITS_MAX + DECIMAL_PLACES_MAX
AGE_DIGITS = 4
# Decimal digits that always fit the widest exact whole number of an engine.
DIGITS_MAX: dict[sql.Dialect, int] = {"duckdb": 38, "postgres": 1_000, "clickhouse": 76, "spark": 38}
WIDE_TYPES: dict[sql.Dialect, str] = {
    "duckdb": "HUGEINT",
    "postgres": "NUMERIC",
    "clickhouse": "Nullable(Int256)",
    "spark": "DECIMAL(38, 0)",
}
# Where DECIMAL(18, 4) times 10,000 would stay in 64 bits; the others widen by themselves.
ROOMY_TYPES: dict[sql.Dialect, str] = {"duckdb": "DECIMAL(38, 4)", "clickhouse": "Nullable(Decimal(38, 4))"}
SWAPPED: dict[c.Operator, c.Operator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
FITS: dict[c.Operator, Callable[[Fraction, Fraction], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number in SQL that stands for itself over 10^places; `digits` bounds it, `positive` means above zero.

    `natural` means never below zero.
    """

    operand: exp.Expr
    places: int
    digits: int
    natural: bool = False
    positive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotient:
    """A numerator and a denominator; with a denominator of zero the value is missing."""

    top: Whole
    bottom: Whole | None = None


AggregateColumn = Callable[[c.Aggregate], tuple[exp.Expr, exp.Expr | None]]
"""Gives the SQL of an aggregate and, for an average, of the number of its values."""


def wide(operand: exp.Expr, dialect: sql.Dialect) -> exp.Expr:
    """Return an operand as the widest exact whole number of the engine."""
    return exp.Cast(this=operand, to=exp.DataType.build(WIDE_TYPES[dialect], dialect=dialect))


def measure_predicate(
    atom: c.Measure, target: sql.Target, aggregate: AggregateColumn, alias: str
) -> exp.Expr:
    """Return the comparison of both sides; unknown or false where a value is missing.

    Raises:
        MeasureTooWideError: the exact comparison can need more digits than the engine has.
    """
    builder = _Builder(target=target, aggregate=aggregate, alias=alias)
    left, right = builder.quotient(atom.left), builder.quotient(atom.right)
    one, other = _align(_times(left.top, right.bottom), _times(right.top, left.bottom))
    digits = max(one.digits, other.digits)
    if digits > DIGITS_MAX[target.dialect]:
        raise MeasureTooWideError(
            f"The calculation can need {digits} digits; {target.dialect} holds {DIGITS_MAX[target.dialect]} exactly."
        )
    fits = sql.COMPARISONS[atom.operator](this=one.operand, expression=other.operand)
    bottoms = [bottom for bottom in (left.bottom, right.bottom) if bottom is not None and not bottom.positive]
    if all(bottom.natural for bottom in bottoms):
        return sql.all_of([*(_is(">", bottom) for bottom in bottoms), fits])
    turned = sql.COMPARISONS[SWAPPED[atom.operator]](this=one.operand.copy(), expression=other.operand.copy())
    return _by_sign(bottoms, fits, turned)


def _by_sign(bottoms: list[Whole], fits: exp.Expr, turned: exp.Expr) -> exp.Expr:
    """Return the comparison, turned round where exactly one denominator is below zero."""
    if len(bottoms) == 1:
        above, below = [_is(">", bottoms[0])], [_is("<", bottoms[0])]
        return exp.Paren(this=sql.any_of([sql.all_of([*above, fits]), sql.all_of([*below, turned])]))
    first, second = bottoms
    alike = sql.any_of(
        [sql.all_of([_is(">", first), _is(">", second)]), sql.all_of([_is("<", first), _is("<", second)])]
    )
    unlike = sql.any_of(
        [sql.all_of([_is(">", first), _is("<", second)]), sql.all_of([_is("<", first), _is(">", second)])]
    )
    return exp.Paren(
        this=sql.any_of(
            [
                sql.all_of([exp.Paren(this=alike), fits]),
                sql.all_of([exp.Paren(this=unlike), turned]),
            ]
        )
    )


def _is(operator: c.Operator, number: Whole) -> exp.Expr:
    return sql.compare(number.operand.copy(), operator, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    target: sql.Target
    aggregate: AggregateColumn
    alias: str

    def quotient(self, expression: c.Expression) -> Quotient:
        match expression:
            case c.Constant():
                return Quotient(top=self._constant(expression))
            case c.Field():
                return Quotient(top=self._field(expression))
            case c.Aggregate():
                return self._aggregate(expression)
            case c.Arithmetic():
                return self._arithmetic(
                    expression.operator, self.quotient(expression.left), self.quotient(expression.right)
                )

    def _arithmetic(self, operator: str, left: Quotient, right: Quotient) -> Quotient:
        match operator:
            case "*":
                return Quotient(top=_times(left.top, right.top), bottom=_product(left.bottom, right.bottom))
            case "/":
                # The divisor's own denominator has to differ from zero as well: it stays above and below.
                bottom = _product(_product(left.bottom, right.top), right.bottom)
                top = _times(_times(left.top, right.bottom), right.bottom)
                return Quotient(top=top, bottom=bottom)
            case _:
                one, other = _align(_times(left.top, right.bottom), _times(right.top, left.bottom))
                kind = exp.Add if operator == "+" else exp.Sub
                total = Whole(
                    operand=exp.Paren(this=kind(this=one.operand, expression=other.operand)),
                    places=one.places,
                    digits=max(one.digits, other.digits) + 1,
                    natural=operator == "+" and one.natural and other.natural,
                )
                return Quotient(top=total, bottom=_product(left.bottom, right.bottom))

    def _wide(self, operand: exp.Expr) -> exp.Expr:
        return wide(operand, self.target.dialect)

    def _constant(self, constant: c.Constant) -> Whole:
        value = Decimal(str(constant.value)).normalize()
        exponent = value.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
        scaled = int(value.scaleb(places))
        return Whole(
            operand=self._wide(sql.literal(scaled)),
            places=places,
            digits=len(str(abs(scaled))),
            natural=scaled >= 0,
            positive=scaled > 0,
        )

    def _field(self, field: c.Field) -> Whole:
        column = field_column(field, self.alias)
        if field.years_since is not None:
            age = _full_years(column, today(field.zone, self.target.now))
            return Whole(operand=self._wide(age), places=0, digits=AGE_DIGITS)
        return self._number(column, field.type, extra_digits=0)

    def _number(self, operand: exp.Expr, kind: AttributeType | None, *, extra_digits: int) -> Whole:
        if kind is AttributeType.INTEGER:
            return Whole(operand=self._wide(operand), places=0, digits=INTEGER_DIGITS + extra_digits)
        scaled = exp.Mul(this=self._roomy(operand), expression=exp.Literal.number(10**DECIMAL_PLACES_MAX))
        return Whole(
            operand=self._wide(exp.Paren(this=scaled)),
            places=DECIMAL_PLACES_MAX,
            digits=DECIMAL_DIGITS + extra_digits,
        )

    def _roomy(self, operand: exp.Expr) -> exp.Expr:
        """Return a decimal in a type in which ten thousand times the largest one still has room."""
        kind = ROOMY_TYPES.get(self.target.dialect)
        if kind is None:
            return operand
        return exp.Cast(this=operand, to=exp.DataType.build(kind, dialect=self.target.dialect))

    def _aggregate(self, atom: c.Aggregate) -> Quotient:
        operand, count = self.aggregate(atom)
        if atom.kind in {"count", "distinct"}:
            return Quotient(top=self._count(operand))
        assert atom.property is not None, "the grammar gives every other aggregate a property"
        extra = COUNT_DIGITS if atom.kind in {"sum", "average"} else 0
        top = self._number(operand, atom.property.type, extra_digits=extra)
        return Quotient(top=top, bottom=None if count is None else self._count(count))

    def _count(self, operand: exp.Expr) -> Whole:
        return Whole(operand=self._wide(operand), places=0, digits=COUNT_DIGITS, natural=True)


def _times(left: Whole, right: Whole | None) -> Whole:
    if right is None:
        return left
    return Whole(
        operand=exp.Mul(this=left.operand.copy(), expression=right.operand.copy()),
        places=left.places + right.places,
        digits=left.digits + right.digits,
        natural=left.natural and right.natural,
        positive=left.positive and right.positive,
    )


def _product(left: Whole | None, right: Whole | None) -> Whole | None:
    return right if left is None else _times(left, right)


def _align(left: Whole, right: Whole) -> tuple[Whole, Whole]:
    """Return both with the same number of places."""
    places = max(left.places, right.places)
    return _with_places(left, places), _with_places(right, places)


def _with_places(number: Whole, places: int) -> Whole:
    if number.places == places:
        return number
    factor = exp.Literal.number(10 ** (places - number.places))
    return Whole(
        operand=exp.Mul(this=number.operand, expression=factor),
        places=places,
        digits=number.digits + places - number.places,
        natural=number.natural,
        positive=number.positive,
    )


def _full_years(born: exp.Expr, day: date) -> exp.Expr:
    """Return the full years from a date of birth to a day."""
    years = exp.Paren(this=exp.Sub(this=exp.Literal.number(day.year), expression=sql.year_of(born)))
    is_before_birthday = sql.compare(sql.day_of_year(born.copy()), ">", day.month * 100 + day.day)
    one_less = (
        exp.case()
        .when(is_before_birthday, exp.Literal.number(1), copy=False)
        .else_(exp.Literal.number(0), copy=False)
    )
    return exp.Paren(this=exp.Sub(this=years, expression=one_less))


def holds_for_nothing(atom: c.Measure) -> bool:
    """Return whether the comparison holds for someone without any event."""
    left, right = _of_nothing(atom.left), _of_nothing(atom.right)
    return left is not None and right is not None and FITS[atom.operator](left, right)


def _of_nothing(expression: c.Expression) -> Fraction | None:  # noqa: PLR0911 - one return per kind of node
    match expression:
        case c.Constant():
            return Fraction(str(expression.value))
        case c.Aggregate():
            return Fraction(0) if expression.kind in {"count", "sum", "distinct"} else None
        case c.Field():
            raise AssertionError("an attribute has a value whatever happened")
        case c.Arithmetic():
            left, right = _of_nothing(expression.left), _of_nothing(expression.right)
            if left is None or right is None or (expression.operator == "/" and right == 0):
                return None
            match expression.operator:
                case "+":
                    return left + right
                case "-":
                    return left - right
                case "*":
                    return left * right
                case "/":
                    return left / right


def aggregates_in(expression: c.Expression) -> list[c.Aggregate]:
    """Return the aggregates of an expression, in order."""
    match expression:
        case c.Aggregate():
            return [expression]
        case c.Arithmetic():
            return [*aggregates_in(expression.left), *aggregates_in(expression.right)]
        case _:
            return []


def reads_attributes(expression: c.Expression) -> bool:
    """Return whether an expression holds an attribute of the contact."""
    match expression:
        case c.Field():
            return True
        case c.Arithmetic():
            return reads_attributes(expression.left) or reads_attributes(expression.right)
        case _:
            return False
