"""Turn the parser's tree of conditions on behaviour, and of calculations, into records."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from typing import Any, cast

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import condition as c
from rulecast.rule.language import limits
from rulecast.rule.language.build_values import ValueBuilder, singular_to_plural, span_of, span_of_token
from rulecast.rule.language.problem import OUT_OF_LIMITS, TOO_LARGE


@v_args(meta=True)
class EventBuilder(ValueBuilder):
    """Builds the conditions on behaviour."""

    # ---- windows
    def window_last(self, meta: Meta, children: list[Any]) -> c.LastWindow:
        return c.LastWindow(duration=children[1])

    def window_calendar(self, meta: Meta, children: list[Token]) -> c.CalendarWindow:
        _, amount, unit = children
        return c.CalendarWindow(
            amount=self._count(amount),
            unit=cast("c.PeriodUnit", singular_to_plural(unit)),
            span=span_of(meta),
        )

    def window_day(self, meta: Meta, children: list[Token]) -> c.DayWindow:
        return c.DayWindow(day=self._moment(children[0]))

    def window_absolute(self, meta: Meta, children: list[Token]) -> c.AbsoluteWindow:
        return c.AbsoluteWindow(start=self._moment(children[0]), end=self._moment(children[1]))

    def window_ago(self, meta: Meta, children: list[Token]) -> c.AgoWindow:
        start, end, unit = children
        return c.AgoWindow(
            start=self._duration(start, unit, span_of_token(start)),
            end=self._duration(end, unit, span_of_token(end)),
        )

    def window_before(self, meta: Meta, children: list[Any]) -> c.BeforeWindow:
        return c.BeforeWindow(duration=children[1])

    def window_first(self, meta: Meta, children: list[Any]) -> c.FirstWindow:
        duration, _, anchor = children
        return c.FirstWindow(duration=duration, anchor=anchor)

    # ---- events
    def pattern(self, meta: Meta, children: list[Any]) -> c.EventPattern:
        return c.EventPattern(event=str(children[0]), where=children[1], span=span_of(meta))

    def where(self, meta: Meta, children: list[Any]) -> c.Condition:
        return cast("c.Condition", children[0])

    def at_least(self, meta: Meta, children: list[Token]) -> tuple[int, int | None]:
        return self._count(children[0]), None

    def at_most(self, meta: Meta, children: list[Token]) -> tuple[int, int | None]:
        return 0, self._count_or_none(children[0])

    def exactly(self, meta: Meta, children: list[Token]) -> tuple[int, int | None]:
        found = self._count_or_none(children[0])
        return found, found

    def _count_or_none(self, token: Token) -> int:
        """Read a count that zero would make another condition, which has its own words."""
        if int(token[:9]) == 0:
            self._report(
                OUT_OF_LIMITS,
                "Not even once is written in other words.",
                span_of_token(token),
                "write: did not",
            )
            return 1
        return self._count(token)

    def did(self, meta: Meta, children: list[Any]) -> c.Did:
        _, negated, pattern, times, window = children
        minimum, maximum = times or (1, None)
        return c.Did(
            pattern=pattern,
            minimum=minimum,
            maximum=maximum,
            window=window,
            negated=negated is not None,
            span=span_of(meta),
        )

    def periods(self, meta: Meta, children: list[Any]) -> c.DidInPeriods:
        _, negated, pattern, minimum, _, unit, zone, window = children
        return c.DidInPeriods(
            pattern=pattern,
            minimum=self._count(minimum),
            unit=cast("c.PeriodUnit", singular_to_plural(unit)),
            window=window,
            negated=negated is not None,
            named_zone=self._text(zone) if zone is not None else None,
            span=span_of(meta),
        )

    def same(self, meta: Meta, children: list[Token]) -> tuple[str, ...]:
        return tuple(str(name) for name in children)

    def did_then(self, meta: Meta, children: list[Any]) -> c.DidThen:
        _, first_only, first, then_not, second, within, same, window = children
        return c.DidThen(
            first=first,
            second=second,
            then_not=then_not is not None,
            within=within,
            same=same or (),
            window=window,
            first_only=first_only is not None,
            span=span_of(meta),
        )

    def edge(self, meta: Meta, children: list[Any]) -> c.EdgeEvent:
        which, pattern, window, has = children
        return c.EdgeEvent(which=which.lower(), pattern=pattern, has=has, window=window, span=span_of(meta))

    def gap(self, meta: Meta, children: list[Any]) -> c.Gap:
        which, pattern, window, operator, duration = children
        return c.Gap(
            which=which.lower(),
            pattern=pattern,
            operator=cast("c.Operator", str(operator)),
            duration=duration,
            window=window,
            span=span_of(meta),
        )

    def per_key(self, meta: Meta, children: list[Any]) -> c.PerKey:
        *keys, condition = children
        if len(keys) > limits.KEYS_MAX:
            self._report(OUT_OF_LIMITS, f"At most {limits.KEYS_MAX} keys.", span_of(meta))
        return c.PerKey(keys=tuple(str(key) for key in keys), condition=condition, span=span_of(meta))

    def silent(self, meta: Meta, children: list[Any]) -> c.SilentFor:
        return c.SilentFor(duration=children[1], span=span_of(meta))

    # ---- calculations
    def count_of(self, meta: Meta, children: list[Any]) -> c.Aggregate:
        _, event, where, window = children
        pattern = c.EventPattern(event=str(event), where=where, span=span_of_token(event))
        return c.Aggregate(kind="count", pattern=pattern, window=window, span=span_of(meta))

    def aggregate(self, meta: Meta, children: list[Any]) -> c.Aggregate:
        kind, event, name, where, window = children
        return c.Aggregate(
            kind=kind.lower(),
            pattern=c.EventPattern(event=str(event), where=where, span=span_of_token(event)),
            property=c.Field(name=str(name), span=span_of_token(name)),
            window=window,
            span=span_of(meta),
        )

    def arithmetic(self, meta: Meta, children: list[Any]) -> c.Expression:
        left, operator, right = children
        self.operations += 1
        if self.operations > limits.OPERATIONS_MAX:
            if self.operations == limits.OPERATIONS_MAX + 1:
                message = f"The rule has more than {limits.OPERATIONS_MAX} signs of calculation."
                self._report(TOO_LARGE, message, span_of(meta))
            return cast("c.Expression", left)
        return c.Arithmetic(operator=operator.value, left=left, right=right, span=span_of(meta))

    def comparison(self, meta: Meta, children: list[Any]) -> c.Comparison | c.Measure:
        """Tell what a field is compared with apart from what is measured."""
        left, operator, right = children
        sign = cast("c.Operator", str(operator))
        if isinstance(left, c.Field) and isinstance(right, c.Constant):
            return c.Comparison(field=left, operator=sign, value=right, span=span_of(meta))
        return c.Measure(left=left, operator=sign, right=right, span=span_of(meta))
