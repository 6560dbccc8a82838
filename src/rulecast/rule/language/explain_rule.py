"""A rule in plain sentences, for people who do not write rules."""

from collections.abc import Iterator
from datetime import date

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.explain_condition import describe_condition, describe_pattern
from rulecast.rule.language.format_condition import format_duration, quoted
from rulecast.rule.language.format_rule import format_percent


def explain_rule(rule: d.Rule) -> tuple[str, ...]:
    """Return what the rule does, one sentence each."""
    return tuple(_sentences(rule))


def _sentences(rule: d.Rule) -> Iterator[str]:
    about = f" {rule.about}" if rule.about is not None else ""
    yield (
        f"Rule {rule.name}, version {rule.version}, serves the purpose {rule.purpose} "
        f"with priority {rule.priority.number} in the band {rule.priority.band}.{about}"
    )
    yield from _audience(rule.condition)
    yield from _send(rule.send)
    for action in rule.actions:
        yield _action(action)
    yield from _schedule(rule.schedule)
    yield from _limits(rule)
    yield from _experiment(rule)


def _audience(condition: c.Condition) -> Iterator[str]:
    if isinstance(condition, c.And):
        yield "It is for people for whom all of this is true:"
        for part in condition.parts:
            yield f"- {describe_condition(part)}"
    else:
        yield f"It is for people for whom this is true: {describe_condition(condition)}."


def _send(send: d.SendTemplate) -> Iterator[str]:
    if send.languages == (send.fallback_language,):
        language = f"in {send.fallback_language}"
    elif send.fallback_language is None:
        language = f"in their language if it is {', '.join(send.languages)}; others get nothing"
    else:
        language = (
            f"in their language if it is {', '.join(send.languages)}, otherwise in {send.fallback_language}"
        )
    yield f"They get the template {send.template} from {send.number}, {language}."
    for parameter in send.parameters:
        yield f"- {parameter.name} is {_parameter(parameter)}"


def _parameter(parameter: d.Parameter) -> str:
    if parameter.coupon_pool is not None:
        return f"a coupon from {parameter.coupon_pool}"
    if parameter.attribute is None:
        return f"the text {quoted(parameter.default or '')}"
    if parameter.default is None:
        return f"their {parameter.attribute}; who has none gets nothing"
    return f"their {parameter.attribute}, or {quoted(parameter.default)} where it is missing"


def _action(action: d.Action) -> str:
    moments = {
        d.Moment.ACCEPTED: "When a message is accepted",
        d.Moment.DELIVERED: "When a message is delivered",
        d.Moment.CLICKED: "When a link is clicked",
        d.Moment.REPLIED: "When the person replies",
    }
    what: str
    match action:
        case d.SetAction():
            what = f"{action.attribute.name} is set"
        case d.AssignAction():
            what = f"the conversation goes to the team {quoted(action.team)}"
        case d.NotifyAction():
            what = f"{quoted(action.recipient)} is told"
        case d.TagAction():
            verb = "gets" if action.operation == "add" else "loses"
            what = f"the person {verb} the tag {quoted(action.tag)}"
    return f"{moments[action.moment]}, {what}."


def _schedule(schedule: d.Schedule | None) -> Iterator[str]:
    if schedule is None:
        yield "Messages go out from the launch on, at any hour that quiet hours allow."
        return
    days = "any day" if len(schedule.days) == len(c.Weekday) else ", ".join(schedule.days)
    yield (
        f"Messages go out on {days} from {schedule.start:%H:%M} until before {schedule.end:%H:%M}, "
        f"local time of the person. {_leftover(schedule.leftover)}"
    )


def _leftover(leftover: d.Leftover) -> str:
    match leftover:
        case d.DropRest():
            return "What the first window does not send is not sent."
        case d.CarryOver(until=c.Duration() as duration):
            return f"What a window does not send waits for the next one, for {format_duration(duration)} at most."
        case d.CarryOver(until=date() as day):
            return f"What a window does not send waits for the next one, through {day.isoformat()}."
        case d.CarryOver(until=weekday):
            return f"What a window does not send waits for the next one, through {weekday}."


def _limits(rule: d.Rule) -> Iterator[str]:
    if rule.person_limit is not None:
        limit = rule.person_limit
        yield f"Nobody gets more than {limit.count} of this rule's messages in {format_duration(limit.per)}."
    if rule.batch is not None:
        yield f"At most {rule.batch.size} messages go out every {format_duration(rule.batch.every)}."
    if rule.budget is not None:
        yield f"A run costs at most {format_percent(rule.budget.amount)} {rule.budget.currency}."


def _experiment(rule: d.Rule) -> Iterator[str]:
    if rule.holdout_percent is not None:
        yield f"{format_percent(rule.holdout_percent)}% of the people are held out to measure the effect."
    if rule.variants:
        arms = ", ".join(f"{arm.name} for {format_percent(arm.percent)}%" for arm in rule.variants)
        yield f"Variants: {arms}."
    if rule.success is not None:
        worth = f", worth its {rule.success.worth}" if rule.success.worth is not None else ""
        yield (
            f"Success is {describe_pattern(rule.success.event)} within "
            f"{format_duration(rule.success.within)} after the message{worth}."
        )
    for test in rule.stop_tests:
        after = f" once {test.after_delivered} are delivered" if test.after_delivered else ""
        yield f"It stops if {test.measure} pass {format_percent(test.above_percent)}% of delivered messages{after}."
