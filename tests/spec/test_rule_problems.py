"""Every problem code has a case, is found at its place, and is explained in the manual."""

# ruff: noqa: RUF001 - Chinese has signs of its own.
import json
import re
from pathlib import Path

import pytest

from rulecast.rule.analyse import run_examples
from rulecast.rule.language import (
    CheckedRule,
    RuleProblem,
    RuleProblems,
    check_rule,
    format_rule,
    parse_rule,
    rule_from_json,
)
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.keywords import CHINESE_WORD
from rulecast.rule.language.parse import parse_condition
from rulecast.rule.language.problem import KINDS
from tests.spec.clauses import BY_ITSELF, CLAUSES, EXAMPLE
from tests.spec.print_manual import manual
from tests.spec.problem_cases import CASES, RULE, ProblemCase
from tests.spec.tables import CATALOGUE, NOW

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-rule.md"
CONDITIONS_MIN = 8
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]")
WINDOW = "at 20:00..22:00 local time of the contact"


def book_problems(text: str) -> tuple[RuleProblem, ...]:
    """Return the loops of several rules, each rule being correct alone."""
    checked = [check_rule(rule, CATALOGUE) for rule in text.split("\n\n")]
    rules = [one.rule for one in checked if isinstance(one, CheckedRule)]
    assert len(rules) == len(checked), checked
    return tuple(loop.problem for loop in find_book_loops(rules))


def problems_of(case: ProblemCase) -> tuple[RuleProblem, ...]:
    found: object
    if case.kind == "json":
        found = rule_from_json(json.loads(case.text))
    elif case.kind == "book":
        return book_problems(case.text)
    elif case.kind == "rule":
        found = check_rule(case.text, CATALOGUE)
    else:
        found = check_condition(case.text, CATALOGUE)
        if not isinstance(found, RuleProblems):
            found = check_rule(RULE.replace('city = "Rabat"', case.text), CATALOGUE, now=NOW)
    if isinstance(found, RuleProblems):
        return found.problems
    assert isinstance(found, CheckedRule), found
    return found.warnings


@pytest.mark.parametrize("case", CASES, ids=[case.code for case in CASES])
def test_a_problem_is_found_with_its_code(case: ProblemCase) -> None:
    found = problems_of(case)
    assert [problem.code for problem in found] == [case.code]
    if found[0].severity == "error" and case.kind != "json":
        assert (found[0].span.line, found[0].span.column) == (case.line, case.column)


@pytest.mark.parametrize("case", CASES, ids=[case.code for case in CASES])
def test_a_problem_is_told_in_chinese(case: ProblemCase) -> None:
    for problem in problems_of(case):
        said = problem.said_in("zh")
        assert CHINESE_WORD.search(said.message), said
        for text in (said.message, said.hint or ""):
            # Names, addresses and what RE2 says stay as they are.
            assert not ENGLISH.search(text) or case.code == "RL-065", text
        assert problem.said_in("en") == problem


def test_a_chinese_rule_is_answered_in_chinese_unless_english_is_asked_for() -> None:
    text = """规则 hello
  用途 营销
  当 cty = "Rabat" 且 行为 purchse 在 最近 30 天
  发送 模板 winback 在 fr 从 casablanca_main
"""
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    shown = found.render(text)
    assert "RL-010 第 3 行第 5 列：没有名为 cty 的属性。" in shown
    assert "提示：您是不是想写 city？" in shown
    assert "There is" not in shown
    assert "There is no attribute cty." in found.problems[0].render(text, language="en")


def test_every_code_has_exactly_one_case() -> None:
    assert [case.code for case in CASES] == [kind.code for kind in KINDS]


def test_every_code_has_a_section_in_the_manual() -> None:
    text = manual()
    assert all(f"### {kind.code} " in text for kind in KINDS)


def test_all_problems_of_a_rule_are_told_at_once() -> None:
    text = """rule hello
  purpose marketing
  when cty = "Rabat" and orders = "3" and did purchse and first_name = "Asha" and not consent marketing granted
  send template winbck in fr from casablanca_mian
  test success purchase where (amont > 5) within 3 days
"""
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    codes = ["RL-010", "RL-020", "RL-011", "RL-016", "RL-023", "RL-013", "RL-014", "RL-012"]
    assert [problem.code for problem in found.problems] == codes
    hints = [problem.hint for problem in found.problems if problem.hint and "did you mean" in problem.hint]
    assert hints == [
        "did you mean city?",
        "did you mean purchase?",
        "did you mean winback?",
        "did you mean casablanca_main?",
        "did you mean amount?",
    ]


