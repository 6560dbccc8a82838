"""Regular expressions: those that RE2 reads, that are short, and that can fail to be found."""

import unicodedata
from dataclasses import replace

import re2

from rulecast.rule.language import condition as c
from rulecast.rule.language.limits import PATTERN_CHARACTERS_MAX
from rulecast.rule.language.problem import BAD_PATTERN, WRONG_TYPE
from rulecast.rule.language.scope import Scope

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
    problem = _problem(text)
    if problem is not None:
        message, hint = problem
        scope.report(BAD_PATTERN, message, atom.pattern.span, hint)
        return atom.pattern
    attribute = None if scope.event is not None else scope.catalogue.attribute(atom.field.name)
    is_folded = attribute is None or attribute.letter_case == "folded"
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
