"""Types of calculations: numbers only, quotients only at the top of a side, something that is measured."""

from dataclasses import replace
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_fields import check_pattern
from rulecast.rule.language.check_windows import check_window
from rulecast.rule.language.constants import NUMERIC, describe, exact_number
from rulecast.rule.language.problem import NOT_NUMERIC, NOTHING_MEASURED, OUT_OF_LIMITS, QUOTIENT_INSIDE
from rulecast.rule.language.scope import Scope
from rulecast.rule.language.walk import aggregates_of, fields_of
from rulecast.values.catalogue import AttributeType

# What has no equal, or too many: values of these are not told apart.
NOT_DISTINCT = frozenset({AttributeType.TEXT_LIST, AttributeType.PLACE})


def check_measure(atom: c.Measure, scope: Scope) -> c.Measure:
    """Return the comparison with exact numbers; what cannot be calculated becomes a problem."""
    left, right = (_side(side, scope) for side in (atom.left, atom.right))
    found = replace(atom, left=left, right=right)
    sides = (left, right)
    if not any(True for side in sides for _ in (*aggregates_of(side), *fields_of(side))):
        scope.report(NOTHING_MEASURED, "Both sides are fixed: it is the same for everybody.", atom.span)
    elif left == right:
        scope.report(NOTHING_MEASURED, "Both sides are the same.", atom.span)
    return found


def _side(expression: c.Expression, scope: Scope) -> c.Expression:
    """Check one side, where a quotient may stand at the top."""
    if isinstance(expression, c.Arithmetic) and expression.operator == "/":
        _check_divisor(expression.right, scope)
        left, right = _inner(expression.left, scope), _inner(expression.right, scope)
        return replace(expression, left=left, right=right)
    if isinstance(expression, c.Aggregate):
        return _aggregate(expression, scope)
    return _inner(expression, scope)


def _check_divisor(divisor: c.Expression, scope: Scope) -> None:
    if isinstance(divisor, c.Constant) and divisor.value == 0:
        scope.report(OUT_OF_LIMITS, "Nothing can be divided by zero.", divisor.span)


def _inner(expression: c.Expression, scope: Scope) -> c.Expression:
    match expression:
        case c.Constant():
            return _number(expression, scope)
        case c.Field():
            if expression.type is not None and expression.type not in NUMERIC:
                scope.report(
                    NOT_NUMERIC,
                    f"{expression.name} is of type {expression.type} and cannot be calculated with.",
                    expression.span,
                )
            return expression
        case c.Aggregate():
            if expression.kind == "average":
                _refuse_quotient("An average", expression.span, scope)
            return _aggregate(expression, scope)
        case c.Arithmetic():
            if expression.operator == "/":
                _refuse_quotient("A division", expression.span, scope)
            left, right = _inner(expression.left, scope), _inner(expression.right, scope)
            return replace(expression, left=left, right=right)


def _refuse_quotient(what: str, span: c.Span, scope: Scope) -> None:
    scope.report(
        QUOTIENT_INSIDE,
        f"{what} stands alone on its side of a comparison.",
        span,
        hint="bring the divisor to the other side: sum(...) > 2 * count(...)",
    )


def _number(constant: c.Constant, scope: Scope) -> c.Constant:
    value = constant.value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        scope.report(
            NOT_NUMERIC,
            f"Expected a number, found {describe(value)}.",
            constant.span,
            hint="an attribute stands first: city = ..." if isinstance(value, str) else None,
        )
        return constant
    exact, reason = exact_number(value)
    if reason is not None:
        scope.report(OUT_OF_LIMITS, reason, constant.span)
    return replace(constant, value=exact)


def _aggregate(atom: c.Aggregate, scope: Scope) -> c.Aggregate:
    name = atom.property
    if name is not None and name.type is not None:
        if atom.kind != "distinct" and name.type not in NUMERIC:
            scope.report(
                NOT_NUMERIC,
                f"{name.name} is of type {name.type}: it has no {atom.kind}.",
                name.span,
                hint=f"how many different ones: distinct({atom.pattern.event}.{name.name})",
            )
        elif name.type in NOT_DISTINCT:
            scope.report(
                NOT_NUMERIC, f"{name.name} is of type {name.type}: it has no single values.", name.span
            )
    return replace(
        atom,
        pattern=check_pattern(atom.pattern, scope),
        window=check_window(atom.window, atom.pattern.event, atom.span, scope),
    )