def test_what_cannot_be_read_hides_nothing_of_what_can() -> None:
    text = """rule hello
  purpose marketing
  when cty = "Rabat"
  send template winbck in fr (name: "x") from casablanca_main
  limit this rule to 0 per person per 14 days
  once on weekdays at 8pm..22:00 local time of the contact
  score city
  test variants a 50% b 40%
  when replied: notify "opps"
"""
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    codes = ["RL-010", "RL-013", "RL-028", "RL-001", "RL-092", "RL-082", "RL-087"]
    assert [problem.code for problem in found.problems] == codes, found.render(text)


@pytest.mark.parametrize("text", ['rule a\n  wen city = "Rabat"\n', "rule a x", "rule a", "rule", ""])
def test_a_rule_without_a_clause_that_can_be_read_is_a_problem(text: str) -> None:
    assert isinstance(check_rule(text, CATALOGUE), RuleProblems)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("city = 'Rabat'", 'double quotes: "Rabat"'),
        ("city is Rabat", '= "Rabat"'),
        ("did purchase more than 2 times", "at least 3 times"),
        ("did purchase fewer than 2 times", "at most 2 times"),
        ("did purchase in the last 30 days", "leave `the` away"),
        ("sum(purchase) > 100", "purchase.amount"),
        ("balance > 1,000", "together: 1000"),
        ("did purchase at least twice", "2 times"),
        ("did purchase >= 2 times", "at least 2 times"),
        ('city <> "Rabat"', "!="),
        ('age >= 18 && city = "Rabat"', "and"),
        ('city like "%a"', "contains"),
        ("birthday today", "in next 1 day"),
        ("did not purchase since 30 days", "in last 30 days"),
        ("did purchase where amount > 5", "where (...)"),
    ],
)
def test_a_habit_from_elsewhere_gets_the_words_of_the_language(text: str, hint: str) -> None:
    found = check_condition(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert hint in (found.problems[0].hint or ""), found.render(text)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("sum(purchase.amount) > 500 MAD", "RL-069", "leave it away"),
        ("orders > 10%", "RL-069", "count(a) / count(b)"),
        ("did purchase in last 3 months", "RL-069", "calendar months"),
        ('location within 10 miles of place "maarif"', "RL-069", "km"),
        ("birthday in next 12 hours", "RL-069", None),
        ("joined_on in next 30 minutes", "RL-069", None),
        ("age > 1990", "RL-069", "birth_date >= 1990-01-01"),
        ("did purchase in last 5000 days", "RL-028", None),
        ("city = Rabat", "RL-010", '"Rabat"'),
        ("did purchase where (category = shoes)", "RL-022", '"shoes"'),
        ("did purchase at most 0 times", "RL-028", "did not"),
        ("did purchase between 30 and 60 days ago", "RL-027", "between 60 and 30 days ago"),
        ("did visit before 30 days ago", "RL-025", "between 90 and 30 days ago"),
        ("did visit in last 90 calendar days", "RL-025", "89 calendar days"),
        ("did purchase within 3 days of the first visit", "RL-025", None),
        ('city matches ".*"', "RL-065", "is set"),
        ('city matches "' + "a" * 201 + '"', "RL-065", None),
        ("local_time between 20:00 and 20:00", "RL-027", None),
        ("for some colour (did purchase)", "RL-012", None),
        ("for some category (did purchase in last 7 calendar days)", "RL-071", None),
        ("first visit in last 7 days has (amount > 3)", "RL-012", None),
        ("sum(purchase.category) > 5", "RL-024", "distinct(purchase.category)"),
        ("orders / 0 > 3", "RL-028", None),
        ("3 > 2", "RL-074", None),
        ("anniversary of paid_at in next 3 days", "RL-021", None),
        ("location = 3", "RL-021", 'within 10 km of place "..."'),
        ('in segment "regulars" and orders < 2', "RL-067", None),
    ],
)
def test_a_mistake_has_its_code_and_a_hint(text: str, code: str, said: str | None) -> None:
    found = check_condition(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == [code], found.render(text)
    if said is not None:
        assert said in (found.problems[0].hint or found.problems[0].message), found.render(text)


@pytest.mark.parametrize(
    ("replaced", "by", "code", "underlined"),
    [
        ("casablanca_main", "cs", "RL-014", "cs"),
        ("in fr", "in the contact's language (fr, de; else en)", "RL-030", "de"),
        ("in fr", "in the contact's language (fr; else de)", "RL-030", "de"),
        ("in fr", "in the contact's language (de; else skip)", "RL-030", "de"),
        (' (name: first_name or "client")', "", "RL-029", "winback"),
        ('or "client")', 'or "client", nme: "x")', "RL-029", 'nme: "x"'),
        ('or "client")', 'or "client", name: "x")', "RL-029", 'name: "x"'),
        ("template winback", "template winbck", "RL-013", "winbck"),
    ],
)
def test_a_mistake_in_a_message_is_underlined_alone(
    replaced: str, by: str, code: str, underlined: str
) -> None:
    text = RULE.replace(replaced, by)
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    (problem,) = found.problems
    assert problem.code == code, found.render(text)
    line = text.splitlines()[problem.span.line - 1]
    assert line[problem.span.column - 1 :][: problem.span.length] == underlined


@pytest.mark.parametrize(
    ("clauses", "words"),
    [
        ("drop the rest", "`drop the rest`"),
        ("carry over for 2 days", "`carry over for`"),
        ("not on public holidays", "`not on public holidays`"),
        ("ignore events older than 2 hours", "`ignore events older than`"),
        (f"once {WINDOW}\n  always {WINDOW}", "`always`"),
        ("limit this rule to 1 per person per 2 days\n  " * 2, "`limit this rule to`"),
        ("decide within 0 seconds\n  " * 2, "`decide within`"),
    ],
)
def test_a_clause_is_called_by_the_words_of_the_text(clauses: str, words: str) -> None:
    text = f"{RULE}  {clauses}\n"
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert words in found.problems[0].message, found.render(text)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('city != "Rabat"', ["RL-053"]),
        ('city != "Rabat" and city is set', []),
        ('city != "Rabat" or city is missing', ["RL-075"]),
        ('city != "Rabat" and orders is set', ["RL-053"]),
        ("joined_on before 30 days ago", ["RL-052"]),
        ("joined_on before 30 days ago or joined_on is missing", []),
        ("joined_on before 30 days ago and joined_on is set", ["RL-075"]),
        ('not in segment "regulars"', ["RL-053"]),
        ('not in segment "regulars" and orders is set', []),
    ],
)
def test_what_is_missing_is_warned_of_until_the_rule_settles_it(text: str, codes: list[str]) -> None:
    found = check_rule(RULE.replace('city = "Rabat"', text), CATALOGUE)
    assert isinstance(found, CheckedRule), found.render(text)
    assert [warning.code for warning in found.warnings] == codes


