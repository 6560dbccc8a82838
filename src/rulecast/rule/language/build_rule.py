"""Turn the parser's tree of a rule into its clauses: header, trigger, schedule, limits, experiment."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any, cast

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language import limits
from rulecast.rule.language.build import span_of, span_of_token
from rulecast.rule.language.build_clause import Clause
from rulecast.rule.language.build_send import SendBuilder
from rulecast.rule.language.problem import EMPTY_RANGE, OUT_OF_LIMITS

DAY_GROUPS = {
    "weekday": d.WORKING_DAYS,
    "weekdays": d.WORKING_DAYS,
    "day": tuple(c.Weekday),
    "days": tuple(c.Weekday),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule's name and its clauses in order of the text; None stands for a semicolon."""

    name: str
    clauses: tuple[Clause | None, ...]
    span: c.Span


@v_args(meta=True)
class RuleBuilder(SendBuilder):
    """Builds the clauses of a rule; problems gather in `problems`."""

    def rule(self, meta: Meta, children: list[Any]) -> Draft:
        name, *items = children
        clauses = tuple(item if isinstance(item, Clause) else None for item in items)
        return Draft(name=self._name(name), clauses=clauses, span=span_of_token(name))

    def word(self, meta: Meta, children: list[Token]) -> Token:
        return children[0]

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

    def score(self, meta: Meta, children: list[Token]) -> Clause:
        value = c.Field(name=str(children[0]), span=span_of_token(children[0]))
        return Clause(name="score", value=value, span=span_of(meta))

    def _valid(self, meta: Meta, start: Token | None, end: Token | None) -> Clause:
        days = [cast("date", self._moment(token).value) if token else None for token in (start, end)]
        value = d.Validity(start=days[0], end=days[1], span=span_of(meta))
        return Clause(name="valid", value=value, span=value.span)

    def valid_from(self, meta: Meta, children: list[Token]) -> Clause:
        return self._valid(meta, children[0], None)

    def valid_between(self, meta: Meta, children: list[Token]) -> Clause:
        return self._valid(meta, children[0], children[1])

    def valid_until(self, meta: Meta, children: list[Token]) -> Clause:
        return self._valid(meta, None, children[0])

    # ---- trigger
    def on_event(self, meta: Meta, children: list[Any]) -> Clause:
        pattern, delay = children
        value = d.EventTrigger(pattern=pattern, delay=delay, span=span_of(meta))
        return Clause(name="on", value=value, span=value.span)

    def on_entering(self, meta: Meta, children: list[Any]) -> Clause:
        value = d.EnteringTrigger(span=span_of(meta))
        return Clause(name="on", value=value, span=value.span)

    def older(self, meta: Meta, children: list[c.Duration]) -> Clause:
        return Clause(name="ignore events", value=children[0], span=span_of(meta))

    def decision(self, meta: Meta, children: list[Token]) -> Clause:
        seconds = self._within(children[0], limits.DECISION_SECONDS_MAX, least=0)
        return Clause(name="decide", value=seconds, span=span_of(meta))

    # ---- schedule and limits
    def days(self, meta: Meta, children: list[Token]) -> tuple[c.Weekday, ...]:
        chosen: set[c.Weekday] = set()
        for token in children:
            group = DAY_GROUPS.get(token.lower())
            chosen.update(group or (self._word(token, c.Weekday),))
        return tuple(day for day in c.Weekday if day in chosen)

    def hours(self, meta: Meta, children: list[Token]) -> tuple[time, time]:
        start, end = (self._clock(token) for token in children)
        # Midnight ends the day on which the window began.
        if end <= start and end != time.min:
            self._report(
                EMPTY_RANGE,
                f"The window {children[0]}..{children[1]} is empty.",
                span_of(meta),
                hint="a window ends on the day on which it began",
            )
        return start, end

    def month_days(self, meta: Meta, children: list[Token]) -> tuple[int, ...]:
        return tuple(sorted({self._within(token, limits.MONTH_DAY_MAX) for token in children}))

    def _schedule(
        self, meta: Meta, word: str, days: tuple[c.Weekday, ...] | None, hours: tuple[time, time]
    ) -> d.Schedule:
        start, end = hours
        return d.Schedule(
            recurrence=cast("Any", word.lower()),
            days=days or tuple(c.Weekday),
            start=start,
            end=end,
            leftover=d.DropRest(),
            span=span_of(meta),
        )

    def schedule(self, meta: Meta, children: list[Any]) -> Clause:
        word, days, hours = children
        value = self._schedule(meta, word, days, hours)
        return Clause(name="schedule", value=value, span=value.span)

    def schedule_of_month(self, meta: Meta, children: list[Any]) -> Clause:
        month_days, hours = children
        value = replace(self._schedule(meta, "every", None, hours), month_days=month_days)
        return Clause(name="schedule", value=value, span=value.span)

    def holidays(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="holidays", value=True, span=span_of(meta))

    def carry_over(self, meta: Meta, children: list[Any]) -> Clause:
        until: Any = children[0]
        if isinstance(until, Token):
            until = self._moment(until).value if until.type == "DATE" else self._word(until, c.Weekday)
        return Clause(name="leftover", value=d.CarryOver(until=until), span=span_of(meta))

    def drop_rest(self, meta: Meta, children: list[Any]) -> Clause:
        return Clause(name="leftover", value=d.DropRest(), span=span_of(meta))

    def person_limit(self, meta: Meta, children: list[Any]) -> Clause:
        count = self._within(children[0], limits.PERSON_LIMIT_MAX)
        value = d.PersonLimit(count=count, per=children[1], span=span_of(meta))
        return Clause(name="limit", value=value, span=value.span)

    def workspace_limit(self, meta: Meta, children: list[Any]) -> Clause:
        count = self._within(children[0], limits.PERSON_LIMIT_MAX)
        value = d.PersonLimit(count=count, per=children[1], span=span_of(meta))
        return Clause(name="limit all", value=value, span=value.span)

    def batch(self, meta: Meta, children: list[Any]) -> Clause:
        value = d.Batch(
            size=self._within(children[1], limits.BATCH_MAX), every=children[3], span=span_of(meta)
        )
        return Clause(name="batch", value=value, span=value.span)

    def budget(self, meta: Meta, children: list[Any]) -> Clause:
        _, amount, currency, per = children
        value = d.Budget(
            amount=Decimal(str(amount.value)),
            currency=str(currency),
            per="run" if per.type == "PER_RUN" else "month",
            span=span_of(meta),
        )
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
