"""The passes: what they make of a condition, and the limits they hold."""

import pytest
from tests.generative.rule_world import CATALOGUE
from tests.spec.problem_cases import RULE
from tests.spec.tables import CATALOGUE as SPECIFICATION
from tests.spec.tables import NOW

from rulecast.rule.language import RuleProblems, check_rule, parse_rule
from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.check import PASSES, check_condition, lowered
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.parse import parse_condition
from rulecast.rule.language.simplify import simplify


def condition_of(text: str) -> c.Condition:
    found = check_condition(text, CATALOGUE)
    assert not isinstance(found, RuleProblems), found.render(text)
    return found


def test_the_passes_are_listed_in_order() -> None:
    assert [name for name, _ in PASSES] == ["resolve", "check types", "simplify", "lower"]


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("not not orders = 1", "orders = 1"),
        ("(orders = 1 and orders = 1)", "orders = 1"),
        ("orders = 1 or orders in (2, 3) or orders = 2", "orders in (1, 2, 3)"),
        ("orders in (1)", "orders = 1"),
        ("orders = 1 and (balance = 2 and orders = 3)", "orders = 1 and balance = 2 and orders = 3"),
        ('orders = 1 or plan = "a" or orders = 2', 'orders in (1, 2) or plan = "a"'),
    ],
)
def test_simplify_makes_conditions_smaller(text: str, simple: str) -> None:
    parsed = parse_condition(text)
    assert not isinstance(parsed, RuleProblems)
    assert format_condition(simplify(parsed)) == simple


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ('plan != "a"', 'not plan = "a"'),
        ("not plan is missing", "plan is set"),
        ("did not visit", "not did visit"),
        ("not did not visit", "did visit"),
        ("not (orders = 1 and did visit)", "not orders = 1 or not did visit"),
        ("not (orders = 1 or not did visit)", "not orders = 1 and did visit"),
        (
            "silent for 7 days",
            "first_seen_at before 7 days ago and not did message_received in last 7 days",
        ),
        (
            'did visit where (not (category = "a" or pieces = 1))',
            'did visit where (not category = "a" and not pieces = 1)',
        ),
    ],
)
def test_lower_leaves_negation_on_atoms_only(text: str, low: str) -> None:
    assert format_condition(lowered(condition_of(text))) == low


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('city in("a","b")AND NOT tag "x"', 'city in ("a", "b") and not tag "x"'),
        ('not city in ("a")', 'city not in ("a")'),
        ("did visit at least 1 time in last 1 days", "did visit in last 1 day"),
        ("balance = 3.50", "balance = 3.5"),
        ("((orders = 1))", "orders = 1"),
        ("(orders = 1 or orders = 2) and orders = 3", "(orders = 1 or orders = 2) and orders = 3"),
        ("orders = 1 or (orders = 2 and orders = 3)", "orders = 1 or orders = 2 and orders = 3"),
    ],
)
def test_conditions_have_one_canonical_text(text: str, canonical: str) -> None:
    parsed = parse_condition(text)
    assert not isinstance(parsed, RuleProblems), parsed.render(text)
    assert format_condition(parsed) == canonical


def test_an_action_after_a_semicolon_keeps_the_moment_and_one_alone_means_accepted() -> None:
    rule = parse_rule(RULE + '  when clicked: tag add "a"; tag add "b"\n  tag remove "c"\n')
    assert isinstance(rule, d.Rule)
    assert [action.moment for action in rule.actions] == [
        d.Moment.CLICKED,
        d.Moment.CLICKED,
        d.Moment.ACCEPTED,
    ]


