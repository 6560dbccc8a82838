"""The life of a rule as a person types it, and rules as files of a directory."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, rule_text

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.rule.language import Rule, format_rule, parse_rule
from rulecast.wiring.workspace import open_workspace

EVERY_EVENING = "every day at 20:00..22:00 local time of the contact; drop the rest"
ENVELOPE = (
    "--people-per-run",
    "5",
    "--people-per-day",
    "5",
    "--cost-per-run",
    "2.50",
    "--until",
    "2027-01-31",
)


class Typed:
    """Types commands and keeps what they print."""

    def __init__(self, environment: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
        self._environment = environment
        self._capfd = capfd

    def __call__(self, *arguments: str, code: int = 0) -> str:
        given = run_command([*arguments], self._environment)
        out, error = self._capfd.readouterr()
        assert given == code, out + error
        return out if code == 0 else error

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def typed(environment: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    environment = {**environment, "RULECAST_CLOCK": "virtual:2026-11-17T19:50:00+00:00@0x0.000000001"}
    (tmp_path / "workspace.toml").write_text(WORKSPACE_FILE, encoding="utf-8")
    rulecast = Typed(environment, capfd)
    rulecast("workspace", "apply", str(tmp_path / "workspace.toml"))

    async def fill() -> None:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            await create_people(workspace, [Person(phone="+212612000001")])

    asyncio.run(fill())
    return rulecast


def test_a_recurring_rule_from_draft_to_archive(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "winback.rule"
    file.write_text(rule_text(clauses=EVERY_EVENING), encoding="utf-8")
    (tmp_path / "workspace.toml").write_text("", encoding="utf-8")
    assert "Against" in typed("rule", "check", str(file), code=1)
    assert "checks" in typed("rule", "check", "--workspace", str(file))
    typed("rule", "save", str(file))
    assert "cannot be activated" in typed("rule", "activate", "winback", code=2)
    typed("rule", "approve", "winback", *ENVELOPE, "--as", "badr")
    typed("rule", "activate", "winback")
    (listed,) = typed.json("rule", "list")["rules"]
    assert (listed["state"], listed["next_run"]) == ("active", "2026-11-17T19:45:00+00:00")
    assert listed["approval"]["cost_per_run"] == 250
    due = typed.json("rule", "run-due")
    assert [run["outcome"] for run in due["runs"]] == ["launched"]
    assert (due["steps"], due["notices"]) == (0, 0)
    assert typed("rule", "run-due") == "No recurring rule is due.\n"
    shown = typed("rule", "show", "winback")
    assert "5 people and 2.50 USD per run" in shown
    assert "launched" in shown
    assert "1 of 5" in typed("rule", "list")
    typed("rule", "pause", "winback", "--why", "stock is out")
    typed("rule", "resume", "winback")
    typed("rule", "archive", "winback")
    steps = typed.json("rule", "history", "winback")["steps"]
    assert [(one["act"], one["actor"] == "badr", one["why"]) for one in steps] == [
        ("approve", True, ""),
        ("activate", False, ""),
        ("pause", False, "stock is out"),
        ("resume", False, ""),
        ("archive", False, ""),
    ]
    for bad in (("--cost-per-run", "much"), ("--until", "tomorrow")):
        assert "RC-RULE-012" in typed("rule", "approve", "winback", *ENVELOPE, *bad, code=2)


def test_a_directory_comes_back_byte_by_byte_and_unchanged_rules_make_no_version(
    typed: Typed, tmp_path: Path
) -> None:
    file, directory, again = tmp_path / "one.rule", tmp_path / "rules", tmp_path / "again"
    for name in ("lapsed", "winback"):
        file.write_text(rule_text(name, clauses=EVERY_EVENING), encoding="utf-8")
        typed("rule", "save", str(file))
    typed("rule", "copy", "winback", "winback_agadir")
    assert "RC-RULE-016" in typed("rule", "copy", "winback", "lapsed", code=2)
    first = typed.json("rule", "export", str(directory))
    assert first["written"] == ["lapsed", "winback", "winback_agadir"]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.iterdir()}
    assert typed.json("rule", "import", str(directory))["unchanged"] == first["written"]
    assert typed.json("rule", "export", str(directory))["unchanged"] == first["written"]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.iterdir()} == before
    edited = directory / "winback.rule"
    edited.write_text(edited.read_text("utf-8").replace("promotion/40", "promotion/41"), encoding="utf-8")
    (directory / "lapsed.rule").unlink()
    (directory / "fresh.rule").write_text(
        (directory / "winback_agadir.rule").read_text("utf-8").replace("rule winback_agadir", "rule fresh"),
        encoding="utf-8",
    )
    typed("rule", "archive", "winback_agadir")
    report = typed.json("rule", "import", str(directory))
    assert report == {
        "mode": "simulated",
        "created": ["fresh"],
        "changed": ["winback"],
        "unchanged": [],
        "archived": ["winback_agadir"],
        "missing": ["lapsed"],
    }
    exported = typed.json("rule", "export", str(directory))
    assert (exported["written"], exported["unknown"]) == (["lapsed"], ["winback_agadir"])
    typed("rule", "export", str(again))
    assert (again / "winback.rule").read_bytes() == edited.read_bytes()
    assert [one["draft_id"] for one in typed.json("rule", "list")["rules"]] == [None] * 4


def test_one_bad_file_keeps_the_whole_directory_out_and_every_place_is_named(
    typed: Typed, tmp_path: Path
) -> None:
    directory = tmp_path / "rules"
    directory.mkdir()
    parsed = parse_rule(rule_text("good", clauses=EVERY_EVENING))
    assert isinstance(parsed, Rule)
    good = format_rule(parsed)
    texts = {
        "good.rule": good.encode(),
        "untidy.rule": good.replace("rule good", "rule untidy")
        .replace("  version 1", "    version 1")
        .encode(),
        "other.rule": good.encode(),
        "unknown.rule": good.replace("rule good", "rule unknown").replace("city in", "town in").encode(),
        "broken.rule": b"rule broken\n  version one\n",
    }
    for name, content in texts.items():
        (directory / name).write_bytes(content)
    error = " ".join(typed("rule", "import", str(directory), code=2).replace("│", " ").split())
    for place in (
        "broken.rule:2:",
        "other.rule:1: the rule is named good",
        "unknown.rule:5: RL",
        "untidy.rule:2: is not",
    ):
        assert place in error
    assert "good.rule:" not in error.replace("rule is named good, so the file must be good.rule", "")
    assert typed.json("rule", "list")["rules"] == []
    (directory / "broken.rule").write_bytes(b"rule \xff")
    assert "broken.rule:1: is not UTF-8" in typed("rule", "import", str(directory), code=2)


def test_the_people_of_one_decision_are_listed_by_id_alone(typed: Typed, tmp_path: Path) -> None:
    file, listed = tmp_path / "winback.rule", tmp_path / "ids.txt"
    file.write_text(rule_text(), encoding="utf-8")
    (contact,) = typed.json("plan", str(file), "--list", "planned")["contact_ids"]
    assert typed("plan", "--plan", "1", "--list", "planned") == f"{contact}\n"
    assert typed("plan", "--plan", "1", "--list", "planned", "--after", str(contact)) == ""
    assert typed("plan", "--plan", "1", "--list", "excluded:no_consent") == ""
    typed("plan", "--plan", "1", "--list", "planned", "--to", str(listed))
    assert listed.read_text("utf-8") == f"{contact}\n"
    assert listed.stat().st_mode & 0o777 == 0o600
    assert "excluded:no_consent?" in typed("plan", "--plan", "1", "--list", "excluded:no_consnet", code=2)
    assert "RC-PLAN-001" in typed("plan", "--plan", "9", "--list", "planned", code=2)
    for bad in (
        (),
        ("--plan", "1"),
        (str(file), "--plan", "1", "--list", "planned"),
        (str(file), "--after", "3"),
    ):
        assert "RC-PLAN-014" in typed("plan", *bad, code=2)
