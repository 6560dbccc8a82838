"""Conditions on one attribute of a contact or, inside `where`, one property of an event."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from decimal import Decimal
from typing import Literal

from rulecast.rule.language.terms import Constant, Direction, Duration, Field, Operator, Span, place


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
class Matches:
    """`city matches "^casa"`: a regular expression of RE2, found anywhere; on folded text it ignores case."""

    field: Field
    pattern: Constant
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWindow:
    """`renewal_on in next 7 days`, `renewal_on in last 7 days`: from now (today) forward or back, half-open.

    For an instant next is [now, now + d) and last [now - d, now). For a date next is [today, today + n) and last
    [today - n, today), today being the workspace's; `zone` is filled in by the type pass.
    """

    field: Field
    direction: Literal["next", "last"]
    duration: Duration
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anniversary:
    """`birthday in next 7 days`, `anniversary of first_order_on in next 7 days`: it falls on today or the six after.

    Today is the contact's local day; `birthday` is the anniversary of `birth_date`. A 29 February falls on 1 March
    in common years. The day itself (year zero) is no anniversary. `zone` is the workspace's, for contacts without one.
    """

    field: Field
    days: int
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """`location within 10 km of place "maarif"` or `of 33.58, -7.63`: great-circle distance, at most.

    A sphere of 6,371.0088 km (IUGG mean radius); the resolve pass fills in the coordinates of a named place, degrees.
    """

    field: Field
    amount: Decimal
    unit: Literal["km", "m"]
    place_name: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    span: Span = place()