def test_capital_letters_in_keywords_do_not_matter() -> None:
    loud = RULE.replace("purpose", "PURPOSE").replace("when", "When").replace("send", "SEND")
    assert parse_rule(loud) == parse_rule(RULE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("did visit in last 3654 days", "RL-028"),
        ("did visit at least 0 times", "RL-028"),
        ("did visit at least 100001 times", "RL-028"),
        ("orders = 1234567890123456789", "RL-028"),
        ("balance = 1.00001", "RL-028"),
        ("balance = 100000000000000", "RL-028"),
        ('city = ""', "RL-028"),
        ("age > 151", "RL-028"),
        ("joined_on > 1700-01-01", "RL-028"),
        (r'city = "a\n"', "RL-006"),
        ('tag " "', "RL-089"),
        ('city matches "straße"', "RL-065"),
        ('city = "a\x07"', "RL-006"),
        ("paid_at > 2026-13-01T00:00Z", "RL-006"),
        ("did purchase between 2026-02-01 and 2026-01-01", "RL-027"),
        ("joined_on before 3 hours ago", "RL-069"),
        ("interests = 1", "RL-021"),
        ("is_vip > true", "RL-021"),
        ("orders starts with 1", "RL-021"),
        ("consent markting granted", "RL-015"),
        ("did purchase then visit within 3 days for the same amount", "RL-012"),
        (f'city = "{"a" * 1025}"', "RL-028"),
        (f"orders in ({', '.join(str(number) for number in range(1001))})", "RL-028"),
        (" or ".join(f"orders = {number}" for number in range(201)), "RL-002"),
    ],
)
def test_values_outside_the_limits_are_refused(text: str, code: str) -> None:
    found = check_condition(text, CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == [code], found.render(text)


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ("batch 0 every 10 minutes", "RL-028"),
        ("budget 0 MAD per run", "RL-028"),
        ("budget 8.005 MAD per run", "RL-028"),
        ("budget 800 mad per run", "RL-028"),
        ("test holdout 100%", "RL-028"),
        ("once at 22:00..20:00 local time of the contact", "RL-027"),
        ("once at 25:00..26:00 local time of the contact", "RL-006"),
        ("once on fryday at 10:00..11:00 local time of the contact", "RL-015"),
        ("drop the rest", "RL-005"),
        ('when opened: tag add "x"', "RL-015"),
        ("test success purchase worth colour within 3 days", "RL-012"),
        ("test success purchase worth category within 3 days", "RL-024"),
        ("priority promotion/101", "RL-028"),
        ("limit this rule to 1 per person per 0 days", "RL-028"),
    ],
)
def test_clauses_outside_the_limits_are_refused(clause: str, code: str) -> None:
    found = check_rule(f"{RULE}  {clause}\n", SPECIFICATION)
    assert isinstance(found, RuleProblems)
    assert code in [problem.code for problem in found.problems], found.render(RULE + clause)


def test_each_clause_that_cannot_be_read_is_told_at_once() -> None:
    text = """rule hello
  version x
  purpose marketing
  when city == "Rabat"
      and orders >=
  send template winback in fr (name: "you") from
  batch 0 every 10 minutes
"""
    found = check_rule(text, SPECIFICATION)
    assert isinstance(found, RuleProblems)
    places = [(problem.code, problem.span.line, problem.span.column) for problem in found.problems]
    assert places == [
        *(("RL-001", 2, 11), ("RL-001", 4, 14), ("RL-001", 5, 19), ("RL-001", 6, 48)),
        ("RL-028", 7, 9),
    ]


def test_a_window_of_fixed_dates_is_held_against_retention_once_now_is_known() -> None:
    text = RULE.replace('city = "Rabat"', "did visit between 2026-01-01 and 2026-02-01")
    assert not isinstance(check_rule(text, SPECIFICATION), RuleProblems)
    found = check_rule(text, SPECIFICATION, now=NOW)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-025"]


def test_retention_of_the_event_that_follows_counts_too() -> None:
    found = check_condition("did campaign then not visit within 3 days in last 200 days", SPECIFICATION)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-025"]


def test_a_rule_of_64_kilobytes_is_still_read_and_a_longer_one_is_not() -> None:
    text = RULE.replace("purpose", 'about "x"' + " " * (65_536 - len(RULE) - 9) + "purpose")
    assert isinstance(parse_rule(text), d.Rule)
    assert isinstance(parse_rule(text + " "), RuleProblems)
