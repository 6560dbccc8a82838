"""Turn the parser's tree of a condition into records; what cannot be a value becomes a problem and a stand-in."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from datetime import time
from decimal import Decimal
from typing import Any, cast

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import condition as c
from rulecast.rule.language import limits
from rulecast.rule.language.build_events import EventBuilder
from rulecast.rule.language.build_values import STAND_IN_DATE, singular_to_plural, span_of, span_of_token
from rulecast.rule.language.problem import (
    BAD_VALUE,
    OUT_OF_LIMITS,
    UNIT_MISTAKE,
    UNKNOWN_WORD,
    WRONG_OPERATOR,
)
from rulecast.values.catalogue import closest_name

__all__ = ["STAND_IN_DATE", "ConditionBuilder", "singular_to_plural", "span_of", "span_of_token"]

WORKING_DAYS = tuple(c.Weekday)[:5]
DAYS_OF_UNIT = {"days": 1, "weeks": 7}


@v_args(meta=True)
class ConditionBuilder(EventBuilder):
    """Builds conditions bottom-up; problems gather in `problems`."""

    def condition(self, meta: Meta, children: list[Any]) -> c.Condition:
        return cast("c.Condition", children[0])

    def disjunction(self, meta: Meta, children: list[Any]) -> c.Or:
        return c.Or(parts=tuple(children), span=span_of(meta))

    def conjunction(self, meta: Meta, children: list[Any]) -> c.And:
        return c.And(parts=tuple(children), span=span_of(meta))

    def negation(self, meta: Meta, children: list[Any]) -> c.Not:
        return c.Not(part=children[1], span=span_of(meta))

    # ---- fields
    def field(self, meta: Meta, children: list[Token]) -> c.Field:
        return c.Field(name=str(children[0]), span=span_of(meta))

    def between(self, meta: Meta, children: list[Any]) -> c.Between:
        name, low, high = children
        return c.Between(field=name, low=low, high=high, span=span_of(meta))

    def one_of(self, meta: Meta, children: list[Any]) -> c.Condition:
        name, negated, *values = children
        span = span_of(meta)
        self._check_list(values, span)
        found = c.OneOf(field=name, values=tuple(values), span=span)
        return c.Not(part=found, span=span) if negated else found

    def _check_list(self, values: list[Any], span: c.Span) -> None:
        if len(values) > limits.LIST_VALUES_MAX:
            self._report(OUT_OF_LIMITS, f"A list has at most {limits.LIST_VALUES_MAX} values.", span)

    def contains_one(self, meta: Meta, children: list[Any]) -> c.Contains:
        return c.Contains(field=children[0], mode="one", values=(children[1],), span=span_of(meta))

    def contains_some(self, meta: Meta, children: list[Any]) -> c.Contains:
        name, mode, *values = children
        self._check_list(values, span_of(meta))
        return c.Contains(field=name, mode=mode.lower(), values=tuple(values), span=span_of(meta))

    def starts_with(self, meta: Meta, children: list[Any]) -> c.StartsWith:
        return c.StartsWith(field=children[0], prefix=children[1], span=span_of(meta))

    def matches(self, meta: Meta, children: list[Any]) -> c.Matches:
        name, pattern = children
        constant = c.Constant(value=self._text(pattern), span=span_of_token(pattern))
        return c.Matches(field=name, pattern=constant, span=span_of(meta))

    def presence(self, meta: Meta, children: list[Any]) -> c.Presence:
        return c.Presence(field=children[0], is_set=children[1].lower() == "set", span=span_of(meta))

    def ago(self, meta: Meta, children: list[Any]) -> c.Ago:
        name, direction, duration = children
        return c.Ago(field=name, direction=direction.lower(), duration=duration, span=span_of(meta))

    def field_window(self, meta: Meta, children: list[Any]) -> c.FieldWindow:
        name, direction, duration = children
        return c.FieldWindow(field=name, direction=direction.lower(), duration=duration, span=span_of(meta))

    def anniversary(self, meta: Meta, children: list[Any]) -> c.Anniversary:
        written, _, duration = children
        name: c.Field = written
        if isinstance(written, Token):
            name = c.Field(name="birth_date", span=span_of_token(written))
        if duration.unit not in DAYS_OF_UNIT:
            self._report(
                UNIT_MISTAKE, "An anniversary is a day: it is counted in days or weeks.", duration.span
            )
        days = duration.amount * DAYS_OF_UNIT.get(duration.unit, 1)
        return c.Anniversary(field=name, days=days, span=span_of(meta))

    def near_place(self, meta: Meta, children: list[Any]) -> c.Near:
        name, amount, unit, place = children
        return c.Near(
            field=name,
            amount=Decimal(str(amount.value)),
            unit=unit.lower(),
            place_name=self._text(place),
            span=span_of(meta),
        )

    def near_point(self, meta: Meta, children: list[Any]) -> c.Near:
        name, amount, unit, latitude, longitude = children
        return c.Near(
            field=name,
            amount=Decimal(str(amount.value)),
            unit=unit.lower(),
            latitude=Decimal(str(latitude.value)),
            longitude=Decimal(str(longitude.value)),
            span=span_of(meta),
        )

    # ---- people
    def everybody(self, meta: Meta, children: list[Token]) -> c.Everybody:
        return c.Everybody(span=span_of(meta))

    def has_tag(self, meta: Meta, children: list[Token]) -> c.HasTag:
        return c.HasTag(tag=self._text(children[1]), span=span_of(meta))

    def has_label(self, meta: Meta, children: list[Any]) -> c.HasLabel:
        _, label, value = children
        return c.HasLabel(
            label=self._text(label),
            value=self._text(value) if value is not None else None,
            span=span_of(meta),
        )

    def in_segment(self, meta: Meta, children: list[Token]) -> c.InSegment:
        return c.InSegment(name=self._text(children[1]), span=span_of(meta))

    def local_time(self, meta: Meta, children: list[Token]) -> c.LocalTime:
        _, start, end = children
        return c.LocalTime(start=self._clock(start), end=self._clock(end), span=span_of(meta))

    def _clock(self, token: Token) -> time:
        try:
            return time.fromisoformat(str(token))
        except ValueError:
            self._report(BAD_VALUE, f"{token} is no time of the day.", span_of_token(token))
            return time(0)

    def local_weekday(self, meta: Meta, children: list[Any]) -> c.Condition:
        _, negated, *names = children
        span = span_of(meta)
        days = [day for name in names for day in self._days(name)]
        found = c.LocalWeekday(days=tuple(dict.fromkeys(days)), span=span)
        return c.Not(part=found, span=span) if negated is not None else found

    def _days(self, token: Token) -> tuple[c.Weekday, ...]:
        word = token.lower()
        if word in {"weekdays", "weekday"}:
            return WORKING_DAYS
        known = [str(day) for day in c.Weekday]
        if word in known:
            return (c.Weekday(word),)
        near = next((day for day in known if day.startswith(word)), None) or closest_name(word, known)
        self._report(
            UNKNOWN_WORD,
            f"{token} is not one of {', '.join(known)}, weekdays.",
            span_of_token(token),
            f"did you mean {near}?" if near else None,
        )
        return (c.Weekday.MONDAY,)

    def bucket(self, meta: Meta, children: list[Token]) -> c.Bucket:
        _, salt, operator, below = children
        if operator != "<":
            self._report(
                WRONG_OPERATOR,
                "A bucket is compared by < only.",
                span_of_token(operator),
                'write: bucket("...") < 10, or not bucket("...") < 10',
            )
        return c.Bucket(salt=self._text(salt), below=self._integer(below), span=span_of(meta))

    def consent(self, meta: Meta, children: list[Any]) -> c.ConsentGranted:
        _, purpose, *age = children
        direction, duration = age or (None, None)
        return c.ConsentGranted(
            purpose=str(purpose),
            direction=direction.lower() if direction else None,
            duration=duration,
            span=span_of(meta),
        )
