"""The canonical text of a rule: every clause on its own line, in one order, defaults left out."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.format_chinese import in_chinese
from rulecast.rule.language.format_condition import (
    format_condition,
    format_duration,
    format_pattern,
    format_scalar,
    quoted,
)
from rulecast.rule.language.format_reply import format_reply
from rulecast.rule.language.keywords import Language

INDENT = "  "
CONDITION_INDENT = "    "


def format_rule(rule: d.Rule, *, language: Language = "en") -> str:
    """Return the rule as text that parses to the same rule, with keywords in English or Chinese."""
    lines = [f"rule {rule.name}"]
    lines.extend(INDENT + line for line in _clauses(rule))
    text = "\n".join(lines) + "\n"
    return in_chinese(text) if language == "zh" else text


def _clauses(rule: d.Rule) -> Iterator[str]:
    yield f"version {rule.version}"
    yield f"priority {rule.priority.band}/{rule.priority.number}"
    if rule.score is not None:
        yield f"score {rule.score.name}"
    yield f"purpose {rule.purpose}"
    if rule.about is not None:
        yield f"about {quoted(rule.about)}"
    yield from _validity(rule.validity)
    yield from _trigger(rule)
    yield from _condition(rule.condition)
    yield from _send(rule.send)
    for variant in rule.variant_sends:
        yield from _send(variant.send, f"for variant {variant.variant} ")
    for step in rule.follow_ups:
        outcomes = " and ".join(f"{'not ' if one.negated else ''}{one.word}" for one in step.outcomes)
        yield from _send(step.send, f"after {format_duration(step.after)} if {outcomes} ")
    yield from _actions(rule.actions)
    if rule.schedule is not None:
        yield _schedule(rule.schedule)
    yield from _limits(rule)
    yield from _experiment(rule)
    for example in rule.examples:
        yield format_example(example)


def _validity(validity: d.Validity | None) -> Iterator[str]:
    if validity is None or (validity.start is None and validity.end is None):
        return
    start = f" from {validity.start.isoformat()}" if validity.start is not None else ""
    end = f" until {validity.end.isoformat()}" if validity.end is not None else ""
    yield f"valid{start}{end}"


def _trigger(rule: d.Rule) -> Iterator[str]:
    match rule.trigger:
        case d.EventTrigger() as trigger:
            delay = f" after {format_duration(trigger.delay)}" if trigger.delay is not None else ""
            parts = [f"on {format_pattern(trigger.pattern)}{delay}"]
            if trigger.older_than is not None:
                parts.append(f"ignore events older than {format_duration(trigger.older_than)}")
            yield "; ".join(parts)
        case d.EnteringTrigger():
            yield "on entering the audience"
        case None:
            pass
    if rule.decision_seconds is not None:
        yield f"decide within {rule.decision_seconds} second{'' if rule.decision_seconds == 1 else 's'}"


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


def _send(send: d.SendTemplate, before: str = "") -> Iterator[str]:
    if send.languages == (send.fallback_language,):
        language = f"in {send.fallback_language}"
    else:
        fallback = send.fallback_language or "skip"
        language = f"in the contact's language ({', '.join(send.languages)}; else {fallback})"
    yield f"{before}send template {send.template} {language}"
    if send.parameters:
        yield f"{CONDITION_INDENT}({', '.join(_parameter(parameter) for parameter in send.parameters)})"
    yield f"{CONDITION_INDENT}from {send.number}"
    if send.media is not None:
        yield f"{CONDITION_INDENT}{format_media(send.media)}"
    if send.links:
        links = ", ".join(f"link {one.name} to {quoted(one.url)}" for one in send.links)
        yield f"{CONDITION_INDENT}{links}"


def format_media(media: d.MediaClause) -> str:
    """Return a media clause as it is written in a rule."""
    name = [] if media.medium is None else [media.medium]
    choices = [f"{one.grade} on {one.cause}" for one in media.choices]
    fallback = "" if media.fallback is None else f" else template {media.fallback}"
    return f"media {', '.join((*name, *choices))}{fallback}"


def _parameter(parameter: d.Parameter) -> str:
    if parameter.coupon_pool is not None:
        return f"{parameter.name}: coupon from {parameter.coupon_pool}"
    default = quoted(parameter.default) if parameter.default is not None else None
    sources = [source for source in (parameter.attribute, default) if source is not None]
    return f"{parameter.name}: {' or '.join(sources)}"


def _actions(actions: tuple[d.Action, ...]) -> Iterator[str]:
    """Join neighbours of one moment on one line, keeping their order."""
    before: d.Moment | None = None
    line = ""
    for action in actions:
        text = format_action(action)
        if action.moment is before:
            line = f"{line}; {text}"
            continue
        if line:
            yield line
        line, before = f"when {action.moment}: {text}", action.moment
    if line:
        yield line


def format_action(action: d.Action) -> str:
    """Return an action as it is written in a rule, without its moment."""
    match action:
        case d.TagAction():
            return f"tag {action.operation} {quoted(action.tag)}"
        case d.SetAction():
            value = "now" if action.value is None else format_scalar(action.value.value)
            return f"set {action.attribute.name} = {value}"
        case d.AssignAction():
            return f"assign to {quoted(action.team)}"
        case d.NotifyAction():
            return f"notify {quoted(action.recipient)}"
        case d.ReplyAction():
            return format_reply(action)


def _schedule(schedule: d.Schedule) -> str:
    window = f"at {schedule.start:%H:%M}..{schedule.end:%H:%M} local time of the contact"
    parts = [f"{schedule.recurrence}{_days(schedule)} {window}"]
    if schedule.skips_holidays:
        parts.append("not on public holidays")
    parts.append(_leftover(schedule.leftover))
    return "; ".join(parts)


def _days(schedule: d.Schedule) -> str:
    if schedule.month_days:
        return f" month on {', '.join(str(day) for day in schedule.month_days)}"
    is_every = schedule.recurrence == "every"
    preposition = "" if is_every else " on"
    if schedule.days == tuple(c.Weekday):
        return " day" if is_every else ""
    if schedule.days == d.WORKING_DAYS:
        return f"{preposition} {'weekday' if is_every else 'weekdays'}"
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
    if rule.workspace_limit is not None:
        limit = rule.workspace_limit
        yield f"limit all rules to {limit.count} per person per {format_duration(limit.per)}"
    if rule.batch is not None:
        yield f"batch {rule.batch.size} every {format_duration(rule.batch.every)}"
    if rule.budget is not None:
        yield f"budget {format_percent(rule.budget.amount)} {rule.budget.currency} per {rule.budget.per}"


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


def format_example(example: d.Example) -> str:
    """Return an example on one line."""
    at = f" at {format_scalar(example.at.value)}" if example.at is not None else ""
    known = [f"known for {format_duration(example.known_for)}"] if example.known_for is not None else []
    facts = [
        *(f"{name}: {format_scalar(value.value)}" for name, value in example.attributes),
        *(f"tag {quoted(tag)}" for tag in example.tags),
        *(
            f"label {quoted(label)}" + (f" is {quoted(value)}" if value else "")
            for label, value in example.labels
        ),
        *(f"consent {purpose}" for purpose in example.consents),
        *known,
        *(_example_event(event) for event in example.events),
    ]
    verdict = "matches" if example.matches else "does not match"
    return f"example {quoted(example.about)}{at} ({', '.join(facts)}) {verdict}"


def _example_event(event: d.ExampleEvent) -> str:
    written = ", ".join(f"{name}: {format_scalar(value.value)}" for name, value in event.properties)
    properties = f" ({written})" if written else ""
    return f"{event.event} {format_duration(event.ago)} ago{properties}"


def format_percent(value: Decimal) -> str:
    """Return a decimal without needless zeros, whole where it is whole."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
