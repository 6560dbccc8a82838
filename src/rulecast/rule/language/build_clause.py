"""What building any clause needs: closed lists of words, numbers within limits, percentages."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from lark import Token

from rulecast.rule.language import condition as c
from rulecast.rule.language import limits
from rulecast.rule.language.build import ConditionBuilder, span_of_token
from rulecast.rule.language.keywords import CLOSED_WORD, chinese_of
from rulecast.rule.language.problem import OUT_OF_LIMITS, UNKNOWN_WORD
from rulecast.values.catalogue import closest_name

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause as it came: its name, what it says, and where it stands."""

    name: str
    value: Any
    span: c.Span


class ClauseBuilder(ConditionBuilder):
    """Reads the small parts that many clauses have."""

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
        shown = words if token.isascii() else [chinese_of(CLOSED_WORD, word) or word for word in words]
        near = closest_name(token, shown)
        self._report(
            UNKNOWN_WORD,
            f"{token} is not one of {', '.join(shown)}.",
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
