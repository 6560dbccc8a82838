"""Turn the parser's tree of values into records; what cannot be a value becomes a problem and a stand-in."""

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
    return c.Span(line=token.line or 1, column=token.column or 1, length=_length(token))


def _length(token: Token) -> int:
    """Return how many characters the word has in the text, which may be Chinese where the token is English."""
    if token.end_pos is None or token.start_pos is None:
        return len(token)
    return token.end_pos - token.start_pos


def singular_to_plural(unit: str) -> str:
    """Return the unit as the records hold it: small letters, plural."""
    lowered = unit.lower()
    return lowered if lowered.endswith("s") else lowered + "s"


@v_args(meta=True)
class ValueBuilder(Transformer_NonRecursive[Token, Any]):
    """Builds values and durations bottom-up; problems gather in `problems`."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[RuleProblem] = []
        # Signs of calculation so far; each is a level that the passes recurse through.
        self.operations = 0

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
        return self._duration(children[0], children[1], span_of(meta))

    def _duration(self, amount: Token, written_unit: str, span: c.Span) -> c.Duration:
        unit = cast("c.Unit", singular_to_plural(written_unit))
        found = c.Duration(amount=self._integer(amount), unit=unit, span=span)
        days = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7}[unit] * found.amount
        if found.amount == 0 or days > limits.DURATION_DAYS_MAX:
            self._report(
                OUT_OF_LIMITS,
                f"A duration lies between 1 minute and {limits.DURATION_DAYS_MAX} days.",
                found.span,
            )
            return c.Duration(amount=1, unit=unit, span=found.span)
        return found

    def _count(self, token: Token) -> int:
        found = self._integer(token)
        if not 1 <= found <= limits.COUNT_MAX:
            self._report(
                OUT_OF_LIMITS, f"A count lies between 1 and {limits.COUNT_MAX}.", span_of_token(token)
            )
            return 1
        return found
