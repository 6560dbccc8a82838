"""`rulecast rule diff`: the lines that change, and the people who come and go on the current mart."""

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


def about(city: str) -> str:
    text = rule_text()
    start, end = text.index("when "), text.index("send ")
    return f'{text[:start]}when city = "{city}" or city = "fes"\n  {text[end:]}'


def test_the_difference_of_two_rules_is_told_in_lines_and_people(
    filled: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, after = tmp_path / "before.rule", tmp_path / "after.rule"
    before.write_text(about("Casablanca"), encoding="utf-8")
    after.write_text(about("Rabat"), encoding="utf-8")
    capfd.readouterr()
    assert run_command(["rule", "diff", str(before), str(after), "--json"], filled) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["people_before"], found["people_after"]) == (3, 2)
    assert (found["added"], found["removed"]) == (1, 2)
    assert any(line.startswith("-") and "Casablanca" in line for line in found["lines"])
    assert any(line.startswith("+") and "Rabat" in line for line in found["lines"])
    assert run_command(["rule", "diff", str(before), str(after)], filled) == 0
    assert "+1 \N{MINUS SIGN}2 people: 3 before, 2 after" in capfd.readouterr().out


def test_a_rule_of_the_book_is_compared_by_name_and_version(
    filled: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "winback.rule"
    for version, city in ((1, "Casablanca"), (2, "Rabat")):
        text = about(city).replace("version 1", f"version {version}")
        file.write_text(
            text if f"version {version}" in text else text.replace("\n", f"\n  version {version}\n", 1)
        )
        assert run_command(["rule", "save", str(file)], filled) == 0
    capfd.readouterr()
    assert run_command(["rule", "diff", "winback@1", "winback", "--json"], filled) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["added"], found["removed"]) == (1, 2)
    assert run_command(["rule", "diff", "winback@3", "winback"], filled) == 2
    assert "RC-RULE-010" in capfd.readouterr().err
