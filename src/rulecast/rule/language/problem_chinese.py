"""What the checker says, in Chinese, for rules whose keywords are Chinese.

The sentences of `problem_words.csv` have gaps. `{phrase}` holds what the table says in Chinese as well, `{list}` and
`{steps}` several of them; `{word}` a keyword, `{words}` several; `{code}` a part of a rule, `{quoted}` such parts in
backticks. Whatever else stands in braces stays as it is.
"""

# ruff: noqa: RUF001 - Chinese has signs of its own.
import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

from lark import UnexpectedInput

from rulecast.rule.language.format_chinese import in_chinese
from rulecast.rule.language.keywords import keywords

GAP = re.compile(r"\{(?P<name>[a-z]+\d?)(?::(?P<code>[^{}]+))?\}")
BACKTICKS = re.compile(r"`([^`]+)`")
COMMA = re.compile(r", (?![^(]*\))")
# A part of a rule is read as what it is, after words that make it whole: a condition, a clause, a window, a number of
# times, a presence, a duration.
READ_AS = (
    ("condition", "", ""),
    ("rule", "rule x ", "规则 x "),
    ("condition", "did x ", "行为 x "),
    ("condition", "did x at least ", "行为 x 至少 "),
    ("condition", "x ", "x "),
    ("condition", "birthday ", "生日 "),
    ("condition", "silent for ", "沉默 "),
)


def said_in_chinese(sentence: str) -> str:
    """Return a sentence of the checker in Chinese, or as it is where the table does not have it."""
    found = _exact().get(sentence)
    if found is not None:
        return found
    for pattern, chinese in _with_gaps():
        match = pattern.fullmatch(sentence)
        if match is not None:
            return _filled(chinese, match)
    return sentence


@cache
def sentences() -> tuple[tuple[str, str], ...]:
    """Return the table: English and Chinese sentences with their gaps."""
    text = files(__package__).joinpath("problem_words.csv").read_text(encoding="utf-8")
    return tuple((row["english"], row["chinese"]) for row in csv.DictReader(text.splitlines()))


@cache
def _exact() -> dict[str, str]:
    return {
        english: GAP.sub(lambda gap: code_in_chinese(gap["code"]), chinese)
        for english, chinese in sentences()
        if GAP.search(english) is None
    }


@cache
def _with_gaps() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences with gaps, the most definite first."""
    found = [(english, chinese) for english, chinese in sentences() if GAP.search(english) is not None]
    found.sort(key=lambda pair: len(GAP.sub("", pair[0])), reverse=True)
    return tuple((re.compile(_pattern(english), re.DOTALL), chinese) for english, chinese in found)


def _pattern(english: str) -> str:
    parts: list[str] = []
    position = 0
    for gap in GAP.finditer(english):
        parts += (re.escape(english[position : gap.start()]), f"(?P<{gap['name']}>.+?)")
        position = gap.end()
    return "".join((*parts, re.escape(english[position:])))


def _filled(chinese: str, match: re.Match[str]) -> str:
    return GAP.sub(lambda gap: _in_gap(gap["name"], match[gap["name"]]), chinese)


def _in_gap(name: str, found: str) -> str:
    fill = _GAPS.get(name.rstrip("0123456789"))
    return found if fill is None else fill(found)


def _quoted(found: str) -> str:
    return BACKTICKS.sub(lambda part: f"“{code_in_chinese(part[1])}”", found).replace(" and ", "、")


def _parts_in_chinese(parts: Iterable[str]) -> Iterable[str]:
    """Translate the parts of a list; where an `or` joins the last two, both of them."""
    for part in parts:
        yield "或".join(
            BACKTICKS.sub(lambda code: f"“{code_in_chinese(code[1])}”", _word_in_chinese(one))
            for one in ([part] if part in _exact() else part.split(" or "))
        )


def _word_in_chinese(word: str) -> str:
    word, more = word.removesuffix(" ..."), " ..." if word.endswith(" ...") else ""
    said = said_in_chinese(word)
    return (_keyword().get(word, word) if said == word else said) + more


@cache
def _keyword() -> dict[str, str]:
    return {word.english: word.chinese[0] for word in reversed(keywords())}


def code_in_chinese(code: str) -> str:
    """Return words of a rule with Chinese keywords, or as they are where they can be read as no part of a rule."""
    for start, before, before_in_chinese in READ_AS:
        try:
            return in_chinese(before + code, start).removeprefix(before_in_chinese)
        except UnexpectedInput:
            continue
    return _keyword().get(code, code)


_GAPS: Mapping[str, Callable[[str], str]] = {
    "phrase": said_in_chinese,
    "list": lambda found: "、".join(map(said_in_chinese, found.split(", "))),
    "steps": lambda found: "；".join(map(said_in_chinese, found.split("; "))),
    "word": _word_in_chinese,
    "words": lambda found: "、".join(_parts_in_chinese(COMMA.split(found))),
    "code": code_in_chinese,
    "quoted": _quoted,
}
