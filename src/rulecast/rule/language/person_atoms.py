"""Conditions on what a person is, apart from attributes: tags, labels, segments, consent, local time, buckets."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from datetime import time
from typing import TYPE_CHECKING

from rulecast.rule.language.terms import Direction, Duration, Span, Weekday, place

if TYPE_CHECKING:
    from rulecast.rule.language.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """`tag "vip"`."""

    tag: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class HasLabel:
    """`label "churn_risk"` (has any value of it) or `label "churn_risk" is "high"`."""

    label: str
    value: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class InSegment:
    """`in segment "vips"`: the named condition of the workspace; the resolve pass fills in the condition."""

    name: str
    condition: "Condition | None" = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """`local_time between 20:00 and 22:00`: the contact's clock now, half-open; it may span midnight."""

    start: time
    end: time
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWeekday:
    """`local_weekday in (monday, friday)` or `in weekdays`: the contact's day of the week now."""

    days: tuple[Weekday, ...]
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """`bucket("autumn") < 10`: the contact falls in the first `below` of 100 parts that the salt cuts people into.

    The part is decided by the first eight hexadecimal digits of MD5("salt:contact_id") read as a number h:
    100 h < below 2^32. Every engine has MD5; it is no protection, only an even spread.
    """

    salt: str
    below: int
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybody:
    """`everybody`: true for every contact; a rule that means everybody has to say so."""

    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted:
    """`consent marketing granted [after 365 days ago]`: a proven grant; it cannot be negated."""

    purpose: str
    direction: Direction | None = None
    duration: Duration | None = None
    span: Span = place()
