"""The records of a whole rule: who, what is sent, when, how much, and how success is measured."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

from rulecast.rule.language.actions import (
    Action,
    AssignAction,
    Moment,
    NotifyAction,
    ReplyAction,
    ReplyButtons,
    ReplyLink,
    ReplyList,
    ReplyPlace,
    ReplyRow,
    ReplyTail,
    ReplyWords,
    SetAction,
    TagAction,
)
from rulecast.rule.language.condition import (
    Condition,
    Constant,
    Duration,
    EventPattern,
    Field,
    Span,
    Weekday,
    place,
)

__all__ = [
    "Action",
    "AssignAction",
    "Moment",
    "NotifyAction",
    "ReplyAction",
    "ReplyButtons",
    "ReplyLink",
    "ReplyList",
    "ReplyPlace",
    "ReplyRow",
    "ReplyTail",
    "ReplyWords",
    "SetAction",
    "TagAction",
]


class Band(StrEnum):
    """Priority bands, the strongest first; a lower band never beats a higher one."""

    TRANSACTIONAL = "transactional"
    SERVICE = "service"
    LIFECYCLE = "lifecycle"
    PROMOTION = "promotion"


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
class LinkTarget:
    """`link promo to "https://shop.example/sale"`: where the template's tracked button leads, https only."""

    name: str
    url: str
    span: Span = place()


MediaGrade: TypeAlias = Literal["lighter", "lightest", "none"]
MediaCause: TypeAlias = Literal["slow network", "very slow network", "old system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaChoice:
    """`lighter on slow network`: what a person gets whose network or system is such; of several the lightest."""

    grade: MediaGrade
    cause: MediaCause
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaClause:
    """`media poster, lighter on slow network, none on old system else template winback_text`.

    Without a name the file is the one declared for the template. Who fits no choice gets the file in full; who gets
    none gets the template `fallback`, which has no file.
    """

    medium: str | None = None
    choices: tuple[MediaChoice, ...] = ()
    fallback: str | None = None
    fallback_span: Span = place()
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTemplate:
    """`send template winback in the contact's language (fr, ar, en; else fr) (...) from casablanca_main`.

    `languages` are those chosen by the contact's language; `fallback_language` serves all others, or None
    (`else skip`) leaves them out. One fixed language (`in fr`) has `languages == (fallback_language,)`.
    `language_spans` are the places of the languages as written, the fallback last.
    """

    template: str
    languages: tuple[str, ...]
    fallback_language: str | None
    number: str
    parameters: tuple[Parameter, ...] = ()
    links: tuple[LinkTarget, ...] = ()
    media: MediaClause | None = None
    template_span: Span = place()
    language_spans: tuple[Span, ...] = record_field(default=(), compare=False, repr=False)
    parameters_span: Span = place()
    number_span: Span = place()
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    """`on purchase where (amount >= 100) after 2 hours; ignore events older than 6 hours`.

    The rule is evaluated for the person when such an event is stored, or `delay` after it happened. An event older
    than `older_than` at its arrival fires none, and imported ones fire where their import says so.
    """

    pattern: EventPattern
    delay: Duration | None = None
    older_than: Duration | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteringTrigger:
    """`on entering the audience`: not a member at the last evaluation of this version, and a member now."""

    span: Span = place()


Trigger: TypeAlias = EventTrigger | EnteringTrigger
# Design section 4: an event older than an hour at arrival fires no rule unless the rule says otherwise.
OLDER_THAN_DEFAULT = Duration(amount=1, unit="hours")


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

    `once` is launched by a person, `every` runs by itself on each such day, `always` is the sending window of a rule
    with a trigger. `days` are the days on which the window opens, in order of the week; `start <= local time < end`,
    where an end of 00:00 is the end of the day.
    `month_days` (`every month on 1, 15 at ...`; 31 is the last day of shorter months) replaces `days`, which is then
    every day. `skips_holidays` (`not on public holidays`) closes it on public holidays of the contact's country.
    """

    recurrence: Literal["once", "every", "always"]
    days: tuple[Weekday, ...]
    start: time
    end: time
    leftover: Leftover
    month_days: tuple[int, ...] = ()
    skips_holidays: bool = False
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
    """`budget 800 MAD per run` or `per month`, in major units of the currency; a month is the workspace's."""

    amount: Decimal
    currency: str
    per: Literal["run", "month"] = "run"
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
class VariantSend:
    """`for variant b send template winback_b ...`: what an arm gets instead of the rule's own send clause."""

    variant: str
    send: SendTemplate
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`not clicked`: what did or did not happen to the step before; succeeded is the rule's success event."""

    word: Literal["delivered", "read", "clicked", "replied", "succeeded"]
    negated: bool = False
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """`after 2 days if not clicked and not replied send template winback_2 ...`: a later step for the same people.

    Counted from the acceptance of the step before. A reply, the success event or an opt-out ends the steps of a person
    whatever the outcomes say; each step is planned and gated like a message of its own.
    """

    after: Duration
    outcomes: tuple[Outcome, ...]
    send: SendTemplate
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """`valid from 2026-11-01 until 2026-12-31`: days of the workspace's zone, the last one included; None is open."""

    start: date | None = None
    end: date | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleEvent:
    """`click 3 days ago (link: "promo")` inside an example."""

    event: str
    ago: Duration
    properties: tuple[tuple[str, Constant], ...] = ()
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """`example "silent customer" (city: "Rabat", tag "vip", consent marketing, click 3 days ago) matches`.

    A person written inside the rule and whether the condition is true for them at `at`, or at any time the test runs.
    `known_for` is how long ago the person became known.
    """

    about: str
    attributes: tuple[tuple[str, Constant], ...] = ()
    tags: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    consents: tuple[str, ...] = ()
    events: tuple[ExampleEvent, ...] = ()
    known_for: Duration | None = None
    at: Constant | None = None
    matches: bool = True
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
    trigger: Trigger | None = None
    # How long candidates wait for rivals (`decide within 0 seconds`); None is the default of the kind of rule.
    decision_seconds: int | None = None
    validity: Validity | None = None
    # A numeric attribute; among equal priorities the rule with the higher value for the person wins.
    score: Field | None = None
    actions: tuple[Action, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    schedule: Schedule | None = None
    person_limit: PersonLimit | None = None
    # `limit all rules to 2 per person per 7 days`: counts the messages of every rule of the workspace.
    workspace_limit: PersonLimit | None = None
    batch: Batch | None = None
    budget: Budget | None = None
    holdout_percent: Decimal | None = None
    variants: tuple[Variant, ...] = ()
    variant_sends: tuple[VariantSend, ...] = ()
    success: Success | None = None
    stop_tests: tuple[StopTest, ...] = ()
    examples: tuple[Example, ...] = ()
    purpose_span: Span = place()
    span: Span = place()


def reply_media(rule: Rule) -> frozenset[str]:
    """Return the names of the files that the replies of a rule show."""
    replies = (one for one in rule.actions if isinstance(one, ReplyAction))
    return frozenset(words.medium for one in replies for words in one.words if words.medium is not None)


def sends_of(rule: Rule) -> tuple[SendTemplate, ...]:
    """Return every message of a rule: its own, those of the variants, those of the follow-ups."""
    variants = (one.send for one in rule.variant_sends)
    return (rule.send, *variants, *(step.send for step in rule.follow_ups))


def send_for(rule: Rule, variant: str) -> SendTemplate:
    """Return the message of a variant, the rule's own where the variant has none or the name is empty."""
    return next((one.send for one in rule.variant_sends if one.variant == variant), rule.send)
