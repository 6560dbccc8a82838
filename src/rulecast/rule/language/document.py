"""The records of a whole rule: who, what is sent, when, how much, and how success is measured."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

from rulecast.rule.language.condition import Condition, Constant, Duration, EventPattern, Field, Span, place


class Band(StrEnum):
    """Priority bands, the strongest first; a lower band never beats a higher one."""

    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    LIFECYCLE = "lifecycle"
    PROMOTION = "promotion"


class Moment(StrEnum):
    """The moments of a message to which an action is bound."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    CLICKED = "clicked"
    REPLIED = "replied"


class Weekday(StrEnum):
    """The days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WORKING_DAYS = tuple(Weekday)[:5]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """`promotion/40`: the band decides first, then the number, where a higher one wins."""

    band: Band
    number: int


DEFAULT_PRIORITY = Priority(band=Band.PROMOTION, number=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`name: first_name or "client"`: an attribute, a text, or an attribute with a text for the missing case.

    `attribute` and `default` are not both None. Without a default a person who misses the attribute is left out.
    """

    name: str
    attribute: str | None = None
    default: str | None = None
    coupon_pool: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTemplate:
    """`send template winback in the contact's language (fr, ar, en; else fr) (...) from casablanca_main`.

    `languages` are those chosen by the contact's language; `fallback_language` serves all others, or None
    (`else skip`) leaves them out. One fixed language (`in fr`) has `languages == (fallback_language,)`.
    """

    template: str
    languages: tuple[str, ...]
    fallback_language: str | None
    number: str
    parameters: tuple[Parameter, ...] = ()
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAction:
    """`when delivered: tag add "winback-sent"`."""

    moment: Moment
    operation: Literal["add", "remove"]
    tag: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAction:
    """`when delivered: set last_winback_at = now`; a value of None stands for `now`."""

    moment: Moment
    attribute: Field
    value: Constant | None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """`carry over until Friday`: what one window did not send goes to the next, through that day."""

    until: Weekday | date | Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRest:
    """`drop the rest`: what the window did not send is not sent."""


Leftover: TypeAlias = CarryOver | DropRest


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`once on weekdays at 20:00..22:00 local time of the contact; carry over until Friday`.

    `days` are the days on which the window opens, in order of the week; `start <= local time < end`.
    """

    recurrence: Literal["once", "every"]
    days: tuple[Weekday, ...]
    start: time
    end: time
    leftover: Leftover
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLimit:
    """`limit this rule to 1 per person per 14 days`."""

    count: int
    per: Duration
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`batch 5000 every 10 minutes`."""

    size: int
    every: Duration
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """`budget 800 MAD per run`, in major units of the currency."""

    amount: Decimal
    currency: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """`success purchase where (...) worth amount within 72 hours` after the message was accepted."""

    event: EventPattern
    within: Duration
    worth: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One arm of `variants a 50% b 50%`."""

    name: str
    percent: Decimal
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTest:
    """`opt-outs above 1% of delivered after 300 delivered`."""

    measure: Literal["opt-outs", "failures"]
    above_percent: Decimal
    after_delivered: int = 0
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as written: every clause once, defaults filled in."""

    name: str
    version: int
    priority: Priority
    purpose: str
    condition: Condition
    send: SendTemplate
    about: str | None = None
    actions: tuple[TagAction | SetAction, ...] = ()
    schedule: Schedule | None = None
    person_limit: PersonLimit | None = None
    batch: Batch | None = None
    budget: Budget | None = None
    holdout_percent: Decimal | None = None
    variants: tuple[Variant, ...] = ()
    success: Success | None = None
    stop_tests: tuple[StopTest, ...] = ()
    span: Span = place()
