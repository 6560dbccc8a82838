"""Turn the parser's tree of a rule into its clauses."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any, TypeVar

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language import limits
from rulecast.rule.language.build import ConditionBuilder, span_of, span_of_token
from rulecast.rule.language.problem import BAD_VALUE, EMPTY_RANGE, OUT_OF_LIMITS, UNKNOWN_WORD
from rulecast.values.catalogue import closest_name

DAY_GROUPS = {
    "weekday": d.WORKING_DAYS,
    "weekdays": d.WORKING_DAYS,
    "day": tuple(d.Weekday),
    "days": tuple(d.Weekday),
}
Word = TypeVar("Word", d.Band, d.Moment, d.Weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause as it came: its name, what it says, and where it stands."""

    name: str
    value: Any
    span: c.Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule's name and its clauses in order of the text; None stands for a semicolon."""

    name: str
    clauses: tuple[Clause | None, ...]
    span: c.Span


@v_args(meta=True)
class RuleBuilder(ConditionBuilder):
    """Builds the clauses of a rule; problems gather in `problems`."""

    def rule(self, meta: Meta, children: list[Any]) -> Draft:
        name, *items = children
        clauses = tuple(item if isinstance(item, Clause) else None for item in items)
        return Draft(name=self._name(name), clauses=clauses, span=span_of_token(name))

    def _name(self, token: Token) -> str:
        if len(token) > limits.NAME_CHARACTERS_MAX:
            self._report(
                OUT_OF_LIMITS,
                f"A name has at most {limits.NAME_CHARACTERS_MAX} characters.",
                span_of_token(token),
            )
        return str(token)

    def _word(self, token: Token, known: type[Word]) -> Word:
        words = {member.value: member for member in known}
        if token.lower() not in words:
            self._unknown(token, list(words))
        return words.get(token.lower(), next(iter(known)))

    def _unknown(self, token: Token, words: list[str]) -> None:
        near = closest_name(token, words)
        self._report(
            UNKNOWN_WORD,
            f"{token} is not one of {', '.join(words)}.",
            span_of_token(token),
            hint=f"did you mean {near}?" if near else None,
        )

    def _within(self, token: Token, most: int, *, least: int = 1) -> int:
        found = self._integer(token)
        if not least <= found <= most:
            self._report(OUT_OF_LIMITS, f"The number lies between {least} and {most}.", span_of_token(token))
            return max(least, 1)
        return found

    def _percent(self, constant: c.Constant) -> Decimal:
        found = Decimal(str(constant.value))
        if not 0 < found < 100:  # noqa: PLR2004 - a percentage
            self._report(OUT_OF_LIMITS, "A percentage lies between 0 and 100.", constant.span)
            return Decimal(1)
        return found

    # ---- header
    def version(self, meta: Meta, children: list[Token]) -> Clause:
        return Clause(name="version", value=self._within(children[0], limits.COUNT_MAX), span=span_of(meta))

    def priority(self, meta: Meta, children: list[Token]) -> Clause:
        band = self._word(children[0], d.Band)
        number = self._within(children[1], limits.PRIORITY_MAX, least=0)
        return Clause(name="priority", value=d.Priority(band=band, number=number), span=span_of(meta))

    def purpose(self, meta: Meta, children: list[Token]) -> Clause:
        return Clause(name="purpose", value=str(children[0]), span=span_of_token(children[0]))

    def about(self, meta: Meta, children: list[Token]) -> Clause:
        return Clause(name="about", value=self._text(children[0]), span=span_of(meta))

    def audience(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="when", value=children[0], span=span_of(meta))

    # ---- send
    def language_of_contact(self, meta: Meta, children: list[Token]) -> tuple[tuple[str, ...], str | None]:
        *names, _, fallback = children
        return tuple(str(name) for name in names), None if fallback.type == "SKIP" else str(fallback)

    def language_fixed(self, meta: Meta, children: list[Token]) -> tuple[tuple[str, ...], str | None]:
        return (str(children[0]),), str(children[0])

    def parameters(self, meta: Meta, children: list[d.Parameter]) -> tuple[d.Parameter, ...]:
        return tuple(children)

    def parameter_attribute(self, meta: Meta, children: list[Token]) -> d.Parameter:
        name, attribute, *default = children
        text = self._text(default[0]) if default else None
        return d.Parameter(name=str(name), attribute=str(attribute), default=text, span=span_of(meta))

    def parameter_text(self, meta: Meta, children: list[Token]) -> d.Parameter:
        return d.Parameter(name=str(children[0]), default=self._text(children[1]), span=span_of(meta))

    def parameter_coupon(self, meta: Meta, children: list[Token]) -> d.Parameter:
        return d.Parameter(name=str(children[0]), coupon_pool=str(children[1]), span=span_of(meta))

    def send(self, meta: Meta, children: list[Any]) -> Clause:
        _, template, (languages, fallback), parameters, number = children
        value = d.SendTemplate(
            template=str(template),
            languages=languages,
            fallback_language=fallback,
            parameters=parameters or (),
            number=str(number),
            span=span_of(meta),
        )
        return Clause(name="send", value=value, span=value.span)

    # ---- moments
    def moment(self, meta: Meta, children: list[Any]) -> Clause:
        moment, action = children
        value = replace(action.value, moment=self._word(moment, d.Moment))
        return Clause(name="moment", value=value, span=action.span)

    def tag_action(self, meta: Meta, children: list[Token]) -> Clause:
        _, operation, text = children
        value = d.TagAction(
            moment=d.Moment.ACCEPTED,
            operation="add" if operation.lower() == "add" else "remove",
            tag=self._text(text),
            span=span_of(meta),
        )
        return Clause(name="action", value=value, span=value.span)

    def set_action(self, meta: Meta, children: list[Any]) -> Clause:
        _, name, value = children
        action = d.SetAction(
            moment=d.Moment.ACCEPTED,
            attribute=c.Field(name=str(name), span=span_of_token(name)),
            value=value if isinstance(value, c.Constant) else None,
            span=span_of(meta),
        )
        return Clause(name="action", value=action, span=action.span)

    # ---- schedule and limits
    def days(self, meta: Meta, children: list[Token]) -> tuple[d.Weekday, ...]:
        chosen: set[d.Weekday] = set()
        for token in children:
            group = DAY_GROUPS.get(token.lower())
            chosen.update(group or (self._word(token, d.Weekday),))
        return tuple(day for day in d.Weekday if day in chosen)

    def _clock(self, token: Token) -> time:
        try:
            return time.fromisoformat(str(token))
        except ValueError:
            self._report(BAD_VALUE, f"{token} is no time of day.", span_of_token(token))
            return time(0, 0)

    def schedule(self, meta: Meta, children: list[Any]) -> Clause:
        word, *days, start, end = children
        value = d.Schedule(
            recurrence="once" if word.type == "ONCE" else "every",
            days=days[0] if days else tuple(d.Weekday),
            start=self._clock(start),
            end=self._clock(end),
            leftover=d.DropRest(),
            span=span_of(meta),
        )
        if value.end <= value.start:
            self._report(
                EMPTY_RANGE,
                f"The window {start}..{end} is empty.",
                value.span,
                hint="a window ends on the day on which it began",
            )
        return Clause(name="schedule", value=value, span=value.span)

    def carry_over(self, meta: Meta, children: list[Any]) -> Clause:
        until: Any = children[0]
        if isinstance(until, Token):
            until = self._moment(until).value if until.type == "DATE" else self._word(until, d.Weekday)
        return Clause(name="leftover", value=d.CarryOver(until=until), span=span_of(meta))

    def drop_rest(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="leftover", value=d.DropRest(), span=span_of(meta))

    def person_limit(self, meta: Meta, children: list[Any]) -> Clause:
        count = self._within(children[1], limits.PERSON_LIMIT_MAX)
        value = d.PersonLimit(count=count, per=children[2], span=span_of(meta))
        return Clause(name="limit", value=value, span=value.span)

    def batch(self, meta: Meta, children: list[Any]) -> Clause:
        value = d.Batch(
            size=self._within(children[1], limits.BATCH_MAX), every=children[3], span=span_of(meta)
        )
        return Clause(name="batch", value=value, span=value.span)

    def budget(self, meta: Meta, children: list[Any]) -> Clause:
        _, amount, currency = children
        value = d.Budget(amount=Decimal(str(amount.value)), currency=str(currency), span=span_of(meta))
        if not 0 < value.amount < limits.BUDGET_MAX:
            self._report(OUT_OF_LIMITS, "A budget is above zero and below a million million.", amount.span)
        return Clause(name="budget", value=value, span=value.span)

    # ---- experiment and stop
    def holdout(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="holdout", value=self._percent(children[1]), span=span_of(meta))

    def success(self, meta: Meta, children: list[Any]) -> Clause:
        _, pattern, worth, within = children
        value = d.Success(
            event=pattern, within=within, worth=str(worth) if worth is not None else None, span=span_of(meta)
        )
        return Clause(name="success", value=value, span=value.span)

    def variant(self, meta: Meta, children: list[Any]) -> d.Variant:
        return d.Variant(name=str(children[0]), percent=self._percent(children[1]), span=span_of(meta))

    def variants(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="variants", value=tuple(children[1:]), span=span_of(meta))

    def stop_test(self, meta: Meta, children: list[Any]) -> d.StopTest:
        measure, percent, denominator, after, count, unit = children
        for word in (denominator, unit):
            if word is not None and word.lower() != "delivered":
                self._unknown(word, ["delivered"])
        return d.StopTest(
            measure="opt-outs" if measure.lower() == "opt-outs" else "failures",
            above_percent=self._percent(percent),
            after_delivered=self._within(count, limits.BATCH_MAX) if after is not None else 0,
            span=span_of(meta),
        )

    def stop(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="stop", value=tuple(children), span=span_of(meta))
