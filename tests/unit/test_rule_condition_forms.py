"""Every form of a condition: its canonical text, its JSON, its sentence, and that names and types are found."""

import json
from dataclasses import replace

import pytest
from tests.spec.problem_case import RULE
from tests.spec.tables import CATALOGUE

from rulecast.rule.language import (
    CheckedRule,
    Rule,
    RuleProblems,
    check_rule,
    format_rule,
    parse_rule,
    rule_from_json,
    rule_to_json,
)
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import lowered
from rulecast.rule.language.explain_condition import describe_condition
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.missing import people_behind, with_count
from rulecast.rule.language.parse import parse_condition

FORMS: tuple[tuple[str, type], ...] = (
    ("everybody", c.Everybody),
    ('city = "Rabat"', c.Comparison),
    ("joined_on between 2026-01-01 and 2026-02-01", c.Between),
    ('city in ("Rabat", "Fes")', c.OneOf),
    ('city not in ("Rabat", "Fes")', c.Not),
    ('city contains "ab"', c.Contains),
    ('interests contains all of ("shoes", "bags")', c.Contains),
    ('city starts with "Ra"', c.StartsWith),
    ('city matches "^casa"', c.Matches),
    ("city is missing", c.Presence),
    ("joined_on before 30 days ago", c.Ago),
    ("joined_on in next 7 days", c.FieldWindow),
    ("paid_at in last 36 hours", c.FieldWindow),
    ("birthday in next 7 days", c.Anniversary),
    ("birthday in next 1 day", c.Anniversary),
    ("anniversary of joined_on in next 14 days", c.Anniversary),
    ('location within 10 km of place "maarif"', c.Near),
    ("location within 500 m of 33.58, -7.63", c.Near),
    ('tag "vip"', c.HasTag),
    ('label "churn_risk"', c.HasLabel),
    ('label "churn_risk" is "high"', c.HasLabel),
    ('in segment "regulars"', c.InSegment),
    ('not in segment "regulars"', c.Not),
    ("consent marketing granted after 365 days ago", c.ConsentGranted),
    ("local_time between 20:00 and 22:00", c.LocalTime),
    ("local_time between 22:30 and 06:00", c.LocalTime),
    ("local_weekday in weekdays", c.LocalWeekday),
    ("local_weekday in (saturday, sunday)", c.LocalWeekday),
    ("local_weekday not in (friday)", c.Not),
    ('bucket("autumn") < 10', c.Bucket),
    ("did purchase", c.Did),
    ("did not purchase in last 30 days", c.Did),
    ("did purchase at least 2 times", c.Did),
    ("did purchase at most 2 times in last 7 calendar days", c.Did),
    ("did purchase exactly 2 times in last 1 calendar month", c.Did),
    ("did purchase on 2026-11-16", c.Did),
    ("did purchase between 2026-01-01 and 2026-02-01", c.Did),
    ("did purchase between 180 and 90 days ago", c.Did),
    ("did purchase before 30 days ago", c.Did),
    ("did purchase at least 2 times within 14 days of the first", c.Did),
    ("did visit in last 90 days", c.Did),
    ("did purchase within 14 days of the first campaign where (number = 3)", c.Did),
    ("did purchase where (occurred_at after 7 days ago and amount >= 10)", c.Did),
    ("did purchase in at least 3 distinct months", c.DidInPeriods),
    (
        'did purchase in at least 3 distinct days of zone "Africa/Casablanca" in last 90 days',
        c.DidInPeriods,
    ),
    ("did campaign then redemption within 3 days for the same number", c.DidThen),
    ("did first campaign then not purchase within 14 days in last 60 days", c.DidThen),
    (
        'last purchase where (category = "shop") in last 90 days has (amount >= 100 and occurred_at before 7 days ago)',
        c.EdgeEvent,
    ),
    ("first purchase has (amount >= 100)", c.EdgeEvent),
    ("longest gap between purchase in last 365 days > 60 days", c.Gap),
    ("average gap between purchase where (amount > 5) <= 12 hours", c.Gap),
    ("for some category (did purchase at least 2 times)", c.PerKey),
    ("for some day (distinct(purchase.category) >= 2)", c.PerKey),
    (
        "for some number, category (did campaign in last 30 days and sum(campaign.number) > 3)",
        c.PerKey,
    ),
    ("silent for 7 days", c.SilentFor),
    ("count(purchase) in last 30 days > 2 * count(purchase) between 60 and 30 days ago", c.Measure),
    ("count(purchase) where (amount > 10) / count(purchase) >= 0.5", c.Measure),
    ("sum(purchase.amount) in last 90 days - 2 * (orders + 1) >= -500.5", c.Measure),
    ("average(purchase.amount) > balance", c.Measure),
    ("largest(purchase.amount) - smallest(purchase.amount) < 10 - (3 - 2)", c.Measure),
    ("3 < orders", c.Measure),
    ("distinct(purchase.category) >= 2", c.Measure),
)


def rule_of(text: str) -> Rule:
    rule = parse_rule(RULE.replace('city = "Rabat"', text))
    assert not isinstance(rule, RuleProblems), rule.render(text)
    return rule


@pytest.mark.parametrize(("text", "kind"), FORMS, ids=[text for text, _ in FORMS])
def test_a_condition_is_read_written_and_understood(text: str, kind: type) -> None:
    condition = parse_condition(text)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    assert isinstance(condition, kind)
    assert format_condition(condition) == text
    assert describe_condition(condition).strip()
    checked = check_rule(RULE.replace('city = "Rabat"', text), CATALOGUE)
    assert isinstance(checked, CheckedRule), checked.render(text)
    form = lowered(checked.condition)
    assert lowered(form) == form


