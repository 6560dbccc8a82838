"""What a rule brings about, and which conditions that can make true."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.lower import lower
from rulecast.rule.language.walk import aggregates_of, atoms_of, patterns_of
from rulecast.values.catalogue import BUILT_IN_EVENTS, fold_text

RULE_PROPERTY = "rule"
MESSAGE_FACTS = {
    name: event.name
    for event in BUILT_IN_EVENTS
    if RULE_PROPERTY in event.properties
    for name in (event.name, *event.aliases)
}
# The properties of a rule's own messages that are known beforehand, folded.
Known: TypeAlias = Mapping[str, frozenset[str]]
# What may start a rule: a message of a rule, a tag, an attribute, each by its name.
Cause: TypeAlias = tuple[str, str]
MESSAGE, TAG, ATTRIBUTE = "message", "tag", "attribute"
ANY_RULE = ""


def own_message(rule: d.Rule, pattern: c.EventPattern, *, must_be_named: bool = False) -> str | None:
    """Return the message fact of the rule that such a pattern lets through, in words, or None.

    A pattern that names no rule lets every rule's messages through, unless `must_be_named`.
    """
    fact = MESSAGE_FACTS.get(pattern.event)
    if fact is None:
        return None
    effect = f"its own message ({fact})"
    if pattern.where is None:
        return None if must_be_named else effect
    if must_be_named and not _names(rule, pattern.where):
        return None
    known = {
        RULE_PROPERTY: frozenset({fold_text(rule.name)}),
        "template": frozenset(fold_text(send.template) for send in d.sends_of(rule)),
    }
    return effect if _can_hold(known, lower(pattern.where)) else None


def _names(rule: d.Rule, where: c.Condition) -> bool:
    return any(
        isinstance(atom, c.Comparison)
        and atom.field.name == RULE_PROPERTY
        and fold_text(rule.name) in _values(atom)
        for atom in atoms_of(where)
    )


def _values(atom: c.Comparison | c.OneOf) -> frozenset[str]:
    values = atom.values if isinstance(atom, c.OneOf) else (atom.value,)
    return frozenset(fold_text(one.value) for one in values if isinstance(one.value, str))


def _can_hold(known: Known, where: c.Condition) -> bool:
    """Return whether a condition in negation normal form can be true of a message with these properties."""
    match where:
        case c.And():
            return all(_can_hold(known, part) for part in where.parts)
        case c.Or():
            return any(_can_hold(known, part) for part in where.parts)
        case c.Not(part=c.Comparison() | c.OneOf() as atom) if atom.field.name in known:
            return bool(known[atom.field.name] - _values(atom))
        case c.Comparison() | c.OneOf() if where.field.name in known:
            return bool(known[where.field.name] & _values(where))
        case _:
            return True


def effects_of(rule: d.Rule) -> Iterator[Cause]:
    """Yield what the rule can cause: messages of its name, and what its actions touch."""
    yield from ((MESSAGE, ANY_RULE), (MESSAGE, fold_text(rule.name)))
    for action in rule.actions:
        if isinstance(action, d.TagAction):
            yield TAG, fold_text(action.tag.strip())
        elif isinstance(action, d.SetAction):
            yield ATTRIBUTE, action.attribute.name


def causes_of(rule: d.Rule) -> Iterator[Cause]:
    """Yield what may start the rule, at least all that can: messages by the rules they name, tags, attributes."""
    match rule.trigger:
        case d.EventTrigger(pattern=pattern) if pattern.event in MESSAGE_FACTS:
            yield from _messages(pattern)
        case d.EnteringTrigger():
            for part in trigger_parts(rule.condition):
                atom = part.part if isinstance(part, c.Not) else part
                if isinstance(atom, c.HasTag):
                    yield TAG, fold_text(atom.tag)
                for pattern in patterns_made_true(part):
                    if pattern.event in MESSAGE_FACTS:
                        yield from _messages(pattern)
                if isinstance(getattr(atom, "field", None), c.Field):
                    yield ATTRIBUTE, atom.field.name  # type: ignore[union-attr]  # looked at in the line above
        case _:
            return


def _messages(pattern: c.EventPattern) -> Iterator[Cause]:
    """Yield the rules whose messages a pattern asks for; where that is not all it says, every rule's."""
    where = lower(pattern.where) if pattern.where is not None else None
    parts = where.parts if isinstance(where, c.And) else (where,)
    for part in parts:
        if isinstance(part, (c.Comparison, c.OneOf)) and part.field.name == RULE_PROPERTY:
            yield from ((MESSAGE, name) for name in _values(part))
            return
    yield MESSAGE, ANY_RULE


