"""Rules with Chinese keywords: the same records, places that are right, and words for every keyword."""

# ruff: noqa: RUF001 - the signs of Chinese keyboards are what these tests are about.

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.chapters import CHAPTERS
from tests.spec.forms import CALCULATIONS, FORMS, WINDOWS

from rulecast.rule import language
from rulecast.rule.language import RuleProblems, explain_rule, format_rule, parse_rule
from rulecast.rule.language.explain_condition_zh import describe_condition
from rulecast.rule.language.explain_phrases import PHRASES
from rulecast.rule.language.format_chinese import in_chinese
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.grammar import grammar
from rulecast.rule.language.keywords import (
    CHINESE_WORD,
    CLOSED_WORD,
    DEFINITION,
    keywords,
    language_of,
    plain_signs,
)
from rulecast.rule.language.parse import parse_condition

EXAMPLES = Path(__file__).parents[3] / "examples"
PLACEHOLDER = re.compile(r"\{(\w+)\}")

TYPED = """规则 hello
  用途 营销
  当 city 在 （“Rabat”，“Fès”） 且 年龄 > 3
  发送 模板 winback 在 fr 从 casablanca_main
"""
CHINESE = """规则 hello
  用途 营销
  当 city 在（“Rabat”，“说（好）；”）且 沉默 7天
  发送 模板 winback 用联系人的语言（fr，ar；否则 跳过）（name：first_name 或 “顾客”）从 casablanca_main
  一次 逢 星期五、周六 于 20:00..22:00 联系人当地时间；顺延 3天
  试验 对照组 10％
"""
ENGLISH = """rule hello
  purpose marketing
  when city in ("Rabat", "说（好）；") and silent for 7 days
  send template winback in the contact's language (fr, ar; else skip) (name: first_name or "顾客") from casablanca_main
  once on friday, saturday at 20:00..22:00 local time of the contact; carry over for 3 days
  test holdout 10%
"""


def rule_of(text: str) -> language.Rule:
    found = parse_rule(text)
    assert not isinstance(found, RuleProblems), found.render(text)
    return found


def test_what_chinese_keyboards_type_reads_like_english() -> None:
    assert rule_of(CHINESE) == rule_of(ENGLISH)


def test_signs_inside_a_text_stay_as_they_were_typed() -> None:
    assert '"说（好）；"' in format_rule(rule_of(CHINESE))
    assert plain_signs('“a（”（"b（"') == '"a（"("b（"'
    assert len(plain_signs(CHINESE)) == len(CHINESE)


def test_the_place_of_a_problem_in_a_chinese_text_is_right() -> None:
    found = parse_rule(TYPED)
    assert isinstance(found, RuleProblems)
    (problem,) = found.problems
    line = TYPED.splitlines()[problem.span.line - 1]
    start = problem.span.column - 1
    assert line[start : start + problem.span.length] == "年龄"


def test_a_misspelled_chinese_keyword_gets_a_chinese_hint() -> None:
    text = TYPED.replace("年龄", "age").replace("模板", "模版")
    found = parse_rule(text)
    assert isinstance(found, RuleProblems)
    assert found.problems[0].hint == "did you mean 模板?"


def test_a_word_that_is_not_in_its_list_is_told_with_the_chinese_list() -> None:
    found = parse_rule(CHINESE.replace("星期五", "礼拜五"))
    assert isinstance(found, RuleProblems)
    (problem,) = found.problems
    assert problem.message.startswith("礼拜五 is not one of 星期一, 星期二")
    assert problem.span.length == 3


def test_every_keyword_of_the_grammar_has_a_chinese_word() -> None:
    text = files(language.__name__).joinpath("rule.lark").read_text(encoding="utf-8")
    defined = {match[1] for match in DEFINITION.finditer(text)}
    assert defined == {word.terminal for word in keywords()} - {CLOSED_WORD}


# The lexer tells these apart by what follows them.
LOOKS_AHEAD = {"AFTER_AGO", "_FOLLOW_UP", "_ON_DAY", "_TRIGGER"}


def test_words_that_can_stand_at_one_place_are_different() -> None:
    for lexer in grammar().parser.lexer.lexers.values():
        names = {terminal.name for terminal in lexer.terminals} - {CLOSED_WORD}
        here = [word for word in keywords() if word.terminal in names]
        for words in ([(word.english,) for word in here], [word.chinese for word in here]):
            terminals: dict[str, set[str]] = {}
            for keyword, ways in zip(here, words, strict=True):
                for way in ways:
                    terminals.setdefault(way, set()).add(keyword.terminal)
            for way, found in terminals.items():
                assert len(found - LOOKS_AHEAD) <= 1, (way, found)


@given(text=st.text(st.sampled_from('ab"“”\\\n（），； 中'), max_size=40))
def test_replacing_signs_keeps_every_place(text: str) -> None:
    plain = plain_signs(text)
    assert len(plain) == len(text)
    assert plain_signs(plain) == plain
    assert [at for at, sign in enumerate(plain) if sign == "\n"] == [
        at for at, sign in enumerate(text) if sign == "\n"
    ]


def test_every_sentence_names_the_same_values_in_both_languages() -> None:
    for name, (english, chinese) in PHRASES.items():
        assert set(PLACEHOLDER.findall(english)) == set(PLACEHOLDER.findall(chinese)), name


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.rule")), ids=lambda file: file.stem)
def test_every_example_survives_chinese(file: Path) -> None:
    rule = rule_of(file.read_text(encoding="utf-8"))
    chinese = format_rule(rule, language="zh")
    assert language_of(chinese) == "zh"
    assert rule_of(chinese) == rule
    assert len(explain_rule(rule, language="zh")) == len(explain_rule(rule))


def test_every_condition_of_the_manual_survives_chinese_and_is_explained() -> None:
    # Among the forms are windows and calculations, which are parts of conditions.
    written = [
        way.format(text)
        for text, _ in (*FORMS, *WINDOWS, *CALCULATIONS)
        for way in ("{}", "did purchase {}", "{} > 3")
    ]
    forms = {text for text in written if not isinstance(parse_condition(text), RuleProblems)}
    texts = forms | {text for chapter in CHAPTERS for text, _ in chapter.cases}
    assert len(forms) >= len((*FORMS, *WINDOWS, *CALCULATIONS)) - 3
    for text in texts:
        condition = parse_condition(text)
        assert not isinstance(condition, RuleProblems), text
        chinese = in_chinese(format_condition(condition), "condition")
        assert parse_condition(chinese) == condition, chinese
        assert CHINESE_WORD.search(describe_condition(condition)), text
