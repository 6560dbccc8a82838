"""Rules that start themselves, or each other, are found before they are kept (F94)."""

from dataclasses import replace

import pytest

from rulecast.rule.language import Rule, RuleProblems, parse_rule
from rulecast.rule.language.condition import Comparison, Constant, EventPattern, Field
from rulecast.rule.language.document import EventTrigger
from rulecast.rule.language.find_loops import find_book_loops, find_loops

LIMIT = "limit this rule to 1 per person per 7 days"


def rule(name: str, *clauses: str, when: str = 'city = "Rabat"') -> Rule:
    text = f"rule {name}\n  purpose marketing\n  when {when}\n  send template winback in fr from main\n"
    found = parse_rule(text + "".join(f"  {clause}\n" for clause in clauses))
    assert not isinstance(found, RuleProblems), found
    return found


@pytest.mark.parametrize(
    ("trigger", "loops"),
    [
        ("on delivered", True),
        ("on click", True),
        ('on click where (rule = "hello")', True),
        ('on click where (rule = "HELLO" and link = "promo")', True),
        ('on click where (rule = "other")', False),
        ('on click where (rule != "hello")', False),
        ('on click where (rule in ("other", "third"))', False),
        ('on click where (rule not in ("hello", "third"))', False),
        ('on click where (template = "farewell")', False),
        ('on click where (template = "winback")', True),
        ('on click where (not (rule = "hello" or link = "x"))', False),
        ("on purchase", False),
        ("on message", False),
    ],
)
def test_f94_a_trigger_on_the_rules_own_message_is_a_loop(trigger: str, loops: bool) -> None:
    assert bool(find_loops(rule("hello", trigger))) is loops


@pytest.mark.parametrize(
    ("when", "action", "loops"),
    [
        ('tag "x"', 'tag add "X"', True),
        ('not tag "x"', 'tag add "x"', False),
        ('not tag "x"', 'tag remove "x"', True),
        ('city = "Rabat" and (orders > 3 or tag "x")', 'tag add "x"', True),
        ('tag "y"', 'tag add "x"', False),
        ("orders = 3", "set orders = 3", True),
        ("orders = 3", "set orders = 4", False),
        ("orders >= 3", "set orders = 4", True),
        ("orders < 3", "set orders = 4", False),
        ("orders != 3", "set orders = 3", False),
        ("orders != 3", "set orders = 4", True),
        ('city in ("Rabat", "Fes")', 'set city = "FES"', True),
        ('city in ("Rabat", "Fes")', 'set city = "Tunis"', False),
        ("orders is missing", "set orders = 4", False),
        ("orders is set", "set orders = 4", True),
        ("paid_at before 90 days ago", "set paid_at = now", False),
        ("paid_at after 90 days ago", "set paid_at = now", True),
        ('did click where (rule = "hello")', 'tag add "x"', True),
        ('did click where (rule = "other")', 'tag add "x"', False),
        ('count(click) where (rule = "hello") in last 30 days >= 2', 'tag add "x"', True),
        ('count(click) where (rule = "other") in last 30 days >= 2', 'tag add "x"', False),
        ('count(sent) where (rule = "hello") in last 30 days < 2', 'tag add "x"', False),
        ('not count(sent) where (rule = "hello") in last 30 days < 2', 'tag add "x"', True),
        ('0 <= count(sent) where (rule = "hello") in last 30 days - 2', 'tag add "x"', True),
        ('not did sent where (rule = "hello") in last 30 days', 'tag add "x"', False),
        ('did sent where (rule = "hello") then not click within 2 days', 'tag add "x"', True),
        ('did not click where (rule = "hello")', 'tag add "x"', False),
    ],
)
def test_f94_an_action_that_lets_people_in_again_is_a_loop(when: str, action: str, loops: bool) -> None:
    found = find_loops(rule("hello", "on entering the audience", f"when delivered: {action}", when=when))
    assert bool(found) is loops
    assert not find_loops(rule("hello", f"when delivered: {action}", when=when)), "a person starts this one"


def test_f94_rules_that_start_each_other_are_found_with_what_they_do() -> None:
    entering = "on entering the audience"
    first = rule("first", entering, 'when delivered: tag add "b"', when='tag "a"')
    second = rule("second", entering, 'when delivered: tag add "c"', when='tag "b"')
    third = rule("third", entering, 'when delivered: tag add "a"', when='tag "c"')
    (loop,) = find_book_loops([third, first, second])
    assert {step.rule for step in loop.steps} == {"first", "second", "third"}
    assert loop.problem.code == "RL-094"
    assert 'third: tag add "a" starts first' in loop.problem.message
    assert find_book_loops([first, second]) == ()


def test_f94_messages_that_answer_each_other_are_found() -> None:
    one = rule("one", 'on click where (rule = "two")', LIMIT)
    two = rule("two", 'on reply where (rule = "one")', LIMIT)
    (loop,) = find_book_loops([one, two])
    assert len(loop.steps) == 2
    assert find_book_loops([one, rule("two", 'on reply where (rule = "three")', LIMIT)]) == ()


def test_a_rule_that_a_person_starts_is_on_no_cycle() -> None:
    scheduled = rule("one", "once at 20:00..22:00 local time of the contact")
    assert find_book_loops([scheduled, rule("two", 'on click where (rule = "one")')]) == ()


def test_a_large_book_is_looked_through_in_time_that_grows_with_its_edges() -> None:
    chain = [
        rule(f"r{number}", "on entering the audience", f'tag add "t{number + 1}"', when=f'tag "t{number}"')
        for number in range(60)
    ]
    assert find_book_loops(chain) == ()
    closed = [*chain, rule("end", "on entering the audience", 'tag add "t0"', when='tag "t60"')]
    (loop,) = find_book_loops(closed)
    assert len(loop.steps) == 61


def test_ten_thousand_rules_are_looked_through_without_looking_at_pairs() -> None:
    first = rule("r0", 'on click where (rule = "r9999")', 'when delivered: tag add "t0"')
    book = [
        replace(first, name=f"r{number}", trigger=answer_to(f"r{number - 1 if number else 9999}"))
        for number in range(10_000)
    ]
    (loop,) = find_book_loops(book, through="r5000")
    assert len(loop.steps) == 10_000
    open_book = [one for one in book if one.name != "r0"]
    assert find_book_loops(open_book, through="r5000") == ()


def answer_to(name: str) -> EventTrigger:
    where = Comparison(field=Field(name="rule"), operator="=", value=Constant(value=name))
    return EventTrigger(pattern=EventPattern(event="click", where=where))
