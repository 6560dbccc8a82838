"""Turn the parser's tree of a condition into records; what cannot be a value becomes a problem and a stand-in."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from rulecast.rule.language import condition as c
from rulecast.rule.language import limits
from rulecast.rule.language.problem import BAD_VALUE, OUT_OF_LIMITS, ProblemKind, RuleProblem

# Stands in for a value that could not be read; the rule is refused before anybody sees it.
STAND_IN_DATE = date(2000, 1, 1)
ESCAPE = re.compile(r"\\(.)")
# Marks of Unicode's bidirectional algorithm: whoever approves a rule must see its texts in the order they have.
REORDERING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def span_of(meta: Meta) -> c.Span:
    """Return the place of a node."""
    if meta.empty:
        return c.NOWHERE
    return c.Span(line=meta.line, column=meta.column, length=meta.end_pos - meta.start_pos)


def span_of_token(token: Token) -> c.Span:
    """Return the place of a token."""
    return c.Span(line=token.line or 1, column=token.column or 1, length=len(token))


def singular_to_plural(unit: str) -> str:
    """Return the unit as the records hold it: small letters, plural."""
    lowered = unit.lower()
    return lowered if lowered.endswith("s") else lowered + "s"


@v_args(meta=True)
class ConditionBuilder(Transformer_NonRecursive[Token, Any]):
    """Builds records bottom-up; problems gather in `problems`."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[RuleProblem] = []

    def _report(self, kind: ProblemKind, message: str, span: c.Span, hint: str | None = None) -> None:
        self.problems.append(RuleProblem(kind=kind, message=message, span=span, hint=hint))

    # ---- values
    def _integer(self, token: Token) -> int:
        if len(token) > limits.INTEGER_DIGITS_MAX:
            self._report(OUT_OF_LIMITS, "The number has too many digits.", span_of_token(token))
            return 1
        return int(token)

    def _text(self, token: Token) -> str:
        body = str(token)[1:-1]
        for escaped in ESCAPE.findall(body):
            if escaped not in {'"', "\\"}:
                self._report(
                    BAD_VALUE, f'\\{escaped} is no escape; only \\" and \\\\ are.', span_of_token(token)
                )
        text = ESCAPE.sub(lambda match: match[1], body)
        if len(text) > limits.STRING_CHARACTERS_MAX:
            self._report(
                OUT_OF_LIMITS,
                f"A text has at most {limits.STRING_CHARACTERS_MAX} characters.",
                span_of_token(token),
            )
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            self._report(BAD_VALUE, "A text cannot hold control characters.", span_of_token(token))
        if any(unicodedata.bidirectional(character) in REORDERING for character in text):
            self._report(
                BAD_VALUE, "A text cannot hold marks that show it in another order.", span_of_token(token)
            )
        return text

    def text(self, meta: Meta, children: list[Token]) -> c.Constant:
        return c.Constant(value=self._text(children[0]), span=span_of(meta))

    def number(self, meta: Meta, children: list[Token]) -> c.Constant:
        return self._number(children[0], span_of(meta), negative=False)

    def negative(self, meta: Meta, children: list[Token]) -> c.Constant:
        return self._number(children[0], span_of(meta), negative=True)

    def _number(self, token: Token, span: c.Span, *, negative: bool) -> c.Constant:
        if token.type == "INTEGER":
            whole = self._integer(token)
            return c.Constant(value=-whole if negative else whole, span=span)
        if len(token) > limits.INTEGER_DIGITS_MAX + 1:
            self._report(OUT_OF_LIMITS, "The number has too many digits.", span)
            return c.Constant(value=Decimal(1), span=span)
        exact = Decimal(str(token))
        return c.Constant(value=-exact if negative else exact, span=span)

    def truth(self, meta: Meta, children: list[Token]) -> c.Constant:
        return c.Constant(value=children[0].lower() == "true", span=span_of(meta))

    def date(self, meta: Meta, children: list[Token]) -> c.Constant:
        return self._moment(children[0])

    def instant(self, meta: Meta, children: list[Token]) -> c.Constant:
        return self._moment(children[0])

    def _moment(self, token: Token) -> c.Constant:
        span = span_of_token(token)
        try:
            if token.type == "DATE":
                return c.Constant(value=date.fromisoformat(str(token)), span=span)
            moment = datetime.fromisoformat(str(token)[:-1]).replace(tzinfo=UTC)
            return c.Constant(value=moment, span=span)
        except ValueError:
            self._report(BAD_VALUE, f"{token} is not in the calendar.", span)
            return c.Constant(value=STAND_IN_DATE, span=span)

    def duration(self, meta: Meta, children: list[Token]) -> c.Duration:
        unit = cast("c.Unit", singular_to_plural(children[1]))
        found = c.Duration(amount=self._integer(children[0]), unit=unit, span=span_of(meta))
        days = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7}[unit] * found.amount
        if found.amount == 0 or days > limits.DURATION_DAYS_MAX:
            self._report(
                OUT_OF_LIMITS,
                f"A duration lies between 1 minute and {limits.DURATION_DAYS_MAX} days.",
                found.span,
            )
            return c.Duration(amount=1, unit=unit, span=found.span)
        return found

    # ---- conditions
    def condition(self, meta: Meta, children: list[Any]) -> c.Condition:
        return cast("c.Condition", children[0])

    def disjunction(self, meta: Meta, children: list[Any]) -> c.Or:
        return c.Or(parts=tuple(children), span=span_of(meta))

    def conjunction(self, meta: Meta, children: list[Any]) -> c.And:
        return c.And(parts=tuple(children), span=span_of(meta))

    def negation(self, meta: Meta, children: list[Any]) -> c.Not:
        return c.Not(part=children[1], span=span_of(meta))

    def field(self, meta: Meta, children: list[Token]) -> c.Field:
        return c.Field(name=str(children[0]), span=span_of(meta))

    def comparison(self, meta: Meta, children: list[Any]) -> c.Comparison:
        name, operator, value = children
        return c.Comparison(
            field=name, operator=cast("c.Operator", str(operator)), value=value, span=span_of(meta)
        )

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

    def presence(self, meta: Meta, children: list[Any]) -> c.Presence:
        return c.Presence(field=children[0], is_set=children[1].lower() == "set", span=span_of(meta))

    def ago(self, meta: Meta, children: list[Any]) -> c.Ago:
        name, direction, duration = children
        return c.Ago(field=name, direction=direction.lower(), duration=duration, span=span_of(meta))

    def has_tag(self, meta: Meta, children: list[Token]) -> c.HasTag:
        return c.HasTag(tag=self._text(children[1]), span=span_of(meta))

    def consent(self, meta: Meta, children: list[Any]) -> c.ConsentGranted:
        _, purpose, *age = children
        direction, duration = age or (None, None)
        return c.ConsentGranted(
            purpose=str(purpose),
            direction=direction.lower() if direction else None,
            duration=duration,
            span=span_of(meta),
        )

    # ---- behaviour
    def pattern(self, meta: Meta, children: list[Any]) -> c.EventPattern:
        return c.EventPattern(event=str(children[0]), where=children[1], span=span_of(meta))

    def where(self, meta: Meta, children: list[Any]) -> c.Condition:
        return cast("c.Condition", children[0])

    def at_least(self, meta: Meta, children: list[Token]) -> int:
        return self._count(children[0])

    def _count(self, token: Token) -> int:
        found = self._integer(token)
        if not 1 <= found <= limits.COUNT_MAX:
            self._report(
                OUT_OF_LIMITS, f"A count lies between 1 and {limits.COUNT_MAX}.", span_of_token(token)
            )
            return 1
        return found

    def window_last(self, meta: Meta, children: list[Any]) -> c.LastWindow:
        return c.LastWindow(duration=children[0])

    def window_absolute(self, meta: Meta, children: list[Token]) -> c.AbsoluteWindow:
        return c.AbsoluteWindow(start=self._moment(children[0]), end=self._moment(children[1]))

    def did(self, meta: Meta, children: list[Any]) -> c.Did:
        _, negated, pattern, minimum, window = children
        return c.Did(
            pattern=pattern,
            minimum=minimum or 1,
            window=window,
            negated=negated is not None,
            span=span_of(meta),
        )

    def periods(self, meta: Meta, children: list[Any]) -> c.DidInPeriods:
        _, negated, pattern, minimum, unit, window = children
        return c.DidInPeriods(
            pattern=pattern,
            minimum=self._count(minimum),
            unit=cast("c.PeriodUnit", singular_to_plural(unit)),
            window=window,
            negated=negated is not None,
            span=span_of(meta),
        )

    def same(self, meta: Meta, children: list[Token]) -> tuple[str, ...]:
        return tuple(str(name) for name in children)

    def did_then(self, meta: Meta, children: list[Any]) -> c.DidThen:
        _, first, then_not, second, within, same, window = children
        return c.DidThen(
            first=first,
            second=second,
            then_not=then_not is not None,
            within=within,
            same=same or (),
            window=window,
            span=span_of(meta),
        )

    def total(self, meta: Meta, children: list[Any]) -> c.SumOf:
        _, event, name, where, window, operator, value = children
        return c.SumOf(
            pattern=c.EventPattern(event=str(event), where=where, span=span_of_token(event)),
            property=c.Field(name=str(name), span=span_of_token(name)),
            operator=cast("c.Operator", str(operator)),
            value=value,
            window=window,
            span=span_of(meta),
        )

    def silent(self, meta: Meta, children: list[Any]) -> c.SilentFor:
        return c.SilentFor(duration=children[1], span=span_of(meta))
