"""Say in words why the parser stopped: what it found, what could have stood there, and a hint."""

import difflib
import re
from dataclasses import replace

from lark import UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from rulecast.rule.language.condition import Span
from rulecast.rule.language.habits import hint_for_habit
from rulecast.rule.language.keywords import Language, label_of, language_of
from rulecast.rule.language.problem import COMMENT, SYNTAX, RuleProblem
from rulecast.rule.language.unit_mistakes import unit_mistake
from rulecast.values.catalogue import closest_name

# More than these are no help: the manual lists the rest.
EXPECTED_SHOWN_MAX = 8
# A text counts as one word, cut where it is long.
FOUND_CHARACTERS_MAX = 40
WORD = re.compile(r'"(?:\\.|[^"\\\n])*"|[\w\'\u2019.-]+|\S')
# Chinese words are short: two of them that share one character of two are near.
CHINESE_CUTOFF = 0.5

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
    "EQUALS": "`=`",
    "SEMICOLON": "`;`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "DOT": "`.`",
    "SLASH": "`/`",
    "PERCENT": "`%`",
    "MINUS": "`-`",
    "__ANON_0": "`..`",
    "PLUS": "`+`",
    "STAR": "`*`",
    "$END": "the end of the rule",
}


VALUES = frozenset({"TEXT", "INTEGER", "DECIMAL", "DATE", "INSTANT", "TRUE", "FALSE"})
CALCULATIONS = frozenset(
    {"COUNT", "SUM", "AVERAGE", "SMALLEST", "LARGEST", "DISTINCT", "LPAR", "NAME", "MINUS"}
)
CONDITIONS = frozenset(
    {
        *(
            "NOT",
            "DID",
            "TAG",
            "LABEL",
            "CONSENT",
            "SILENT",
            "EVERYBODY",
            "BIRTHDAY",
            "_ANNIVERSARY_OF",
            "_IN",
        ),
        *("LOCAL_TIME", "LOCAL_WEEKDAY", "BUCKET", "FIRST", "LAST", "LONGEST", "SHORTEST", "_FOR_SOME"),
        *("_FOR", *VALUES, *CALCULATIONS),
    }
)
# Where the first hold, all of the second are said by the third: they would be a list nobody reads.
GROUPS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (frozenset({"DID", "TAG", "SILENT"}), CONDITIONS, "a condition"),
    (frozenset({"COUNT", "SUM", "TEXT"}), VALUES | CALCULATIONS, "a value or a calculation"),
    (frozenset({"TEXT", "INTEGER", "DATE"}), VALUES | {"MINUS"}, "a value"),
    (frozenset({"COUNT", "SUM"}), CALCULATIONS, "a calculation"),
    (frozenset({"PLUS", "MINUS"}), frozenset({"PLUS", "MINUS", "STAR", "SLASH"}), "a sign (+, -, *, /)"),
)
# Closed lists name their words themselves once one of them is misspelled.
UNSAID = frozenset({"CHINESE"})
HINTS = {
    "after": "a follow-up reads: after 2 days if not clicked send template ...",
    "on": "a trigger reads: on purchase where (...), or: on entering the audience",
    "with": "an import says itself that it sets rules off: rulecast import events ... --fires-triggers",
}


def span_at(text: str, position: int, length: int) -> Span:
    """Return the span that begins at a character of the text."""
    line = text.count("\n", 0, position) + 1
    return Span(line=line, column=position - text.rfind("\n", 0, position), length=length)


def problem_of_unexpected(unexpected: UnexpectedInput, text: str) -> RuleProblem:
    """Turn the parser's complaint into a problem."""
    position = unexpected.pos_in_stream
    language = language_of(text)
    if position is None or (isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END"):
        last = max(len(text.rstrip()) - 1, 0)
        return _syntax(unexpected, "the end of the text", span_at(text, last, 1), language)
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
    mistaken = unit_mistake(found, text[:position], expected, span)
    if mistaken is not None:
        return mistaken
    shown = found if len(found) <= FOUND_CHARACTERS_MAX else f"{found[:FOUND_CHARACTERS_MAX]}..."
    problem = _syntax(unexpected, shown, span, language)
    habit = hint_for_habit(found, expected, text, position)
    return problem if habit is None else replace(problem, hint=habit)


def _syntax(unexpected: UnexpectedInput, found: str, span: Span, language: Language) -> RuleProblem:
    expected = _expected(unexpected)
    shown = _in_words(expected, language)
    return RuleProblem(
        kind=SYNTAX,
        message=f"Expected {shown}, found {found}.",
        span=span,
        expected=shown,
        found=found,
        hint=_hint(found, expected, language),
    )


def _in_words(expected: set[str], language: Language) -> str:
    """Name what could stand here: words of the language first, then shapes; clause words only as one."""
    names = {name for name in expected if not name.startswith("$")}
    if {"_PURPOSE", "_WHEN"} <= names:
        joins = [f"`{_label(name, language)}`" for name in ("_AND", "_OR")] if "_AND" in names else []
        return " or ".join([", ".join(joins), "the next clause"] if joins else ["the next clause"])
    names, groups = _grouped(names - UNSAID)
    shown = [*groups, *sorted({_label(name, language) for name in names or (() if groups else expected)})]
    more = " ..." if len(shown) > EXPECTED_SHOWN_MAX else ""
    return ", ".join(shown[:EXPECTED_SHOWN_MAX]) + more


def _grouped(names: set[str]) -> tuple[set[str], list[str]]:
    """Return the terminals that stand for themselves, and in words those that only stand together."""
    phrases: list[str] = []
    for signs, members, phrase in GROUPS:
        if signs <= names:
            names = names - members
            phrases.append(phrase)
    return names, phrases


def _label(terminal: str, language: Language) -> str:
    return SHAPES.get(terminal) or label_of(terminal, language) or terminal.lstrip("_").lower()


def _hint(found: str, expected: set[str], language: Language) -> str | None:  # noqa: PLR0911 - one return per kind of mistake
    if found.startswith('"'):
        return None
    if found == "=" and "TEXT" in expected:
        return "equality is one sign: ="
    if "_PURPOSE" not in expected and found.lower() == "on":
        return "a day is a date: on 2026-11-17"
    if "_PURPOSE" in expected and found.lower() in HINTS:
        return HINTS[found.lower()]
    near = _near(found, expected, language)
    if near is None and found.isidentifier():
        if not found.isascii() and "NAME" in expected:
            return "names of attributes and events have Latin letters; texts stand in quotes"
        return f'text stands in quotes: "{found}"' if "TEXT" in expected else None
    return near


def _near(found: str, expected: set[str], language: Language) -> str | None:
    """Return the words that begin like what was found, or look like it."""
    words = [_label(name, language) for name in expected - UNSAID if name not in SHAPES]
    phrases = sorted({word for word in words if word.startswith(f"{found.lower()} ")})
    if phrases:
        return f"write: {' or '.join(phrases)}"
    near = closest_name(found, words)
    if near is None and language == "zh":
        near = next(iter(difflib.get_close_matches(found, words, n=1, cutoff=CHINESE_CUTOFF)), None)
    return f"did you mean {near}?" if near is not None else None


def _expected(unexpected: UnexpectedInput) -> set[str]:
    """Return the terminals that could stand here: the exact set where the parser knows it."""
    if isinstance(unexpected, UnexpectedToken):
        return set(unexpected.accepts or unexpected.expected or {"$END"})
    if isinstance(unexpected, UnexpectedCharacters):
        return set(unexpected.allowed or ())
    return set()
