"""Errors of the language as values: code, place, what was expected, what was found, a hint."""

# ruff: noqa: RUF001 - Chinese has signs of its own.
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from rulecast.rule.language.condition import Span
from rulecast.rule.language.keywords import Language, language_of
from rulecast.rule.language.problem_chinese import said_in_chinese
from rulecast.rule.language.problem_clause import CLAUSE_KINDS
from rulecast.rule.language.problem_condition import (
    ALWAYS_TRUE_PART,
    BAD_PATTERN,
    BUCKET_RANGE,
    CONDITION_KINDS,
    CONTRADICTION,
    DISTANCE_RANGE,
    EVERYBODY_JOINED,
    FUTURE_WINDOW,
    IMPLIED_PART,
    INSIDE_PER_KEY,
    NOTHING_MEASURED,
    QUOTIENT_INSIDE,
    SEGMENT_CYCLE,
    UNIT_MISTAKE,
    UNKNOWN_LABEL,
    UNKNOWN_PLACE,
    UNKNOWN_SEGMENT,
    UNKNOWN_ZONE,
)
from rulecast.rule.language.problem_kind import ProblemKind, error, warning

__all__ = [
    "ADDS_MISSING",
    "ALWAYS_TRUE_PART",
    "BAD_JSON",
    "BAD_PATTERN",
    "BAD_VALUE",
    "BEYOND_RETENTION",
    "BUCKET_RANGE",
    "CLAUSE_MISSING",
    "CLAUSE_TWICE",
    "COMMENT",
    "CONSENT_NEGATED",
    "CONTRADICTION",
    "DISTANCE_RANGE",
    "DROPS_MISSING",
    "EMPTY_RANGE",
    "EVERYBODY_JOINED",
    "FUTURE_WINDOW",
    "IMPLIED_PART",
    "INSIDE_PER_KEY",
    "KINDS",
    "MATCHES_EVERYBODY",
    "MATCHES_NOBODY",
    "NOTHING_MEASURED",
    "NOT_NUMERIC",
    "NO_TRANSLATION",
    "OTHER_PURPOSE",
    "OUT_OF_LIMITS",
    "QUOTIENT_INSIDE",
    "READS_SENSITIVE",
    "SEALED",
    "SEGMENT_CYCLE",
    "SYNTAX",
    "TOO_DEEP",
    "TOO_LARGE",
    "UNIT_MISTAKE",
    "UNKNOWN_ATTRIBUTE",
    "UNKNOWN_EVENT",
    "UNKNOWN_LABEL",
    "UNKNOWN_NUMBER",
    "UNKNOWN_PLACE",
    "UNKNOWN_PROPERTY",
    "UNKNOWN_SEGMENT",
    "UNKNOWN_TEMPLATE",
    "UNKNOWN_WORD",
    "UNKNOWN_ZONE",
    "WHERE_SCOPE",
    "WINDOW_NEEDED",
    "WRONG_CATEGORY",
    "WRONG_OPERATOR",
    "WRONG_PARAMETERS",
    "WRONG_TYPE",
    "ProblemKind",
    "RuleProblem",
    "RuleProblems",
    "in_order",
]

SYNTAX = error("RL-001", "Cannot be read", "The text does not follow the grammar at this place.")
TOO_LARGE = error("RL-002", "Too large", "The rule is longer, or has more conditions, than a rule may have.")
TOO_DEEP = error(
    "RL-003", "Nested too deeply", "Brackets and `not` are nested deeper than a reader can follow."
)
CLAUSE_TWICE = error(
    "RL-004", "Clause given twice", "Every clause stands once; the second one would win in silence."
)
CLAUSE_MISSING = error(
    "RL-005", "Clause missing", "A rule needs `purpose`, `when` with a condition, and `send`."
)
BAD_VALUE = error("RL-006", "Not a value", "The value has the shape of a date, number or text but is none.")
COMMENT = error(
    "RL-007", "Comments are not kept", 'A remark is written as `about "text"`, which survives formatting.'
)
BAD_JSON = error(
    "RL-008", "JSON is not a rule", "The JSON document does not describe a rule that can be written."
)
UNKNOWN_ATTRIBUTE = error("RL-010", "Unknown attribute", "The catalogue has no attribute of this name.")
UNKNOWN_EVENT = error("RL-011", "Unknown event", "The catalogue has no event of this name.")
UNKNOWN_PROPERTY = error("RL-012", "Unknown property", "The event has no property of this name.")
UNKNOWN_TEMPLATE = error("RL-013", "Unknown template", "The catalogue has no template of this name.")
UNKNOWN_NUMBER = error(
    "RL-014", "Unknown business number", "The workspace has no business number of this name."
)
UNKNOWN_WORD = error("RL-015", "Not in the list", "Only the words of a closed list can stand here.")
SEALED = error(
    "RL-016",
    "Sealed attribute",
    "Names and addresses are stored sealed; they can fill a template parameter but not decide who is meant.",
)
OTHER_PURPOSE = error(
    "RL-017",
    "Collected for another purpose",
    "The attribute or event was collected for another purpose than the rule's.",
)
WRONG_TYPE = error(
    "RL-020", "Value of the wrong type", "The value does not have the type of what it is compared with."
)
WRONG_OPERATOR = error(
    "RL-021", "Operator does not fit", "This comparison makes no sense for values of this type."
)
WHERE_SCOPE = error(
    "RL-022", "Only properties inside where", "`where` reads the properties of one event, nothing else."
)
CONSENT_NEGATED = error(
    "RL-023",
    "Consent cannot be negated",
    "Who has not consented is never an audience; the gate would refuse all of it.",
)
NOT_NUMERIC = error("RL-024", "Not a number", "Only integer and decimal properties can be summed.")
BEYOND_RETENTION = error(
    "RL-025",
    "Beyond retention",
    "The window is longer than the events are kept: absence would prove nothing.",
)
WINDOW_NEEDED = error(
    "RL-026",
    "Window needed",
    "The events are kept for a limited time, so the condition must say how far back it looks.",
)
EMPTY_RANGE = error("RL-027", "Empty range", "The end does not lie after the start: nothing can be inside.")
OUT_OF_LIMITS = error(
    "RL-028", "Out of limits", "The amount is zero, too large, or more exact than can be stored."
)
WRONG_PARAMETERS = error(
    "RL-029", "Parameters do not fit", "The parameters of the send action are not those of the template."
)
NO_TRANSLATION = error("RL-030", "No such translation", "The template is not approved in this language.")
WRONG_CATEGORY = error("RL-031", "Category does not fit", "A marketing template needs the purpose marketing.")
MATCHES_EVERYBODY = error(
    "RL-050",
    "Matches everybody",
    "The condition is true for every contact; a rule that means that says `everybody`.",
)
MATCHES_NOBODY = error("RL-051", "Matches nobody", "The condition is true for no contact.")
DROPS_MISSING = warning(
    "RL-052", "Drops people with a missing value", "Where the value is missing the condition is false."
)
ADDS_MISSING = warning(
    "RL-053", "Adds people with a missing value", "A negated comparison is true where the value is missing."
)
READS_SENSITIVE = warning(
    "RL-054", "Reads sensitive data", "The condition reads an attribute of the class sensitive."
)

