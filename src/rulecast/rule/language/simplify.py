"""The pass that makes a condition smaller without changing for whom it is true."""

from collections.abc import Iterator
from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language.walk import map_parts

# What is true of nobody has no word of its own.
NOBODY = c.Not(part=c.Everybody())


def simplify(condition: c.Condition) -> c.Condition:
    """Return an equal condition: flat, without double negation and repeated parts, equalities joined into lists."""
    condition = map_parts(condition, simplify)
    match condition:
        case c.Not(part=c.Not(part=inner)):
            return inner
        case c.OneOf(values=(only,)):
            return c.Comparison(field=condition.field, operator="=", value=only, span=condition.span)
        case c.And():
            return _all_of(condition, tuple(dict.fromkeys(_flat(condition))))
        case c.Or():
            return _any_of(condition, tuple(dict.fromkeys(_flat(condition))))
        case _:
            return condition


def _flat(condition: c.And | c.Or) -> Iterator[c.Condition]:
    for part in condition.parts:
        if isinstance(part, type(condition)):
            yield from part.parts
        else:
            yield part


def _all_of(condition: c.And, parts: tuple[c.Condition, ...]) -> c.Condition:
    """Leave out `everybody`; with nobody in it, nobody is meant."""
    if NOBODY in parts:
        return NOBODY
    kept = tuple(part for part in parts if not isinstance(part, c.Everybody))
    return _joined(condition, kept) if kept else parts[0]


def _any_of(condition: c.Or, parts: tuple[c.Condition, ...]) -> c.Condition:
    """Leave out nobody; with everybody in it, everybody is meant."""
    everybody = next((part for part in parts if isinstance(part, c.Everybody)), None)
    if everybody is not None:
        return everybody
    kept = tuple(part for part in parts if part != NOBODY)
    return _joined(condition, _listed(kept)) if kept else parts[0]


def _joined(condition: c.And | c.Or, parts: tuple[c.Condition, ...]) -> c.Condition:
    return parts[0] if len(parts) == 1 else replace(condition, parts=parts)


def _listed(parts: tuple[c.Condition, ...]) -> tuple[c.Condition, ...]:
    """Join `x = 1 or x in (2, 3)` into one list, at the place of the first."""
    lists: dict[c.Field, c.OneOf] = {}
    for part in parts:
        values = _values(part)
        if isinstance(part, (c.Comparison, c.OneOf)) and values:
            before = lists.get(part.field)
            merged = dict.fromkeys((*(before.values if before else ()), *values))
            lists[part.field] = c.OneOf(field=part.field, values=tuple(merged), span=part.span)
    result: list[c.Condition] = []
    for part in parts:
        if isinstance(part, (c.Comparison, c.OneOf)) and _values(part):
            if part.field in lists:
                result.append(simplify(lists.pop(part.field)))
        else:
            result.append(part)
    return tuple(result)


def _values(part: c.Condition) -> tuple[c.Constant, ...]:
    match part:
        case c.Comparison(operator="="):
            return (part.value,)
        case c.OneOf():
            return part.values
        case _:
            return ()
