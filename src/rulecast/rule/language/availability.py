"""What the language knows but nothing executes yet; such rules are refused, never half run.

Whoever makes a construct run from end to end takes it out of `NOT_AVAILABLE_YET`.
"""

from collections.abc import Iterator
from enum import StrEnum

from rulecast.rule.language.condition import Span
from rulecast.rule.language.document import Rule, SetAction
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
    SEND_LINK = "sending a link"
    REPLY = "a free-form reply"
    ASSIGN = "assigning an agent"
    NOTIFY = "notifying a recipient"
    GEOGRAPHY = "distance"
    SEGMENT = "membership in a segment"
    LABEL = "mined labels"
    LOCAL_TIME = "local time and weekday in conditions"
    BIRTHDAY = "birthdays"
    BUCKET = "experiment buckets"
    CALENDAR_DAYS = "windows of calendar days"


NOT_AVAILABLE_YET: tuple[Construct, ...] = tuple(Construct)

HINTS: dict[Construct, str] = {
    Construct.RECURRING_SCHEDULE: "write `once on weekdays at ...` and launch the rule by hand",
    Construct.LABEL: "use a tag",
    Construct.SEGMENT: "use a tag",
    Construct.CALENDAR_DAYS: "`in last 7 days` looks back 168 hours",
}

# Words at which reading stops although they belong to the language, where a clause can begin.
CLAUSE_WORDS: dict[str, Construct] = {
    "on": Construct.EVENT_TRIGGER,
    "entering": Construct.ENTERING_TRIGGER,
    "after": Construct.FOLLOW_UP,
    "then": Construct.FOLLOW_UP,
    "link": Construct.SEND_LINK,
    "reply": Construct.REPLY,
    "assign": Construct.ASSIGN,
    "notify": Construct.NOTIFY,
    "media": Construct.MEDIA,
}

# The same for words inside conditions.
CONDITION_WORDS: dict[str, Construct] = {
    "segment": Construct.SEGMENT,
    "within": Construct.GEOGRAPHY,
    "calendar": Construct.CALENDAR_DAYS,
    "next": Construct.BIRTHDAY,
}

# Names that no catalogue has because the language is meant to give them a meaning of their own.
NAMES: dict[str, Construct] = {
    "local_time": Construct.LOCAL_TIME,
    "local_weekday": Construct.LOCAL_TIME,
    "location": Construct.GEOGRAPHY,
    "birthday": Construct.BIRTHDAY,
    "bucket": Construct.BUCKET,
    "segment": Construct.SEGMENT,
    "label": Construct.LABEL,
    "event": Construct.EVENT_TRIGGER,
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
    if rule.schedule is not None and rule.schedule.recurrence == "every":
        yield Construct.RECURRING_SCHEDULE, rule.schedule.span
    if rule.variants:
        yield Construct.VARIANTS, rule.variants[0].span
    if rule.stop_tests:
        yield Construct.STOP_TESTS, rule.stop_tests[0].span
    for action in rule.actions:
        if isinstance(action, SetAction):
            yield Construct.SET_ATTRIBUTE, action.span
    for parameter in rule.send.parameters:
        if parameter.coupon_pool is not None:
            yield Construct.COUPON, parameter.span