KINDS: tuple[ProblemKind, ...] = (
    SYNTAX,
    TOO_LARGE,
    TOO_DEEP,
    CLAUSE_TWICE,
    CLAUSE_MISSING,
    BAD_VALUE,
    COMMENT,
    BAD_JSON,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_EVENT,
    UNKNOWN_PROPERTY,
    UNKNOWN_TEMPLATE,
    UNKNOWN_NUMBER,
    UNKNOWN_WORD,
    SEALED,
    OTHER_PURPOSE,
    WRONG_TYPE,
    WRONG_OPERATOR,
    WHERE_SCOPE,
    CONSENT_NEGATED,
    NOT_NUMERIC,
    BEYOND_RETENTION,
    WINDOW_NEEDED,
    EMPTY_RANGE,
    OUT_OF_LIMITS,
    WRONG_PARAMETERS,
    NO_TRANSLATION,
    WRONG_CATEGORY,
    MATCHES_EVERYBODY,
    MATCHES_NOBODY,
    DROPS_MISSING,
    ADDS_MISSING,
    READS_SENSITIVE,
    *CONDITION_KINDS,
    *CLAUSE_KINDS,
)
"""Every kind of problem; the manual has a section for each code, and the tests a case."""


PLACES: Mapping[Language, str] = {
    "en": "line {line}, column {column}: ",
    "zh": "第 {line} 行第 {column} 列：",
}
HINTS: Mapping[Language, str] = {"en": "hint: ", "zh": "提示："}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblem:
    """One problem at one place of a rule; `attribute` is set where a warning is about its missing values."""

    kind: ProblemKind
    message: str
    span: Span
    expected: str | None = None
    found: str | None = None
    hint: str | None = None
    attribute: str | None = None

    @property
    def code(self) -> str:
        """Return the stable code, e.g. RL-010."""
        return self.kind.code

    @property
    def severity(self) -> Literal["error", "warning"]:
        """Return whether the rule is refused or the author is only told."""
        return self.kind.severity

    def said_in(self, language: Language) -> Self:
        """Return the problem with its words in English, as they are written, or in Chinese."""
        if language == "en":
            return self
        expected = f"Expected {self.expected}, found x." if self.expected else ""
        return replace(
            self,
            message=said_in_chinese(self.message),
            hint=None if self.hint is None else said_in_chinese(self.hint),
            expected=said_in_chinese(expected).removeprefix("此处应为").partition("，却是")[0]
            or self.expected,
        )

    def render(self, text: str, *, language: Language | None = None) -> str:
        """Return the message with the line of the rule and a mark below the place.

        Without a language, in that of the text.
        """
        language = language or language_of(text)
        said = self.said_in(language)
        lines = text.splitlines() or [""]
        line = lines[min(self.span.line, len(lines)) - 1]
        start = min(self.span.column - 1, len(line))
        length = max(1, min(self.span.length, len(line) - start))
        pointer = " " * start + "^" * length
        place = PLACES[language].format(line=self.span.line, column=self.span.column)
        parts = [f"{self.code} {place}{said.message}", line, pointer]
        if said.hint:
            parts.append(f"{HINTS[language]}{said.hint}")
        return "\n".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblems:
    """What is returned instead of a rule: at least one error, in order of the text."""

    problems: tuple[RuleProblem, ...]

    def render(self, text: str) -> str:
        """Return all messages with their places."""
        return "\n\n".join(problem.render(text) for problem in self.problems)


def in_order(problems: list[RuleProblem]) -> tuple[RuleProblem, ...]:
    """Return the problems in order of the text, each once."""
    return tuple(
        dict.fromkeys(sorted(problems, key=lambda problem: (problem.span.line, problem.span.column)))
    )
