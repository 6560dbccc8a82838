"""The canonical text of a rule: every clause on its own line, in one order, defaults left out."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.format_condition import (
    format_condition,
    format_duration,
    format_pattern,
    format_scalar,
    quoted,
)

INDENT = "  "
CONDITION_INDENT = "    "


def format_rule(rule: d.Rule) -> str:
    """Return the rule as text that parses to the same rule."""
    lines = [f"rule {rule.name}"]
    lines.extend(INDENT + line for line in _clauses(rule))
    return "\n".join(lines) + "\n"


def _clauses(rule: d.Rule) -> Iterator[str]:
    yield f"version {rule.version}"
    yield f"priority {rule.priority.band}/{rule.priority.number}"
    yield f"purpose {rule.purpose}"
    if rule.about is not None:
        yield f"about {quoted(rule.about)}"
    yield from _condition(rule.condition)
    yield from _send(rule.send)
    yield from _actions(rule.actions)
    if rule.schedule is not None:
        yield _schedule(rule.schedule)
    yield from _limits(rule)
    yield from _experiment(rule)


def _condition(condition: c.Condition) -> Iterator[str]:
    """Put each part of the outermost `and` on its own line."""
    if not isinstance(condition, c.And):
        yield f"when {format_condition(condition)}"
        return
    for number, part in enumerate(condition.parts):
        text = format_condition(part, inside_and=True)
        if isinstance(part, c.And):
            text = f"({text})"
        yield f"when {text}" if number == 0 else f"{CONDITION_INDENT}and {text}"


def _send(send: d.SendTemplate) -> Iterator[str]:
    if send.languages == (send.fallback_language,):
        language = f"in {send.fallback_language}"
    else:
        fallback = send.fallback_language or "skip"
        language = f"in the contact's language ({', '.join(send.languages)}; else {fallback})"
    yield f"send template {send.template} {language}"
    if send.parameters:
        yield f"{CONDITION_INDENT}({', '.join(_parameter(parameter) for parameter in send.parameters)})"
    yield f"{CONDITION_INDENT}from {send.number}"


def _parameter(parameter: d.Parameter) -> str:
    if parameter.coupon_pool is not None:
        return f"{parameter.name}: coupon from {parameter.coupon_pool}"
    default = quoted(parameter.default) if parameter.default is not None else None
    sources = [source for source in (parameter.attribute, default) if source is not None]
    return f"{parameter.name}: {' or '.join(sources)}"


def _actions(actions: tuple[d.TagAction | d.SetAction, ...]) -> Iterator[str]:
    """Join neighbours of one moment on one line, keeping their order."""
    before: d.Moment | None = None
    line = ""
    for action in actions:
        text = _action(action)
        if action.moment is before:
            line = f"{line}; {text}"
            continue
        if line:
            yield line
        line, before = f"when {action.moment}: {text}", action.moment
    if line:
        yield line


def _action(action: d.TagAction | d.SetAction) -> str:
    if isinstance(action, d.TagAction):
        return f"tag {action.operation} {quoted(action.tag)}"
    value = "now" if action.value is None else format_scalar(action.value.value)
    return f"set {action.attribute.name} = {value}"


def _schedule(schedule: d.Schedule) -> str:
    days = _days(schedule)
    window = f"at {schedule.start:%H:%M}..{schedule.end:%H:%M} local time of the contact"
    return f"{schedule.recurrence}{days} {window}; {_leftover(schedule.leftover)}"


def _days(schedule: d.Schedule) -> str:
    preposition = " on" if schedule.recurrence == "once" else ""
    if schedule.days == tuple(d.Weekday):
        return "" if schedule.recurrence == "once" else " day"
    if schedule.days == d.WORKING_DAYS:
        return f"{preposition} {'weekdays' if schedule.recurrence == 'once' else 'weekday'}"
    return f"{preposition} {', '.join(schedule.days)}"


def _leftover(leftover: d.Leftover) -> str:
    match leftover:
        case d.DropRest():
            return "drop the rest"
        case d.CarryOver(until=c.Duration() as duration):
            return f"carry over for {format_duration(duration)}"
        case d.CarryOver(until=date() as day):
            return f"carry over until {day.isoformat()}"
        case d.CarryOver(until=weekday):
            return f"carry over until {weekday}"


def _limits(rule: d.Rule) -> Iterator[str]:
    if rule.person_limit is not None:
        limit = rule.person_limit
        yield f"limit this rule to {limit.count} per person per {format_duration(limit.per)}"
    if rule.batch is not None:
        yield f"batch {rule.batch.size} every {format_duration(rule.batch.every)}"
    if rule.budget is not None:
        yield f"budget {format_percent(rule.budget.amount)} {rule.budget.currency} per run"


def _experiment(rule: d.Rule) -> Iterator[str]:
    if rule.holdout_percent is not None:
        yield f"test holdout {format_percent(rule.holdout_percent)}%"
    if rule.variants:
        arms = " ".join(f"{arm.name} {format_percent(arm.percent)}%" for arm in rule.variants)
        yield f"test variants {arms}"
    if rule.success is not None:
        worth = f" worth {rule.success.worth}" if rule.success.worth is not None else ""
        event = format_pattern(rule.success.event)
        yield f"test success {event}{worth} within {format_duration(rule.success.within)}"
    if rule.stop_tests:
        yield f"stop if {', or '.join(_stop_test(test) for test in rule.stop_tests)}"


def _stop_test(test: d.StopTest) -> str:
    after = f" after {test.after_delivered} delivered" if test.after_delivered else ""
    return f"{test.measure} above {format_percent(test.above_percent)}% of delivered{after}"


def format_percent(value: Decimal) -> str:
    """Return a decimal without needless zeros, whole where it is whole."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