@pytest.mark.parametrize("text", [EXAMPLE, BY_ITSELF])
def test_the_rules_of_the_manual_check_clean_in_their_canonical_form(text: str) -> None:
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, CheckedRule), found.render(text)
    assert found.warnings == ()
    assert format_rule(found.rule) == text
    assert run_examples(found, CATALOGUE, now=NOW).has_passed


def test_the_conditions_of_the_page_on_writing_rules_can_be_read() -> None:
    cells = re.findall(r"(?m)^\| [^|]+ \| `(.+)` \|$", HOW_TO.read_text(encoding="utf-8"))
    assert len(cells) >= CONDITIONS_MIN
    for text in cells:
        condition = parse_condition(text)
        assert not isinstance(condition, RuleProblems), condition.render(text)
        assert format_condition(condition) == text


@pytest.mark.parametrize(
    "clause", [form for form, _ in CLAUSES if form not in {"rule NAME", "when CONDITION"}]
)
def test_every_clause_of_the_manual_can_be_read_and_written(clause: str) -> None:
    first = clause.partition(" ")[0]
    rest = [line for line in RULE.splitlines()[1:] if first == "when" or not line.strip().startswith(first)]
    window = [f"always {WINDOW}"] if clause.startswith("not on") else []
    text = "\n".join(["rule hello", *rest, *window, f"  {clause}"])
    parsed = parse_rule(text)
    assert not isinstance(parsed, RuleProblems), parsed.render(text)
    assert parse_rule(format_rule(parsed)) == parsed
