"""The runner of the kinds of tests counts what ran: nothing that did not run passes."""

import re
from pathlib import Path

import pytest
from tests import kinds

SKIPPED = "import pytest\n\n\ndef test_it_runs():\n    pass\n\n\n@pytest.mark.skip\ndef test_it_does_not():\n    pass\n"


PASSING = "def test_it_runs():\n    pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kinds, "ROOT", tmp_path)
    monkeypatch.setattr(kinds, "WORKERS", "0")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    for kind in ("unit", "spec"):
        (tmp_path / "tests" / kind).mkdir(parents=True)
    return tmp_path / "tests"


@pytest.mark.parametrize(("variable", "counted"), [("true", (1, 1)), ("", (1, 0))])
def test_in_ci_a_skipped_test_is_a_failed_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, counted: tuple[int, int]
) -> None:
    (folder / "unit" / "test_skipped.py").write_text(SKIPPED)
    monkeypatch.setenv("CI", variable)
    assert kinds.run_round(["unit"]) == counted


@pytest.mark.parametrize(
    ("text", "counted", "said"),
    [
        ("def test_it_fails():\n    assert False\n", (1, 1), "spec: 0 passed, 1 failed"),
        ("import a_module_that_nobody_wrote\n", (0, 2), "unit: 0 passed, 1 failed"),
    ],
)
def test_kinds_that_run_together_are_counted_apart(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, counted: tuple[int, int], said: str
) -> None:
    (folder / "unit" / "test_passing.py").write_text(PASSING)
    (folder / "spec" / "test_other.py").write_text(text)
    assert kinds.run_round(["unit", "spec"]) == counted
    assert said in re.sub(r" [\d.]+ s,", "", capsys.readouterr().out)