@pytest.mark.parametrize("text", [text for text, _ in FORMS])
def test_a_condition_survives_json(text: str) -> None:
    rule = rule_of(text)
    assert rule_from_json(json.loads(json.dumps(rule_to_json(rule)))) == rule
    assert format_rule(rule_of(text)) == format_rule(rule)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("(orders + 1) * 2 > 3", "(orders + 1) * 2 > 3"),
        ("orders + (1 * 2) > 3", "orders + 1 * 2 > 3"),
        ("((orders)) - (1 - 2) > 3", "orders - (1 - 2) > 3"),
        ('((tag "a"))', 'tag "a"'),
        ("birthday in next 2 weeks", "birthday in next 14 days"),
        ("local_weekday in (Monday, TUESDAY, wednesday, thursday, friday)", "local_weekday in weekdays"),
        ("DID Purchase AT MOST 1 TIME", "did Purchase at most 1 times"),
        ("location within 10.0 km of 33.50, -7.0", "location within 10 km of 33.5, -7"),
        ("did purchase in last 1 weeks", "did purchase in last 1 week"),
    ],
)
def test_there_is_one_way_to_write_a_condition(written: str, canonical: str) -> None:
    condition = parse_condition(written)
    assert not isinstance(condition, RuleProblems), condition.render(written)
    assert format_condition(condition) == canonical
    assert parse_condition(canonical) == condition


def test_a_calculation_has_so_many_signs_at_most() -> None:
    text = "orders" + " + 1" * 51 + " > 3"
    found = parse_condition(text)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-002"]
    assert not isinstance(parse_condition("orders" + " + 1" * 50 + " > 3"), RuleProblems)


def test_a_segment_stands_for_its_condition_in_what_engines_see() -> None:
    checked = check_rule(RULE.replace('city = "Rabat"', 'not in segment "regulars"'), CATALOGUE)
    assert isinstance(checked, CheckedRule)
    assert format_condition(checked.condition) == 'not in segment "regulars"'
    assert format_condition(lowered(checked.condition)) == "not orders >= 3"
    assert checked.attributes_read == {"orders"}


def test_consent_cannot_be_negated_through_a_segment() -> None:
    catalogue = replace(CATALOGUE, segments={"asked": "consent marketing granted"})
    found = check_rule(RULE.replace('city = "Rabat"', 'not in segment "asked"'), catalogue)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-023"]
    assert 'In the segment "asked"' in found.problems[0].message


def test_segments_that_multiply_are_refused() -> None:
    segments = {"s0": " or ".join(f"orders = {number}" for number in range(20))}
    for level in range(1, 4):
        segments[f"s{level}"] = " and ".join([f'in segment "s{level - 1}"'] * 20)
    found = check_rule(
        RULE.replace('city = "Rabat"', 'in segment "s3"'), replace(CATALOGUE, segments=segments)
    )
    assert isinstance(found, RuleProblems)
    assert {problem.code for problem in found.problems} == {"RL-002"}


def test_segments_name_each_other_only_so_deep() -> None:
    segments = {"s0": "orders = 1", **{f"s{level}": f'in segment "s{level - 1}"' for level in range(1, 6)}}
    catalogue = replace(CATALOGUE, segments=segments)
    fits = check_rule(RULE.replace('city = "Rabat"', 'in segment "s3"'), catalogue)
    found = check_rule(RULE.replace('city = "Rabat"', 'in segment "s5"'), catalogue)
    assert isinstance(fits, CheckedRule)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-003"]


def test_the_deepest_conditions_do_not_exhaust_the_passes() -> None:
    deep = "(" * 31 + "orders = 1" + "".join(f" or not orders = {level})" for level in range(2, 33))
    segments = {"s0": deep.replace("orders = 1", "orders = 99")}
    for level in range(1, 4):
        segments[f"s{level}"] = deep.replace("orders = 1 ", f'in segment "s{level - 1}" ')
    found = check_rule(
        RULE.replace('city = "Rabat"', 'in segment "s3"'), replace(CATALOGUE, segments=segments)
    )
    assert found is not None


def test_a_segment_may_not_read_what_was_collected_for_another_purpose() -> None:
    catalogue = replace(CATALOGUE, segments={"gold": 'support_level = "gold"'})
    found = check_rule(RULE.replace('city = "Rabat"', 'in segment "gold"'), catalogue)
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-017"]


@pytest.mark.parametrize(
    ("text", "behind", "said"),
    [
        (
            'joined_on before 30 days ago and city = "Rabat"',
            'not joined_on is set and city = "rabat"',
            "2 people whose joined_on is missing are left out.",
        ),
        (
            'city != "Rabat" and orders > 3',
            "not city is set and orders > 3",
            "2 people whose city is missing are taken in.",
        ),
        (
            'in segment "regulars" and not age between 20 and 30',
            "orders >= 3 and not age is set",
            "2 people whose age is missing are taken in.",
        ),
    ],
)
def test_a_warning_about_missing_values_finds_the_people_it_means(text: str, behind: str, said: str) -> None:
    checked = check_rule(RULE.replace('city = "Rabat"', text), CATALOGUE)
    assert isinstance(checked, CheckedRule)
    (warning,) = checked.warnings
    found = people_behind(warning, checked.condition)
    assert found is not None
    assert format_condition(found) == behind
    assert with_count(warning, 2).message == said
