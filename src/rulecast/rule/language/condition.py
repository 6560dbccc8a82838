"""The records a condition is made of: what a person must be, or must have done.

A parsed condition holds names as written; the resolve and type passes return the same records with names
from the catalogue, folded text, exact instants and `Field.type` filled in. Spans never take part in equality.
"""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from typing import TypeAlias

from rulecast.rule.language.event_atoms import (
    Aggregate,
    Arithmetic,
    Did,
    DidInPeriods,
    DidThen,
    EdgeEvent,
    EventPattern,
    Expression,
    Gap,
    Measure,
    PerKey,
    SilentFor,
)
from rulecast.rule.language.field_atoms import (
    Ago,
    Anniversary,
    Between,
    Comparison,
    Contains,
    FieldWindow,
    Matches,
    Near,
    OneOf,
    Presence,
    StartsWith,
)
from rulecast.rule.language.person_atoms import (
    Bucket,
    ConsentGranted,
    Everybody,
    HasLabel,
    HasTag,
    InSegment,
    LocalTime,
    LocalWeekday,
)
from rulecast.rule.language.terms import (
    NOWHERE,
    AbsoluteWindow,
    AgoWindow,
    BeforeWindow,
    CalendarWindow,
    Constant,
    DayWindow,
    Direction,
    Duration,
    Field,
    FirstWindow,
    LastWindow,
    Operator,
    PeriodUnit,
    Scalar,
    Span,
    Unit,
    Weekday,
    Window,
    place,
)

__all__ = [
    "NOWHERE",
    "AbsoluteWindow",
    "Aggregate",
    "Ago",
    "AgoWindow",
    "And",
    "Anniversary",
    "Arithmetic",
    "Atom",
    "BeforeWindow",
    "Between",
    "Bucket",
    "CalendarWindow",
    "Comparison",
    "Condition",
    "ConsentGranted",
    "Constant",
    "Contains",
    "DayWindow",
    "Did",
    "DidInPeriods",
    "DidThen",
    "Direction",
    "Duration",
    "EdgeEvent",
    "EventAtom",
    "EventPattern",
    "Everybody",
    "Expression",
    "Field",
    "FieldAtom",
    "FieldWindow",
    "FirstWindow",
    "Gap",
    "HasLabel",
    "HasTag",
    "InSegment",
    "LastWindow",
    "LocalTime",
    "LocalWeekday",
    "Matches",
    "Measure",
    "Near",
    "Not",
    "OneOf",
    "Operator",
    "Or",
    "PerKey",
    "PeriodUnit",
    "PersonAtom",
    "Presence",
    "Scalar",
    "SilentFor",
    "Span",
    "StartsWith",
    "Unit",
    "Weekday",
    "Window",
    "place",
]


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


FieldAtom: TypeAlias = (
    Comparison
    | Between
    | OneOf
    | Contains
    | StartsWith
    | Matches
    | Presence
    | Ago
    | FieldWindow
    | Anniversary
    | Near
)
EventAtom: TypeAlias = Did | DidInPeriods | DidThen | Measure | EdgeEvent | Gap | PerKey | SilentFor
PersonAtom: TypeAlias = (
    HasTag | HasLabel | InSegment | ConsentGranted | LocalTime | LocalWeekday | Bucket | Everybody
)
Atom: TypeAlias = FieldAtom | EventAtom | PersonAtom
Condition: TypeAlias = Atom | Not | And | Or
