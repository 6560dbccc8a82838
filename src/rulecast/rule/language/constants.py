"""Turning the constants of a rule into exact values of the catalogue's types."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language import limits
from rulecast.rule.language.problem import OUT_OF_LIMITS, UNIT_MISTAKE, WRONG_TYPE
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import AttributeType, fold_text
from rulecast.values.zone_offsets import utc_of_local

# Years outside these are typing mistakes; the zone table answers for the nearest year it knows.
YEAR_MIN, YEAR_MAX = 1800, 2100
AGE_MAX = 150
TEXTS = frozenset({AttributeType.TEXT, AttributeType.TEXT_LIST})
NUMERIC = frozenset({AttributeType.INTEGER, AttributeType.DECIMAL})

EXPECTED: dict[AttributeType, str] = {
    AttributeType.TEXT: 'a text in quotes, such as "Rabat"',
    AttributeType.TEXT_LIST: 'a text in quotes, such as "shoes"',
    AttributeType.INTEGER: "a whole number, such as 3",
    AttributeType.DECIMAL: "a number, such as 3 or 19.99",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.DATE: "a date, such as 2026-11-17",
    AttributeType.INSTANT: "a date or an instant, such as 2026-11-17 or 2026-11-17T19:55Z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """The value has the right type but cannot be stored so."""

    reason: str


def typed(constant: c.Constant, name: c.Field, scope: Scope) -> c.Constant:
    """Return the constant as an exact value of the field's type; a misfit is reported and returned as it is."""
    if name.type is None:
        return constant
    value = (
        _text(constant.value, name, scope)
        if name.type in TEXTS
        else READERS[name.type](constant.value, scope)
    )
    if value is None:
        scope.report(
            WRONG_TYPE,
            f"{name.name} is of type {name.type}; expected {EXPECTED[name.type]}, found {describe(constant.value)}.",
            constant.span,
            hint=_hint(constant.value, name.type),
        )
        return constant
    if name.years_since is not None and YEAR_MIN <= int(str(value)) <= YEAR_MAX:
        scope.report(
            UNIT_MISTAKE,
            f"{name.name} is a number of years; {value} looks like a year.",
            constant.span,
            hint=f"compare the date: {name.years_since} >= {value}-01-01",
        )
        return constant
    if name.years_since is not None and not 0 <= int(str(value)) <= AGE_MAX:
        value = _Refused(reason=f"{name.name} lies between 0 and {AGE_MAX}.")
    if isinstance(value, _Refused):
        scope.report(OUT_OF_LIMITS, value.reason, constant.span)
        return constant
    return replace(constant, value=value)


def describe(value: c.Scalar) -> str:
    """Name a value with its type, for messages."""
    match value:
        case bool():
            return "true or false"
        case str():
            return f'the text "{value}"'
        case datetime():
            return "an instant"
        case date():
            return "a date"
        case int():
            return f"the whole number {value}"
        case Decimal():
            return f"the number {value}"


def _hint(value: c.Scalar, kind: AttributeType) -> str | None:
    if kind in TEXTS and not isinstance(value, str):
        return "text stands in quotes"
    if kind not in TEXTS and isinstance(value, str):
        return "leave the quotes away"
    return None


def _text(value: c.Scalar, name: c.Field, scope: Scope) -> c.Scalar | _Refused | None:
    if not isinstance(value, str):
        return None
    attribute = None if scope.event is not None else scope.catalogue.attribute(name.name)
    stored = fold_text(value) if attribute is None else attribute.stored_text(value)
    return stored or _Refused(reason="An empty text is a missing one: write `is missing`.")


def _integer(value: c.Scalar, _scope: Scope) -> c.Scalar | _Refused | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: c.Scalar, _scope: Scope) -> c.Scalar | _Refused | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    exact, reason = exact_number(value)
    return exact if reason is None else _Refused(reason=reason)


def exact_number(value: int | Decimal) -> tuple[Decimal, str | None]:
    """Return a number as it is stored and, where that cannot be, the reason."""
    exact = Decimal(value)
    fits = (
        exact == round(exact, limits.DECIMAL_PLACES_MAX)
        and abs(exact) < 10**limits.DECIMAL_INTEGER_DIGITS_MAX
    )
    reason = (
        f"A number has at most {limits.DECIMAL_INTEGER_DIGITS_MAX} digits before and "
        f"{limits.DECIMAL_PLACES_MAX} after the point."
    )
    return exact, None if fits else reason


def _boolean(value: c.Scalar, _scope: Scope) -> c.Scalar | _Refused | None:
    return value if isinstance(value, bool) else None


def _date(value: c.Scalar, _scope: Scope) -> c.Scalar | _Refused | None:
    if isinstance(value, datetime) or not isinstance(value, date):
        return None
    return value if YEAR_MIN <= value.year <= YEAR_MAX else _Refused(reason="The year is a typing mistake.")


def _instant(value: c.Scalar, scope: Scope) -> c.Scalar | _Refused | None:
    if not isinstance(value, date):
        return None
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        return _Refused(reason="The year is a typing mistake.")
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return utc_of_local(scope.catalogue.default_zone, value)


READERS: dict[AttributeType, Callable[[c.Scalar, Scope], c.Scalar | _Refused | None]] = {
    AttributeType.INTEGER: _integer,
    AttributeType.DECIMAL: _decimal,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.DATE: _date,
    AttributeType.INSTANT: _instant,
}
