"""What the language knows but nothing executes yet; such rules are refused, never half run.

Whoever makes a construct run from end to end takes it out of `NOT_AVAILABLE_YET`.
"""

from collections.abc import Iterator
from enum import StrEnum

from rulecast.rule.language.condition import Span
from rulecast.rule.language.document import (
    AssignAction,
    EnteringTrigger,
    EventTrigger,
    NotifyAction,
    ReplyAction,
    Rule,
    SetAction,
    Trigger,
    sends_of,
)
from rulecast.rule.language.problem import NOT_YET, RuleProblem


class Construct(StrEnum):
    """Constructs that were, or are, not executed; the value is what the author reads."""

    RECURRING_SCHEDULE = "a recurring schedule"
    VARIANTS = "variants"
    STOP_TESTS = "stop if"
    SET_ATTRIBUTE = "setting an attribute"
    COUPON = "a coupon from a pool"
    MEDIA = "media"
    EVENT_TRIGGER = "a trigger by an event"
    ENTERING_TRIGGER = "a trigger by entering an audience"
    FOLLOW_UP = "follow-up steps"
    REPLY = "a free-form reply"
    ASSIGN = "assigning an agent"
    NOTIFY = "notifying a recipient"
    VALIDITY = "validity dates"
    SCORE = "a score"
    DECISION_WINDOW = "a decision window of its own"
    HOLIDAYS = "public holidays"
    WORKSPACE_LIMIT = "a limit over all rules"
    BUDGET_PER_MONTH = "a budget per month"
    LINK_TARGET = "where a template's link leads"


# What runs from end to end.
AVAILABLE = frozenset(
    {
        Construct.ASSIGN,
        Construct.COUPON,
        Construct.FOLLOW_UP,
        Construct.NOTIFY,
        Construct.REPLY,
        Construct.SET_ATTRIBUTE,
        Construct.STOP_TESTS,
        Construct.BUDGET_PER_MONTH,
        Construct.DECISION_WINDOW,
        Construct.ENTERING_TRIGGER,
        Construct.EVENT_TRIGGER,
        Construct.HOLIDAYS,
        Construct.LINK_TARGET,
        Construct.MEDIA,
        Construct.RECURRING_SCHEDULE,
        Construct.SCORE,
        Construct.VALIDITY,
        Construct.VARIANTS,
        Construct.WORKSPACE_LIMIT,
    }
)
NOT_AVAILABLE_YET: tuple[Construct, ...] = tuple(one for one in Construct if one not in AVAILABLE)

HINTS: dict[Construct, str] = {}

ACTIONS: dict[type, Construct] = {
    SetAction: Construct.SET_ATTRIBUTE,
    AssignAction: Construct.ASSIGN,
    NotifyAction: Construct.NOTIFY,
    ReplyAction: Construct.REPLY,
}


def not_available(construct: Construct, span: Span) -> RuleProblem:
    """Return the refusal of a construct."""
    return RuleProblem(
        kind=NOT_YET,
        message=f"Not available yet: {construct.value}.",
        span=span,
        found=construct.value,
        hint=HINTS.get(construct),
    )


def refuse_unavailable(rule: Rule) -> list[RuleProblem]:
    """Return a refusal for every construct of the rule that nothing executes."""
    return [not_available(used, span) for used, span in _used(rule) if used in NOT_AVAILABLE_YET]


def _used(rule: Rule) -> Iterator[tuple[Construct, Span]]:
    schedule, budget = rule.schedule, rule.budget
    used: list[tuple[Construct, Span | None]] = [
        (
            Construct.RECURRING_SCHEDULE,
            schedule.span if schedule and schedule.recurrence == "every" else None,
        ),
        (Construct.HOLIDAYS, schedule.span if schedule and schedule.skips_holidays else None),
        (Construct.EVENT_TRIGGER, _span_of_kind(rule.trigger, EventTrigger)),
        (Construct.ENTERING_TRIGGER, _span_of_kind(rule.trigger, EnteringTrigger)),
        (Construct.VALIDITY, rule.validity.span if rule.validity else None),
        (Construct.SCORE, rule.score.span if rule.score else None),
        (Construct.DECISION_WINDOW, rule.span if rule.decision_seconds is not None else None),
        (Construct.WORKSPACE_LIMIT, rule.workspace_limit.span if rule.workspace_limit else None),
        (Construct.BUDGET_PER_MONTH, budget.span if budget and budget.per == "month" else None),
        (Construct.VARIANTS, next((one.span for one in rule.variants), None)),
        (Construct.FOLLOW_UP, next((one.span for one in rule.follow_ups), None)),
        (Construct.STOP_TESTS, next((one.span for one in rule.stop_tests), None)),
    ]
    yield from ((construct, span) for construct, span in used if span is not None)
    for action in rule.actions:
        if type(action) in ACTIONS:
            yield ACTIONS[type(action)], action.span
    for send in sends_of(rule):
        yield from ((Construct.LINK_TARGET, link.span) for link in send.links)
        if send.media is not None:
            yield Construct.MEDIA, send.media.span
        for parameter in send.parameters:
            if parameter.coupon_pool is not None:
                yield Construct.COUPON, parameter.span


def _span_of_kind(trigger: Trigger | None, kind: type[Trigger]) -> Span | None:
    return trigger.span if trigger is not None and isinstance(trigger, kind) else None
