"""Examples inside a rule: run by the reference evaluator, told with reasons, and held against the condition."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rulecast.cli.app import run_command
from rulecast.rule.analyse import ExampleReport, run_examples
from rulecast.rule.language import CheckedRule, RuleProblems, check_rule
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition, Template

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="location", type=AttributeType.PLACE),
        Attribute(name="interests", type=AttributeType.TEXT_LIST),
    ],
    events=[EventDefinition(name="purchase", properties={"amount": AttributeType.DECIMAL})],
    templates=[Template(name="winback", languages=("fr",))],
    numbers=["main"],
    labels={"lifecycle": ("new", "regular")},
)
RULE = """rule silent_city
  version 1
  purpose marketing
  when (city = "Rabat" or location within 5 km of 33.58, -7.63) and did not purchase in last 30 days
  send template winback in fr from main
"""


def run(examples: str, rule: str = RULE) -> ExampleReport:
    checked = check_rule(rule + examples, CATALOGUE)
    assert isinstance(checked, CheckedRule), checked
    return run_examples(checked, CATALOGUE, now=NOW)


def test_an_example_passes_when_the_condition_says_what_it_expects() -> None:
    report = run(
        '  example "silent in Rabat" (city: "RABAT", purchase 31 days ago (amount: 12.5)) matches\n'
        '  example "bought yesterday" (city: "Rabat", purchase 1 day ago) does not match\n'
        '  example "near the shop" (location: "33.59, -7.63") matches\n'
    )
    assert report.has_passed
    assert [outcome.truth for outcome in report.outcomes] == [True, False, True]


def test_a_failing_example_brings_its_reasons() -> None:
    report = run('  example "wrong" (city: "Fes") matches\n')
    assert not report.has_passed
    assert not report.outcomes[0].explanation.truth
    assert [child.truth for child in report.outcomes[0].explanation.children] == [False, True]


def test_a_condition_that_was_never_false_is_named() -> None:
    report = run('  example "silent" (city: "Rabat") matches\n')
    uncovered = {atom.text: (atom.true_count, atom.false_count) for atom in report.coverage}
    assert uncovered['city = "rabat"'] == (1, 0)
    assert uncovered["did not purchase in last 30 days"] == (1, 0)
    assert not any(atom.is_covered for atom in report.coverage)


def test_an_example_may_fix_its_instant_its_age_tags_labels_and_consent() -> None:
    rule = RULE.replace(
        'when (city = "Rabat" or location within 5 km of 33.58, -7.63) and did not purchase in last 30 days',
        'when tag "vip" and label "lifecycle" is "new" and consent marketing granted and interests contains "shoes"'
        " and first_seen_at before 7 days ago and local_weekday in (tuesday)",
    )
    facts = 'tag "VIP", label "lifecycle" is "new", consent marketing, interests: "hats", interests: "shoes"'
    report = run(
        f'  example "tuesday" at 2026-11-17T12:00Z ({facts}, known for 8 days) matches\n'
        f'  example "wednesday" at 2026-11-18T12:00Z ({facts}, known for 8 days) does not match\n'
        f'  example "too new" at 2026-11-17T12:00Z ({facts}, known for 6 days) does not match\n',
        rule,
    )
    assert report.has_passed


def test_a_place_that_is_none_is_refused() -> None:
    found = check_rule(RULE + '  example "lost" (location: "somewhere") matches\n', CATALOGUE)
    assert isinstance(found, RuleProblems)
    assert found.problems[0].code == "RL-020"


def test_the_command_prints_what_failed_and_ends_with_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    declared = tmp_path / "workspace.toml"
    declared.write_text(
        (Path(__file__).parents[2] / "examples/first-campaign/workspace.toml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    rule = tmp_path / "autumn.rule"
    text = """rule autumn
  version 1
  purpose marketing
  when city = "Rabat"
  send template autumn in fr (name: "client") from main
  example "in Rabat" (city: "Rabat") matches
"""
    rule.write_text(text, encoding="utf-8")
    words = ["rule", "test", str(rule), "--workspace-file", str(declared)]
    assert run_command(words, {}) == 0
    assert "1 of 1 examples passed" in capfd.readouterr().out
    rule.write_text(text.replace('(city: "Rabat") matches', '(city: "Fes") matches'), encoding="utf-8")
    assert run_command([*words, "--json"], {}) == 1
    answer = json.loads(capfd.readouterr().out)
    assert answer["examples"][0] | {"ok": False} == answer["examples"][0]
    assert answer["coverage"] == [{"condition": 'city = "rabat"', "true": 0, "false": 1}]


def test_a_calculation_too_wide_for_the_mart_is_refused_by_the_check(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "workspace.toml").write_text(
        (Path(__file__).parents[2] / "examples/first-campaign/workspace.toml").read_text(encoding="utf-8")
        + '[[events]]\nname = "purchase"\nproperties = { amount = "decimal" }\n',
        encoding="utf-8",
    )
    rule = tmp_path / "wide.rule"
    rule.write_text(
        """rule wide
  version 1
  purpose marketing
  when sum(purchase.amount) * sum(purchase.amount) > 10
  send template autumn in fr (name: "client") from main
""",
        encoding="utf-8",
    )
    assert run_command(["rule", "check", str(rule), "--json"], {}) == 1
    (problem,) = json.loads(capfd.readouterr().out)["problems"]
    assert (problem["code"], problem["span"]["line"]) == ("RL-028", 4)
    assert "38" in problem["message"]
