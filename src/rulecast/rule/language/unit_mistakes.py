"""Units where the language has none, or another: currencies, percent signs, months, miles."""

import re

from rulecast.rule.language.condition import Span
from rulecast.rule.language.problem import UNIT_MISTAKE, RuleProblem

AFTER_NUMBER = re.compile(r"[0-9]\s*$")
CURRENCY = re.compile(r"[A-Z]{3}|[€$£¥]|(?i:dh|dhs|euros?|dirhams?|dollars?)")
PERCENT = frozenset({"%", "percent", "pct"})
LONGER = frozenset({"month", "months", "year", "years", "quarter", "quarters"})
SHORTER = frozenset({"second", "seconds", "s"})
DISTANCES = re.compile(r"(?i:miles?|mi|kilomet(er|re)s?|met(er|re)s?|kms|feet|ft)")


def unit_mistake(found: str, before: str, expected: set[str], span: Span) -> RuleProblem | None:
    """Return the problem where a number is followed by a unit that cannot stand there.

    `before` is the text up to the word found, `expected` the terminals that could stand there.
    """
    if AFTER_NUMBER.search(before) is None:
        return None
    message, hint = _mistake(found, expected)
    if message is None:
        return None
    return RuleProblem(kind=UNIT_MISTAKE, message=message, span=span, found=found, hint=hint)


def _mistake(found: str, expected: set[str]) -> tuple[str | None, str | None]:  # noqa: PLR0911 - one return per kind of unit
    word = found.lower()
    if "UNIT" in expected and word in LONGER:
        return (
            f"{found} differ in length: time is counted in minutes, hours, days or weeks.",
            "write: in last 90 days, or: in last 3 calendar months",
        )
    if "UNIT" in expected and word in SHORTER:
        return "Time is counted in minutes, hours, days or weeks.", None
    if "DISTANCE" in expected and DISTANCES.fullmatch(found):
        return "A distance is counted in km or m.", "write: within 10 km of place"
    if "_AND" not in expected:
        return None, None
    if word in PERCENT:
        return "A number of a condition has no percent sign.", "a share: count(a) / count(b) > 0.1"
    if CURRENCY.fullmatch(found):
        return (
            "An amount of a condition has no currency.",
            "leave it away; where an event has several, compare its property: where (currency = ...)",
        )
    return None, None
