"""Check the clauses that say what begins a rule, when it holds, how often and how much."""

from dataclasses import replace
from datetime import timedelta

from rulecast.rule.language import document as d
from rulecast.rule.language.check_fields import NUMERIC
from rulecast.rule.language.check_types import check_pattern
from rulecast.rule.language.problem_clause import (
    LIMIT_NEVER_REACHED,
    NEVER_VALID,
    NO_PERSON_LIMIT,
    SCORE_NOT_NUMERIC,
    STOP_WITHOUT_MINIMUM,
    TRIGGER_AND_WINDOW,
)
from rulecast.rule.language.resolve import pattern_of
from rulecast.rule.language.resolve_names import field_of
from rulecast.rule.language.scope import Scope
from rulecast.rule.language.warn import sensitive_problem
from rulecast.values.catalogue import DataClass
from rulecast.values.purpose import Purpose
from rulecast.values.zone_offsets import utc_of_local


def check_trigger(rule: d.Rule, scope: Scope) -> d.Trigger | None:
    """Report what does not fit and return the trigger with its event's own name and exact constants."""
    schedule, trigger = rule.schedule, rule.trigger
    if trigger is not None and schedule is not None and schedule.recurrence != "always":
        scope.report(
            TRIGGER_AND_WINDOW,
            f"The rule has a trigger and a schedule ({schedule.recurrence}); one of them begins it.",
            schedule.span,
            hint="the sending window of a trigger: always on weekdays at 09:00..21:00 local time of the contact",
        )
    if trigger is None and schedule is not None and schedule.recurrence == "always":
        scope.report(
            TRIGGER_AND_WINDOW,
            "Nothing begins this rule: `always` is the sending window of a trigger.",
            schedule.span,
            hint="write `once` or `every`, or add a trigger: on purchase",
        )
    is_unlimited = rule.person_limit is None and rule.workspace_limit is None
    # A message about an order is due for every order; an offer is not.
    if isinstance(trigger, d.EventTrigger) and is_unlimited and rule.purpose == Purpose.MARKETING:
        scope.report(
            NO_PERSON_LIMIT,
            f"Each {trigger.pattern.event} sends a message, however many a person has.",
            trigger.span,
            hint="limit this rule to 1 per person per 7 days",
        )
    if not isinstance(trigger, d.EventTrigger):
        return trigger
    return replace(trigger, pattern=check_pattern(pattern_of(trigger.pattern, scope), scope))


def check_validity(rule: d.Rule, scope: Scope) -> None:
    """Report a validity that holds on no day, or on none that is left."""
    validity = rule.validity
    if validity is None:
        return
    if validity.start is not None and validity.end is not None and validity.end < validity.start:
        scope.report(
            NEVER_VALID,
            f"The rule ends on {validity.end.isoformat()}, before it begins on {validity.start.isoformat()}.",
            validity.span,
            hint="write the earlier day first",
        )
    elif validity.end is not None and scope.now is not None:
        over = utc_of_local(scope.catalogue.default_zone, validity.end + timedelta(days=1))
        if over <= scope.now:
            scope.report(
                NEVER_VALID, f"The rule's last day, {validity.end.isoformat()}, is over.", validity.span
            )


def check_score(rule: d.Rule, scope: Scope) -> None:
    """Report a score that is no number which every engine can read."""
    if rule.score is None:
        return
    found = field_of(rule.score, scope)
    attribute = scope.catalogue.attribute(found.name)
    if attribute is None or attribute.is_sealed:
        return
    if attribute.data_class is DataClass.SENSITIVE:
        scope.problems.append(sensitive_problem(found))
    if attribute.type not in NUMERIC:
        scope.report(
            SCORE_NOT_NUMERIC, f"{found.name} is of type {attribute.type} and cannot be a score.", found.span
        )


def check_limits(rule: d.Rule, scope: Scope) -> None:
    """Report limits that never bind and stop tests that bind at once."""
    own, shared = rule.person_limit, rule.workspace_limit
    if own is not None and shared is not None:
        is_stricter = shared.count <= own.count and shared.per.length >= own.per.length
        if is_stricter and (shared.count, shared.per.length) != (own.count, own.per.length):
            scope.report(
                LIMIT_NEVER_REACHED,
                f"{own.count} of this rule can never be reached: all rules together send {shared.count}.",
                own.span,
            )
    if rule.stop_tests and not any(test.after_delivered for test in rule.stop_tests):
        first = rule.stop_tests[0]
        scope.report(
            STOP_WITHOUT_MINIMUM,
            "No stop condition says from how many messages on it counts, so few may decide.",
            first.span,
            hint=f"{first.measure} above {first.above_percent}% of delivered after 300 delivered",
        )
