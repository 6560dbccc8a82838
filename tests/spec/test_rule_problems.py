"""Every problem code has a case, is found at its place, and is explained in the manual."""

import json

import pytest

from rulecast.rule.language import CheckedRule, RuleProblem, RuleProblems, check_rule, rule_from_json
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.rule.language.problem import KINDS
from tests.spec.print_manual import manual
from tests.spec.problem_cases import CASES, RULE, ProblemCase
from tests.spec.tables import CATALOGUE


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
            found = check_rule(RULE.replace('city = "Rabat"', case.text), CATALOGUE)
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
    codes = ["RL-010", "RL-020", "RL-011", "RL-016", "RL-023", "RL-014", "RL-013", "RL-012"]
    assert [problem.code for problem in found.problems] == codes
    hints = [problem.hint for problem in found.problems if problem.hint and "did you mean" in problem.hint]
    assert hints == [
        "did you mean city?",
        "did you mean purchase?",
        "did you mean casablanca_main?",
        "did you mean winback?",
        "did you mean amount?",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "location within 10 km of store",
        'segment "employees"',
        'not in segment "employees"',
        "local_weekday in (mon, tue)",
        "local_time between 20:00 and 22:00",
        "birthday in next 7 days",
        'bucket("exp42") < 10',
        "event.amount >= 100",
        "did purchase in last 7 calendar days",
    ],
)
def test_what_the_language_only_plans_to_have_is_refused_as_not_available_yet(text: str) -> None:
    found = check_condition(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert found.problems[0].code == "RL-040", found.render(text)


@pytest.mark.parametrize(
    ("replaced", "by"),
    [
        ("main\n", 'main\n  reply "hello"\n'),
        ("main\n", 'main\n  link promo to "https://shop.example"\n'),
        ("main\n", "main\n  media lighter on slow network\n"),
        ('first_name or "client"', "coupon from spring"),
    ],
)
def test_clauses_that_nothing_executes_are_refused_as_not_available_yet(replaced: str, by: str) -> None:
    text = RULE.replace(replaced, by)
    found = check_rule(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert found.problems[0].code == "RL-040", found.render(text)
