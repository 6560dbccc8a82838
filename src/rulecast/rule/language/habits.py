"""What people write out of habit, from other languages and from speech, and how it is written here."""

import re

NUMBER_BEFORE = re.compile(r"[0-9]{1,3}$")
NUMBER_AFTER = re.compile(r",[0-9]{3}\b")
CHINESE_BEFORE = re.compile(r"[\u4e00-\u9fff]+\s*$")
WHERE_BEFORE = re.compile(r"\bwhere\s*$", re.IGNORECASE)
AGGREGATE_BEFORE = re.compile(r"\(\s*(?P<event>\w+)\s*$")
QUOTE = "'"
WORDS = {
    "more": "write: at least 3 times, which is more than 2",
    "over": "write: at least 3 times, which is more than 2",
    "less": "write: at most 2 times, which is fewer than 3",
    "fewer": "write: at most 2 times, which is fewer than 3",
    ">": "a count of events is written: at least 2 times",
    "<": "a count of events is written: at most 2 times",
    "since": "write: in last 30 days",
}
# Where a sign of the language was meant, whatever could have stood there.
SIGNS = {
    "&": "write: and",
    "|": "write: or",
    "like": 'write: contains "...", starts with "..." or matches "..."',
    "once": "write: 1 time",
    "twice": "write: 2 times",
    "today": "write: in next 1 day",
}
COUNTS = frozenset({"_AT_LEAST", "_AT_MOST"})
ARTICLES = frozenset({"the", "a", "an"})


def hint_for_habit(found: str, expected: set[str], text: str, position: int) -> str | None:
    """Return how what was found is written here, None where it is no known habit."""
    word = _hint_for_word(found, expected)
    return _hint_for_place(found, expected, text[:position], text[position:]) if word is None else word


def _hint_for_word(found: str, expected: set[str]) -> str | None:
    word = found.lower()
    if word in ARTICLES and "NAME" not in expected:
        return f"leave `{word}` away"
    if word in WORDS and expected >= COUNTS:
        return WORDS[word]
    if word in SIGNS and not (word == "once" and "ONCE" in expected):
        return SIGNS[word]
    if expected >= {"SET", "MISSING"} and found.isidentifier():
        return f'equality is written: = "{found}"'
    return None


def _hint_for_place(found: str, expected: set[str], before: str, after: str) -> str | None:  # noqa: PLR0911 - one return per habit
    if found == ">" and before.endswith("<"):
        return "unequal is written: !="
    if expected == {"LPAR"} and WHERE_BEFORE.search(before):
        return "the condition on an event stands in brackets: where (...)"
    if found.startswith(QUOTE) and "TEXT" in expected:
        return f'text stands in double quotes: "{found.strip(QUOTE)}"'
    if NUMBER_AFTER.match(after) and NUMBER_BEFORE.search(before):
        return "write the digits of a number together: 1000"
    event = AGGREGATE_BEFORE.search(before)
    if expected == {"DOT"} and event is not None:
        return f"name a property of the event: {event['event']}.amount"
    if "COLON" in expected and CHINESE_BEFORE.search(before):
        return "names of attributes and events have Latin letters; texts stand in quotes"
    return None
