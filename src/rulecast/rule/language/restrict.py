"""What an atom leaves possible: which values of which line, and whether the value may be missing."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language.value_sets import Choices, Ranges, Stretch
from rulecast.values.catalogue import OCCURRED_AT, AttributeType

ValueSet: TypeAlias = Ranges | Choices

# Every contact has the one, every event the other.
ALWAYS_SET = frozenset({"first_seen_at", OCCURRED_AT})
TRUTHS = (True, False)
STEPS = frozenset({AttributeType.INTEGER, AttributeType.DATE})
LINES = frozenset({AttributeType.INTEGER, AttributeType.DECIMAL, AttributeType.DATE, AttributeType.INSTANT})
BUCKET_LAST, MINUTE_LAST = 99, 1439
METRES_PER_KM = 1_000
FLIPPED: dict[c.Operator, c.Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
NEVER_MISSING = frozenset({"sum", "distinct"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """One literal: about a subject, which values on a line of it fulfil it, and whether a missing value does."""

    literal: c.Condition
    subject: Hashable
    line: Hashable
    values: ValueSet
    universe: ValueSet | None = None
    missing: bool = False
    may_miss: bool = True

    def complement(self) -> "Restriction":
        """Return the restriction of the negated literal."""
        return replace(
            self,
            literal=c.Not(part=self.literal, span=self.literal.span),
            values=self.values.complement(),
            missing=self.may_miss and not self.missing,
        )


def restriction_of(literal: c.Condition) -> Restriction:
    """Return what a literal of a lowered condition leaves possible."""
    if isinstance(literal, c.Not):
        return replace(_of_atom(literal.part).complement(), literal=literal)
    return _of_atom(literal)


def _of_atom(atom: c.Condition) -> Restriction:
    match atom:
        case c.Did():
            return _count(atom, atom.pattern, atom.window, Stretch(low=atom.minimum, high=atom.maximum))
        case c.Measure():
            return _measure(atom)
        case c.Gap():
            stretch = _stretch(atom.operator, atom.duration.length)
            subject = ("gap", atom.which, atom.pattern, atom.window)
            return _ranged(atom, subject, stretch, negated=atom.operator == "!=")
        case c.HasLabel() | c.ConsentGranted() | c.LocalTime() | c.LocalWeekday() | c.Bucket():
            return _person(atom)
        case (
            c.Comparison()
            | c.Between()
            | c.OneOf()
            | c.Ago()
            | c.FieldWindow()
            | c.Presence()
            | c.Near()
            | c.Contains()
            | c.StartsWith()
            | c.Matches()
            | c.Anniversary()
        ):
            return _field(atom)
        case _:
            return _opaque(atom, atom, may_miss=False)


def _opaque(atom: c.Condition, subject: Hashable, *, may_miss: bool) -> Restriction:
    """Return the restriction of an atom of which only the truth is known."""
    return Restriction(
        literal=atom,
        subject=subject,
        line=("truth", atom),
        values=Choices.of((True,), universe=TRUTHS),
        may_miss=may_miss,
    )


def _stretch(operator: c.Operator, value: Any) -> Stretch:
    """Return the values that compare so with a value; `!=` is told apart by the caller."""
    match operator:
        case "<":
            return Stretch(high=value, high_open=True)
        case "<=":
            return Stretch(high=value)
        case ">":
            return Stretch(low=value, low_open=True)
        case ">=":
            return Stretch(low=value)
        case "=" | "!=":
            return Stretch(low=value, high=value)


def _ranged(
    atom: c.Condition, subject: Hashable, *parts: Stretch, whole_steps: bool = False, negated: bool = False
) -> Restriction:
    values = Ranges.of(*parts, whole_steps=whole_steps)
    return Restriction(
        literal=atom, subject=subject, line="value", values=values.complement() if negated else values
    )


# ---- events
def _count(
    atom: c.Condition, pattern: c.EventPattern, window: c.Window | None, *parts: Stretch
) -> Restriction:
    return Restriction(
        literal=atom,
        subject=("count", pattern, window),
        line="value",
        values=Ranges.of(*parts, whole_steps=True),
        universe=Ranges.of(Stretch(low=0), whole_steps=True),
        may_miss=False,
    )


def _measure(atom: c.Measure) -> Restriction:
    left, operator, right = atom.left, atom.operator, atom.right
    if isinstance(left, c.Constant):
        left, operator, right = right, FLIPPED[operator], left
    if not isinstance(right, c.Constant) or isinstance(left, c.Constant):
        return _opaque(atom, atom, may_miss=False)
    stretch = _stretch(operator, right.value)
    if isinstance(left, c.Aggregate) and left.kind == "count":
        found = _count(atom, left.pattern, left.window, stretch)
        return replace(found, values=found.values.complement()) if operator == "!=" else found
    found = _ranged(atom, ("measure", left), stretch, negated=operator == "!=")
    if not isinstance(left, c.Aggregate) or left.kind not in NEVER_MISSING:
        return found
    universe = Ranges.of(Stretch(low=Decimal(0)) if left.kind == "distinct" else Stretch())
    return replace(found, universe=universe, may_miss=False)


# ---- people
def _person(
    atom: c.HasLabel | c.ConsentGranted | c.LocalTime | c.LocalWeekday | c.Bucket,
) -> Restriction:
    match atom:
        case c.HasLabel():
            any_value = Choices(values=frozenset(), is_excluded=True)
            values = any_value if atom.value is None else Choices.of((atom.value,))
            return Restriction(literal=atom, subject=("label", atom.label), line="value", values=values)
        case c.ConsentGranted():
            stretch = Stretch() if atom.duration is None else _age(atom.direction, atom.duration.length)
            return _ranged(atom, ("consent", atom.purpose), stretch)
        case c.LocalTime():
            start, end = (60 * at.hour + at.minute for at in (atom.start, atom.end))
            parts = (
                (Stretch(low=start, high=end - 1),)
                if start < end
                else (Stretch(low=start), Stretch(high=end - 1))
            )
            found = _ranged(atom, "local time", *parts, whole_steps=True)
            return replace(found, universe=_whole(0, MINUTE_LAST), may_miss=False)
        case c.LocalWeekday():
            days = Choices.of(atom.days, universe=c.Weekday)
            return Restriction(
                literal=atom, subject="local weekday", line="value", values=days, may_miss=False
            )
        case c.Bucket():
            found = _ranged(atom, ("bucket", atom.salt), Stretch(high=atom.below - 1), whole_steps=True)
            return replace(found, universe=_whole(0, BUCKET_LAST), may_miss=False)


def _whole(low: int, high: int) -> Ranges:
    return Ranges.of(Stretch(low=low, high=high), whole_steps=True)


def _age(direction: c.Direction | None, length: timedelta) -> Stretch:
    """Return where an instant lies that is older or younger, counted from now."""
    return Stretch(high=-length, high_open=True) if direction == "before" else Stretch(low=-length)


# ---- fields
def _field(atom: c.FieldAtom) -> Restriction:
    name = atom.field
    found = _field_values(atom, ("field", name.name))
    return replace(found, may_miss=name.name not in ALWAYS_SET, missing=False)


def _field_values(atom: c.FieldAtom, subject: Hashable) -> Restriction:  # noqa: PLR0911 - one return per kind of node
    kind = atom.field.type
    is_line, whole = kind in LINES, kind in STEPS
    match atom:
        case c.Comparison() if is_line:
            return _ranged(atom, subject, _stretch(atom.operator, atom.value.value), whole_steps=whole)
        case c.OneOf() if is_line:
            values = (Stretch(low=one.value, high=one.value) for one in atom.values)
            return _ranged(atom, subject, *values, whole_steps=whole)
        case c.Between():
            half_open = kind is AttributeType.INSTANT
            stretch = Stretch(low=atom.low.value, high=atom.high.value, high_open=half_open)
            return _ranged(atom, subject, stretch, whole_steps=whole)
        case c.Comparison() | c.OneOf():
            return _chosen(atom, subject)
        case c.Ago():
            found = _ranged(atom, subject, _age(atom.direction, atom.duration.length), whole_steps=whole)
            return replace(found, line="from now")
        case c.FieldWindow():
            length, none = atom.duration.length, timedelta(0)
            low, high = (none, length) if atom.direction == "next" else (-length, none)
            found = _ranged(atom, subject, Stretch(low=low, high=high, high_open=True), whole_steps=whole)
            return replace(found, line="from now")
        case c.Near():
            metres = atom.amount * METRES_PER_KM if atom.unit == "km" else atom.amount
            found = _ranged(atom, subject, Stretch(high=metres))
            return replace(
                found,
                line=("distance", atom.latitude, atom.longitude),
                universe=Ranges.of(Stretch(low=Decimal(0))),
            )
        case c.Presence():
            there = Choices.of((True,), universe=(True,))
            return Restriction(literal=atom, subject=subject, line="there", values=there)
        case _:
            return _opaque(atom, subject, may_miss=True)


def _chosen(atom: c.Comparison | c.OneOf, subject: Hashable) -> Restriction:
    constants = atom.values if isinstance(atom, c.OneOf) else (atom.value,)
    universe = TRUTHS if atom.field.type is AttributeType.BOOLEAN else None
    values = Choices.of((one.value for one in constants), universe=universe)
    return Restriction(literal=atom, subject=subject, line="value", values=values)
