"""Say in words why the parser stopped: what it found, what could have stood there, and a hint."""

import re

from lark import UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from rulecast.rule.language.availability import (
    CLAUSE_WORDS,
    NOT_AVAILABLE_YET,
    Construct,
    not_available,
)
from rulecast.rule.language.condition import Span
from rulecast.rule.language.problem import COMMENT, SYNTAX, RuleProblem
from rulecast.values.catalogue import closest_name

# More than these are no help: the manual lists the rest.
EXPECTED_SHOWN_MAX = 8
WORD = re.compile(r"[\w'\u2019.-]+|\S")

SHAPES = {
    "NAME": "a name",
    "TEXT": 'a text in quotes ("...")',
    "INTEGER": "a whole number",
    "DECIMAL": "a decimal number",
    "DATE": "a date (2026-11-17)",
    "INSTANT": "an instant (2026-11-17T19:55Z)",
    "CLOCK": "a time of day (20:00)",
    "UNIT": "minutes, hours, days or weeks",
    "PERIOD": "days, weeks or months",
    "MEASURE": "opt-outs or failures",
    "OPERATOR": "a comparison (=, !=, <, <=, >, >=)",
    "EQUALS": "=",
    "SEMICOLON": ";",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "COLON": ":",
    "DOT": ".",
    "SLASH": "/",
    "PERCENT": "%",
    "MINUS": "-",
    "__ANON_0": "..",
    "_CONTACTS": "contact's",
    "_TIMES": "times",
    "$END": "the end of the rule",
}


def span_at(text: str, position: int, length: int) -> Span:
    """Return the span that begins at a character of the text."""
    line = text.count("\n", 0, position) + 1
    return Span(line=line, column=position - text.rfind("\n", 0, position), length=length)


def problem_of_unexpected(unexpected: UnexpectedInput, text: str) -> RuleProblem:
    """Turn the parser's complaint into a problem."""
    position = unexpected.pos_in_stream
    if position is None or (isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END"):
        last = max(len(text.rstrip()) - 1, 0)
        return _syntax(unexpected, "the end of the text", span_at(text, last, 1))
    match = WORD.match(text, position)
    found = match[0] if match else text[position]
    span = span_at(text, position, len(found))
    if found.startswith("#"):
        return RuleProblem(
            kind=COMMENT,
            message="A comment cannot be kept here.",
            span=span,
            hint='write about "..." instead',
        )
    expected = _expected(unexpected)
    construct = _construct(found, expected)
    if construct is not None and construct in NOT_AVAILABLE_YET:
        return not_available(construct, span)
    return _syntax(unexpected, found, span)


def _construct(found: str, expected: set[str]) -> Construct | None:
    """Return the construct that the text goes into, if it is one the language only plans to have."""
    at_clause = "_PURPOSE" in expected or "_TEMPLATE" in expected
    return CLAUSE_WORDS.get(found.lower()) if at_clause else None


def _syntax(unexpected: UnexpectedInput, found: str, span: Span) -> RuleProblem:
    expected = _expected(unexpected)
    shown = _in_words(expected)
    return RuleProblem(
        kind=SYNTAX,
        message=f"Expected {shown}, found {found}.",
        span=span,
        expected=shown,
        found=found,
        hint=_hint(found, expected),
    )


def _in_words(expected: set[str]) -> str:
    """Name what could stand here: words of the language first, then shapes; clause words only as one."""
    names = {name for name in expected if not name.startswith("$")}
    if {"_PURPOSE", "_WHEN"} <= names:
        in_condition = ["and", "or"] if "_AND" in names else []
        return " or ".join([*in_condition, "the next clause"])
    shown = sorted({_label(name) for name in names or expected})
    more = " ..." if len(shown) > EXPECTED_SHOWN_MAX else ""
    return ", ".join(shown[:EXPECTED_SHOWN_MAX]) + more


def _label(terminal: str) -> str:
    return SHAPES.get(terminal, terminal.lstrip("_").lower())


def _hint(found: str, expected: set[str]) -> str | None:
    if found.startswith('"'):
        return None
    if found == "=" and "TEXT" in expected:
        return "equality is one sign: ="
    words = [_label(name) for name in expected if name not in SHAPES]
    near = closest_name(found, words)
    if near is not None:
        return f"did you mean {near}?"
    if "TEXT" in expected and found.isidentifier():
        return f'text stands in quotes: "{found}"'
    return None


def _expected(unexpected: UnexpectedInput) -> set[str]:
    """Return the terminals that could stand here: the exact set where the parser knows it."""
    if isinstance(unexpected, UnexpectedToken):
        return set(unexpected.accepts or unexpected.expected)
    if isinstance(unexpected, UnexpectedCharacters):
        return set(unexpected.allowed or ())
    return set()
