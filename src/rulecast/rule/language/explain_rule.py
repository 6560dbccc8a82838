"""A rule in plain sentences, for people who do not write rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language import explain_condition_zh as chinese
from rulecast.rule.language.explain_condition import describe_condition, describe_pattern
from rulecast.rule.language.explain_phrases import PHRASES
from rulecast.rule.language.format_values import format_amount, format_duration, format_scalar, quoted
from rulecast.rule.language.keywords import CLOSED_WORD, Language, chinese_of

Sentences: TypeAlias = Iterator[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How one language says things: its phrases by name, and its words for what stands inside them."""

    phrases: dict[str, str]
    condition: Callable[[c.Condition], str]
    pattern: Callable[[c.EventPattern], str]
    duration: Callable[[c.Duration], str]
    scalar: Callable[[c.Scalar], str]
    # A word of a closed list, such as a day or a band.
    word: Callable[[str], str]

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase with its values."""
        return self.phrases[phrase].format(**values)

    def listed(self, words: tuple[str, ...]) -> str:
        """Return words in a row."""
        return self.phrases["comma"].join(words)


ENGLISH = Speech(
    phrases={name: english for name, (english, _) in PHRASES.items()},
    condition=describe_condition,
    pattern=describe_pattern,
    duration=format_duration,
    scalar=format_scalar,
    word=str,
)
CHINESE = Speech(
    phrases={name: words for name, (_, words) in PHRASES.items()},
    condition=chinese.describe_condition,
    pattern=chinese.describe_pattern,
    duration=chinese.duration,
    scalar=chinese.scalar,
    word=lambda word: chinese_of(CLOSED_WORD, word) or word,
)
SPEECHES: dict[Language, Speech] = {"en": ENGLISH, "zh": CHINESE}


def explain_rule(rule: d.Rule, *, language: Language = "en") -> tuple[str, ...]:
    """Return what the rule does, one sentence each."""
    sentences = tuple(_sentences(rule, SPEECHES[language]))
    return tuple(chinese.spaced(one) for one in sentences) if language == "zh" else sentences


def _sentences(rule: d.Rule, speech: Speech) -> Sentences:
    yield speech.say(
        "header",
        name=rule.name,
        version=rule.version,
        purpose=speech.word(rule.purpose),
        number=rule.priority.number,
        band=speech.word(rule.priority.band),
        about=f" {rule.about}" if rule.about is not None else "",
    )
    if rule.score is not None:
        yield speech.say("score", score=rule.score.name)
    yield from _beginning(rule, speech)
    yield from _audience(rule.condition, speech)
    yield from _messages(rule, speech)
    for action in rule.actions:
        yield _action(action, speech)
    yield from _schedule(rule, speech)
    yield from _limits(rule, speech)
    yield from _experiment(rule, speech)
    if rule.examples:
        yield speech.say("examples", count=len(rule.examples))


def _beginning(rule: d.Rule, speech: Speech) -> Sentences:
    validity, trigger = rule.validity, rule.trigger
    if validity is not None:
        start, end = validity.start, validity.end
        phrase = "valid" if start and end else "valid from" if start else "valid until"
        yield speech.say(phrase, start=start and start.isoformat(), end=end and end.isoformat())
    if isinstance(trigger, d.EnteringTrigger):
        yield speech.say("on entering")
    if isinstance(trigger, d.EventTrigger):
        delay = speech.say("delay", duration=speech.duration(trigger.delay)) if trigger.delay else ""
        yield speech.say("on event", event=speech.pattern(trigger.pattern), delay=delay)
        older = trigger.older_than or d.OLDER_THAN_DEFAULT
        yield speech.say("older", duration=speech.duration(older))
    if rule.decision_seconds is not None:
        yield speech.say("decide", seconds=rule.decision_seconds)


def _audience(condition: c.Condition, speech: Speech) -> Sentences:
    if isinstance(condition, c.And):
        yield speech.say("all of")
        for part in condition.parts:
            yield f"- {speech.condition(part)}"
    else:
        yield speech.say("condition", condition=speech.condition(condition))


def _messages(rule: d.Rule, speech: Speech) -> Sentences:
    yield speech.say("send", **_message(rule.send, speech))
    yield from _details(rule.send, speech)
    for one in rule.variant_sends:
        yield speech.say("variant send", variant=one.variant, **_message(one.send, speech))
        yield from _details(one.send, speech)
    for step in rule.follow_ups:
        outcomes = speech.say("and").join(
            speech.say(f"outcome {'not ' if outcome.negated else ''}{outcome.word}")
            for outcome in step.outcomes
        )
        after = speech.duration(step.after)
        yield speech.say("follow-up", after=after, outcomes=outcomes, **_message(step.send, speech))
        yield from _details(step.send, speech)


def _message(send: d.SendTemplate, speech: Speech) -> dict[str, str]:
    if send.languages == (send.fallback_language,):
        phrase = "language fixed"
    else:
        phrase = "language or none" if send.fallback_language is None else "language or"
    language = speech.say(phrase, languages=speech.listed(send.languages), fallback=send.fallback_language)
    return {"template": send.template, "number": send.number, "language": language}


def _details(send: d.SendTemplate, speech: Speech) -> Sentences:
    for parameter in send.parameters:
        text = quoted(parameter.default or "")
        if parameter.coupon_pool is not None:
            yield speech.say("coupon", name=parameter.name, pool=parameter.coupon_pool)
        elif parameter.attribute is None:
            yield speech.say("text", name=parameter.name, text=text)
        else:
            phrase = "attribute" if parameter.default is None else "attribute or"
            yield speech.say(phrase, name=parameter.name, attribute=parameter.attribute, text=text)
    if send.media is not None:
        yield from _media(send.media, speech)
    for link in send.links:
        yield speech.say("link", name=link.name, url=link.url)


def _media(media: d.MediaClause, speech: Speech) -> Sentences:
    yield speech.say("media of template" if media.medium is None else "media", name=media.medium)
    for choice in media.choices:
        cause = speech.say(f"cause {choice.cause}")
        yield speech.say(f"media {choice.grade}", cause=cause, fallback=media.fallback)


def _action(action: d.Action, speech: Speech) -> str:
    moment = speech.say(f"moment {action.moment}")
    match action:
        case d.TagAction():
            return speech.say(f"tag {action.operation}", moment=moment, tag=quoted(action.tag))
        case d.SetAction(value=None):
            return speech.say("set now", moment=moment, attribute=action.attribute.name)
        case d.SetAction(value=value):
            written = speech.scalar(value.value) if value is not None else ""
            return speech.say("set", moment=moment, attribute=action.attribute.name, value=written)
        case d.AssignAction():
            return speech.say("assign", moment=moment, team=quoted(action.team))
        case d.NotifyAction():
            return speech.say("notify", moment=moment, recipient=quoted(action.recipient))
        case d.ReplyAction():
            return _reply(action, moment, speech)


def _reply(action: d.ReplyAction, moment: str, speech: Speech) -> str:
    texts = []
    for one in action.words:
        text = _reply_words(one, speech)
        if one.language:
            text = speech.say("reply in", language=one.language, text=text)
        match one.tail:
            case d.ReplyButtons(titles=titles):
                text += speech.say("reply buttons", titles=speech.listed(tuple(map(quoted, titles))))
            case d.ReplyList(button=button, rows=rows):
                told = (
                    f"{quoted(row.title)} ({row.description})" if row.description else quoted(row.title)
                    for row in rows
                )
                listed = speech.listed(tuple(told))
                text += speech.say("reply list", button=quoted(button), rows=listed)
            case d.ReplyLink(title=title, url=url):
                text += speech.say("reply link", title=quoted(title), url=url)
            case None:
                pass
        texts.append(text)
    if action.fallback_language is None:
        texts.append(speech.say("reply skip"))
    elif action.fallback_language:
        texts.append(speech.say("reply else", language=action.fallback_language))
    purpose = speech.say("reply purpose", purpose=speech.word(action.purpose)) if action.purpose else ""
    return speech.say("reply", moment=moment, said=speech.listed(tuple(texts)), purpose=purpose)


def _reply_words(words: d.ReplyWords, speech: Speech) -> str:
    if words.point is not None:
        place = words.point
        point = f"{format_amount(place.latitude)}, {format_amount(place.longitude)}"
        names = " ".join(quoted(one) for one in (place.name, place.address) if one)
        return speech.say("reply place", point=point, names=f" {names}" if names else "")
    if words.medium is None:
        return quoted(words.text)
    if not words.text:
        return speech.say("reply file", name=words.medium)
    return quoted(words.text) + speech.say("reply media", name=words.medium)


def _schedule(rule: d.Rule, speech: Speech) -> Sentences:
    schedule = rule.schedule
    if schedule is None:
        yield speech.say("no window" if rule.trigger is None else "no window triggered")
        return
    yield speech.say(
        "every" if schedule.recurrence == "every" else "once",
        days=_days(schedule, speech),
        start=f"{schedule.start:%H:%M}",
        end=f"{schedule.end:%H:%M}",
        leftover=_leftover(schedule.leftover, speech),
    )
    if schedule.skips_holidays:
        yield speech.say("holidays")


def _days(schedule: d.Schedule, speech: Speech) -> str:
    if schedule.month_days:
        days = speech.listed(tuple(str(day) for day in schedule.month_days))
        return speech.say("month days", days=days)
    if len(schedule.days) == len(c.Weekday):
        return speech.say("any day")
    return speech.listed(tuple(speech.word(day) for day in schedule.days))


def _leftover(leftover: d.Leftover, speech: Speech) -> str:
    match leftover:
        case d.DropRest():
            return speech.say("drop")
        case d.CarryOver(until=c.Duration() as duration):
            return speech.say("carry for", until=speech.duration(duration))
        case d.CarryOver(until=date() as day):
            return speech.say("carry until", until=day.isoformat())
        case d.CarryOver(until=weekday):
            return speech.say("carry until", until=speech.word(str(weekday)))


def _limits(rule: d.Rule, speech: Speech) -> Sentences:
    for phrase, limit in (("person limit", rule.person_limit), ("workspace limit", rule.workspace_limit)):
        if limit is not None:
            yield speech.say(phrase, count=limit.count, per=speech.duration(limit.per))
    if rule.batch is not None:
        yield speech.say("batch", size=rule.batch.size, every=speech.duration(rule.batch.every))
    if rule.budget is not None:
        amount = format_amount(rule.budget.amount)
        yield speech.say(f"budget {rule.budget.per}", amount=amount, currency=rule.budget.currency)


def _experiment(rule: d.Rule, speech: Speech) -> Sentences:
    if rule.holdout_percent is not None:
        yield speech.say("holdout", percent=format_amount(rule.holdout_percent))
    if rule.variants:
        arms = tuple(
            speech.say("arm", name=arm.name, percent=format_amount(arm.percent)) for arm in rule.variants
        )
        yield speech.say("variants", arms=speech.listed(arms))
    success = rule.success
    if success is not None:
        worth = speech.say("worth", worth=success.worth) if success.worth is not None else ""
        within = speech.duration(success.within)
        yield speech.say("success", event=speech.pattern(success.event), within=within, worth=worth)
    for test in rule.stop_tests:
        after = speech.say("stop after", count=test.after_delivered) if test.after_delivered else ""
        percent = format_amount(test.above_percent)
        yield speech.say("stop", measure=speech.say(test.measure), percent=percent, after=after)
