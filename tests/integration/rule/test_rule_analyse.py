"""`rulecast rule analyse` over a book and files, with the people that rules share on the current mart."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, rule_text

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.wiring.workspace import open_workspace

CITIES = ("casablanca", "casablanca", "rabat", "fes")


@pytest.fixture
def filled(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    declared = tmp_path / "workspace.toml"
    declared.write_text(WORKSPACE_FILE, encoding="utf-8")
    assert run_command(["workspace", "apply", str(declared)], environment) == 0

    async def fill() -> None:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            people = [
                Person(phone=f"+21261200000{number}", city=city)
                for number, city in enumerate(CITIES, start=1)
            ]
            await create_people(workspace, people)

    asyncio.run(fill())
    return environment


def rule(name: str, when: str, *, priority: int) -> str:
    text = rule_text(name, priority=priority)
    start, end = text.index("when "), text.index("send ")
    return f"{text[:start]}when {when}\n  {text[end:]}"


def test_the_book_and_a_file_are_analysed_and_shared_people_counted(
    filled: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    book = {
        "wide": rule("wide", 'city in ("Casablanca", "Rabat", "Fes")', priority=60),
        "gone": rule("gone", 'city = "Rabat" and tag "vip"', priority=90),
        "far": rule("far", 'city = "Lyon"', priority=10),
    }
    for name, text in book.items():
        (tmp_path / f"{name}.rule").write_text(text, encoding="utf-8")
        assert run_command(["rule", "save", str(tmp_path / f"{name}.rule")], filled) == 0
    assert run_command(["rule", "archive", "gone"], filled) == 0
    narrow = tmp_path / "narrow.rule"
    narrow.write_text(rule("narrow", 'city in ("Casablanca", "Rabat")', priority=40), encoding="utf-8")
    capfd.readouterr()
    assert run_command(["rule", "analyse", str(narrow), "--json"], filled) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["rules"] == 3
    told = {(one["kind"], one["rule"], tuple(one["others"])): one for one in found["findings"]}
    assert ("shadowed", "narrow", ("wide",)) in told
    assert told["overlapping", "wide", ("narrow",)]["people"] == 3
    assert told["overlapping", "wide", ("narrow",)]["witness"] == ['city: "casablanca"']
    assert not any("far" in (rule, *others) for _, rule, others in told)
    assert run_command(["rule", "analyse"], filled) == 0
    assert "among 2 rules" in capfd.readouterr().out


def test_a_name_of_no_rule_and_a_file_with_errors_are_no_success(
    filled: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["rule", "analyse", "nosuch"], filled) == 2
    assert "RC-RULE-010" in capfd.readouterr().err
    broken = tmp_path / "broken.rule"
    broken.write_text(rule("broken", 'cty = "Rabat"', priority=40), encoding="utf-8")
    assert run_command(["rule", "analyse", str(broken)], filled) == 1
    assert "broken" in capfd.readouterr().out
