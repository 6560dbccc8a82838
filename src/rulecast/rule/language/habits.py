"""What people write out of habit, from other languages and from speech, and how it is written here."""

import re

NUMBER_BEFORE = re.compile(r"[0-9]{1,3}$")
NUMBER_AFTER = re.compile(r",[0-9]{3}\b")
CHINESE_BEFORE = re.compile(r"[\u4e00-\u9fff]+\s*$")
AGGREGATE_BEFORE = re.compile(r"\(\s*(?P<event>\w+)\s*$")
QUOTE = "'"
WORDS = {
    "more": "write: at least 3 times, which is more than 2",
    "over": "write: at least 3 times, which is more than 2",
    "less": "write: at most 2 times, which is fewer than 3",
    "fewer": "write: at most 2 times, which is fewer than 3",
}
COUNTS = frozenset({"_AT_LEAST", "_AT_MOST"})
ARTICLES = frozenset({"the", "a", "an"})


def hint_for_habit(found: str, expected: set[str], text: str, position: int) -> str | None:  # noqa: PLR0911 - one return per habit
    """Return how what was found is written here, None where it is no known habit."""
    before, after = text[:position], text[position:]
    word = found.lower()
    if word in ARTICLES and "NAME" not in expected:
        return f"leave `{word}` away"
    if word in WORDS and expected >= COUNTS:
        return WORDS[word]
    if found.startswith(QUOTE) and "TEXT" in expected:
        return f'text stands in double quotes: "{found.strip(QUOTE)}"'
    if expected >= {"SET", "MISSING"} and found.isidentifier():
        return f'equality is written: = "{found}"'
    if NUMBER_AFTER.match(after) and NUMBER_BEFORE.search(before):
        return "write the digits of a number together: 1000"
    event = AGGREGATE_BEFORE.search(before)
    if expected == {"DOT"} and event is not None:
        return f"name a property of the event: {event['event']}.amount"
    if "COLON" in expected and CHINESE_BEFORE.search(before):
        return "names of attributes and events have Latin letters; texts stand in quotes"
    return None
