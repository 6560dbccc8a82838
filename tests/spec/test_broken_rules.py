"""`rulecast rule check --json` finds each mistake of a folder of broken rules at its place."""

import json
from pathlib import Path

import pytest

from rulecast.cli.app import run_command
from rulecast.rule.language.problem import KINDS

FOLDER = Path(__file__).parents[1] / "data" / "broken_rules"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
# A text too large, a rule as JSON, and a segment that only a workspace file can spoil.
NO_FILE_HAS = {"RL-002", "RL-008", "RL-061"}


def test_each_mistake_is_found_with_its_code_at_its_span(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = {"HOME": str(tmp_path), "RULECAST_HOME": str(tmp_path / "home")}
    assert run_command(("rule", "check", "--json", str(FOLDER)), environment) == 1
    answers = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    found = {
        Path(answer["file"]).stem: [
            {"code": problem["code"], "span": problem["span"]} for problem in answer["problems"]
        ]
        for answer in answers
    }
    assert found == EXPECTED


def test_there_are_sixty_broken_rules_and_every_code_of_a_file_among_them() -> None:
    codes = {problem["code"] for problems in EXPECTED.values() for problem in problems}
    assert codes == {kind.code for kind in KINDS} - NO_FILE_HAS
    assert len([problems for problems in EXPECTED.values() if problems]) >= 60
