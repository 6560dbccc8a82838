"""The parts conditions are made of: places in the text, values, fields, lengths of time and windows."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from rulecast.values.catalogue import AttributeType

if TYPE_CHECKING:
    from rulecast.rule.language.event_atoms import EventPattern

Scalar: TypeAlias = str | int | Decimal | bool | date | datetime
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Unit: TypeAlias = Literal["minutes", "hours", "days", "weeks"]
PeriodUnit: TypeAlias = Literal["days", "weeks", "months"]
Direction: TypeAlias = Literal["before", "after"]


class Weekday(StrEnum):
    """The days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWindow:
    """`in last 7 calendar days`: the contact's current local day (week, month) and the six before it, until now."""

    amount: int
    unit: PeriodUnit
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWindow:
    """`on 2026-11-17`: that day of the workspace's zone; the type pass makes `start` and `end` instants."""

    day: Constant
    start: datetime | None = record_field(default=None, compare=False)
    end: datetime | None = record_field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgoWindow:
    """`between 180 and 90 days ago`: from `start` ago until `end` ago, half-open; both have one unit."""

    start: Duration
    end: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeWindow:
    """`before 30 days ago`: everything earlier than that."""

    duration: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWindow:
    """`within 14 days of the first [signup]`: from the person's first matching event on, half-open.

    Without an anchor it is the first event of the pattern the window belongs to. Nobody without one has such a window.
    """

    duration: Duration
    anchor: "EventPattern | None" = None


Window: TypeAlias = (
    LastWindow | AbsoluteWindow | CalendarWindow | DayWindow | AgoWindow | BeforeWindow | FirstWindow
)
