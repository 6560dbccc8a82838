"""Regular expressions: those that RE2 reads, that are short, and that can fail to be found."""

import unicodedata
from dataclasses import replace

import re2

from rulecast.rule.language import condition as c
from rulecast.rule.language.limits import PATTERN_CHARACTERS_MAX
from rulecast.rule.language.problem import BAD_PATTERN, WRONG_TYPE
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import fold_text

IGNORE_CASE = "(?i)"
# An expression found in all of these, two of which hold no letter that a person would ask for, is found in every text.
PROBES = ("x", "\ue000\ue001", "\u0001")


def checked_pattern(atom: c.Matches, scope: Scope) -> c.Constant:
    """Return the expression as engines search for it; on folded text it ignores the case of letters."""
    written = atom.pattern.value
    if not isinstance(written, str):
        scope.report(WRONG_TYPE, "A regular expression stands in quotes.", atom.pattern.span)
        return atom.pattern
    text = unicodedata.normalize("NFC", written)
    attribute = None if scope.event is not None else scope.catalogue.attribute(atom.field.name)
    is_folded = attribute is None or attribute.letter_case == "folded"
    problem = _problem(text) or (_never_found(text) if is_folded else None)
    if problem is not None:
        message, hint = problem
        scope.report(BAD_PATTERN, message, atom.pattern.span, hint)
        return atom.pattern
    ignores = is_folded and not text.startswith(IGNORE_CASE)
    return replace(atom.pattern, value=IGNORE_CASE + text if ignores else text)


def _problem(text: str) -> tuple[str, str | None] | None:
    """Return why an expression cannot be used, and a hint."""
    if len(text) > PATTERN_CHARACTERS_MAX:
        return f"A regular expression has at most {PATTERN_CHARACTERS_MAX} characters.", None
    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(text, options)
    except re2.error as refused:
        reason = refused.args[0] if refused.args else ""
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return (
            f"RE2 cannot read the expression: {said}.",
            "it has no look-around and no back-references",
        )
    if all(found.search(probe) is not None for probe in PROBES):
        return "The expression is found in every text.", "write: is set"
    return None


def _never_found(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a letter that folded text never holds, as it is kept as several: ß as ss."""
    letter = next((one for one in text if len(fold_text(one)) > 1), None)
    if letter is None:
        return None
    return f"Text is kept folded, in which {letter} never stands.", f"write: {fold_text(letter)}"