def trigger_parts(condition: c.Condition) -> Iterator[c.Condition]:
    """Yield the atoms of a condition, negated ones under `Not`, in negation normal form."""
    form = lower(condition)
    if isinstance(form, (c.And, c.Or)):
        for part in form.parts:
            yield from trigger_parts(part)
    else:
        yield form


def patterns_made_true(part: c.Condition) -> Iterator[c.EventPattern]:
    """Yield the patterns of events that can make an atom, or its negation, true by happening once more.

    One more event raises counts, sums and numbers of distinct values; every other measure may move either way.
    """
    match part:
        case c.Not(part=c.Measure() as measure):
            yield from _moving(measure, _OPPOSITES[measure.operator])
        case c.Not():
            return
        case c.Measure():
            yield from _moving(part, part.operator)
        case c.And() | c.Or():
            return
        case _:
            yield from patterns_of(part)


_OPPOSITES: Mapping[c.Operator, c.Operator] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "=": "!=",
    "!=": "=",
}
_GROWING = frozenset({"count", "sum", "distinct"})


def _moving(measure: c.Measure, operator: c.Operator) -> Iterator[c.EventPattern]:
    for side, harmless in ((measure.left, ("<", "<=")), (measure.right, (">", ">="))):
        only_grows = isinstance(side, c.Aggregate) and side.kind in _GROWING
        if not (only_grows and operator in harmless):
            yield from (aggregate.pattern for aggregate in aggregates_of(side))


def fulfils(action: d.Action, part: c.Condition) -> bool:
    """Return whether an action makes an atom, or its negation, true that may have been false."""
    match action, part:
        case d.TagAction(operation="add"), c.HasTag():
            return _same_tag(action.tag, part.tag)
        case d.TagAction(operation="remove"), c.Not(part=c.HasTag() as tag):
            return _same_tag(action.tag, tag.tag)
        case d.SetAction(), c.Not(part=atom) if _reads(atom, action):
            return not _holds(action, atom)
        case d.SetAction(), _ if not isinstance(part, c.Not) and _reads(part, action):
            return _holds(action, part)
        case _:
            return False


def _same_tag(one: str, other: str) -> bool:
    return fold_text(one.strip()) == fold_text(other)


def _reads(atom: c.Condition, action: d.SetAction) -> bool:
    name = getattr(atom, "field", None)
    return isinstance(name, c.Field) and name.name == action.attribute.name


def _holds(action: d.SetAction, atom: c.Condition) -> bool:
    """Return whether the atom is true of the value just set; where that cannot be told, it is taken to be."""
    value = None if action.value is None else action.value.value
    match atom:
        case c.Presence():
            return atom.is_set
        case c.Ago():
            # `now` lies before no time ago: such a guard holds again only once the time has passed.
            return value is not None or atom.direction == "after"
        case c.Comparison(operator="=") if value is not None:
            return _equal(value, atom.value.value)
        case c.OneOf() if value is not None:
            return any(_equal(value, one.value) for one in atom.values)
        case c.Comparison() if value is not None:
            return _in_order(value, atom.operator, atom.value.value)
        case _:
            return True


def _equal(one: c.Scalar, other: c.Scalar) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return fold_text(one) == fold_text(other)
    if isinstance(one, (int, Decimal)) and isinstance(other, (int, Decimal)):
        return Decimal(one) == Decimal(other)
    return one == other


def _in_order(one: c.Scalar, operator: c.Operator, other: c.Scalar) -> bool:
    left, right = _number(one), _number(other)
    if left is None or right is None:
        return True
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "!=": left != right,
        "=": left == right,
    }[operator]


def _number(value: c.Scalar) -> Decimal | None:
    """Return a value on one line of numbers, None for texts."""
    match value:
        case datetime():
            return Decimal(str(value.astimezone(UTC).timestamp()))
        case date():
            return Decimal(int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()))
        case bool() | str():
            return None
        case int() | Decimal():
            return Decimal(value)


def describe_action(action: d.Action) -> str:
    """Return an action as a message names it."""
    match action:
        case d.TagAction():
            return f'tag {action.operation} "{action.tag}"'
        case d.SetAction():
            return f"set {action.attribute.name}"
        case d.AssignAction() | d.NotifyAction():
            return "telling somebody"
        case d.ReplyAction():
            return "a reply"
