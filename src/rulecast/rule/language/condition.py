"""The records a condition is made of: what a person must be, or must have done.

A parsed condition holds names as written; the resolve and type passes return the same records with names
from the catalogue, folded text, exact instants and `Field.type` filled in. Spans never take part in equality.
"""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from rulecast.values.catalogue import AttributeType

Scalar: TypeAlias = str | int | Decimal | bool | date | datetime
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Unit: TypeAlias = Literal["minutes", "hours", "days", "weeks"]
PeriodUnit: TypeAlias = Literal["days", "weeks", "months"]
Direction: TypeAlias = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in the rule's text: line and column count from one, length in characters."""

    line: int
    column: int
    length: int


NOWHERE = Span(line=1, column=1, length=0)


def place(default: Span = NOWHERE) -> Span:
    """Return the dataclass field of a span, which equality and repr leave out."""
    return record_field(default=default, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time as written; a day is always 24 hours."""

    amount: int
    unit: Unit
    span: Span = place()

    @property
    def length(self) -> timedelta:
        """Return the duration as a time delta."""
        return timedelta(**{self.unit: self.amount})


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A value written in the rule."""

    value: Scalar
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute of a contact or, inside `where`, a property of an event.

    The resolve pass fills in `type` and, for a derived attribute, the date attribute from which full years are
    counted and the workspace's zone, whose date is today.
    """

    name: str
    type: AttributeType | None = record_field(default=None, compare=False)
    years_since: str | None = record_field(default=None, compare=False)
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWindow:
    """`in last 30 days`: the half-open stretch from now minus the duration until now."""

    duration: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsoluteWindow:
    """`between 2017-03-01 and 2017-04-01`: half-open; a bare date is midnight of the workspace's zone."""

    start: Constant
    end: Constant


Window: TypeAlias = LastWindow | AbsoluteWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`city = "Rabat"`; `!=` is the negation of `=`."""

    field: Field
    operator: Operator
    value: Constant
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`orders between 2 and 5`: both ends count, except for instants, where the end is left out."""

    field: Field
    low: Constant
    high: Constant
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """`city in ("Casablanca", "Rabat")`."""

    field: Field
    values: tuple[Constant, ...]
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """`interests contains "shoes"`: a list holds the value, or a text holds it as a part."""

    field: Field
    mode: Literal["one", "any", "all"]
    values: tuple[Constant, ...]
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartsWith:
    """`city starts with "Casa"`."""

    field: Field
    prefix: Constant
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """`city is set` or `city is missing`; an empty text and an empty list are missing."""

    field: Field
    is_set: bool
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ago:
    """`first_seen_at before 30 days ago`; `zone` is the workspace's, filled in by the type pass."""

    field: Field
    direction: Direction
    duration: Duration
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """`tag "vip"`."""

    tag: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted:
    """`consent marketing granted [after 365 days ago]`: a proven grant; it cannot be negated."""

    purpose: str
    direction: Direction | None = None
    duration: Duration | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPattern:
    """An event by name and the condition on its properties."""

    event: str
    where: "Condition | None" = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """`did click where (link = "promo") at least 2 times in last 30 days`."""

    pattern: EventPattern
    minimum: int = 1
    window: Window | None = None
    negated: bool = False
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DidInPeriods:
    """`did purchase in at least 3 distinct months`: calendar periods of the contact's local time.

    `zone` is the workspace's, for contacts without one; filled in by the type pass. Weeks begin on Monday.
    """

    pattern: EventPattern
    minimum: int
    unit: PeriodUnit
    window: Window | None = None
    negated: bool = False
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DidThen:
    """`did A then [not] B within 14 days [for the same p]`: B in the time after A up to and with its end.

    `then not` holds once the time after A has passed without a B. The window holds A.
    """

    first: EventPattern
    second: EventPattern
    then_not: bool
    within: Duration
    same: tuple[str, ...] = ()
    window: Window | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SumOf:
    """`sum(purchase.amount) in last 90 days >= 500`; the sum of nothing is zero."""

    pattern: EventPattern
    property: Field
    operator: Operator
    value: Constant
    window: Window | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentFor:
    """`silent for 7 days`: known for longer, and no message from them in that time."""

    duration: Duration
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The negation of a condition."""

    part: "Condition"
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All parts hold."""

    parts: "tuple[Condition, ...]"
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part holds."""

    parts: "tuple[Condition, ...]"
    span: Span = place()


FieldAtom: TypeAlias = Comparison | Between | OneOf | Contains | StartsWith | Presence | Ago
EventAtom: TypeAlias = Did | DidInPeriods | DidThen | SumOf | SilentFor
Atom: TypeAlias = FieldAtom | EventAtom | HasTag | ConsentGranted
Condition: TypeAlias = Atom | Not | And | Or
