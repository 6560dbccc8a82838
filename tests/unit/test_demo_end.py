"""What the demonstration tells a visitor to type next can be typed as it stands."""

from pathlib import Path

import pytest

from rulecast.cli.demo_end import program_name


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter of a virtual environment that is not on the path."""
    monkeypatch.setenv("PATH", "/nowhere")
    folder = tmp_path / "check out" / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "rulecast").touch(mode=0o755)
    return folder / "python"


def test_the_program_is_named_by_its_place_where_it_is_not_on_the_path(python: Path, tmp_path: Path) -> None:
    assert program_name(python, tmp_path / "check out") == ".venv/bin/rulecast"
    assert program_name(python, tmp_path / "elsewhere") == f"'{python.parent}/rulecast'"


def test_the_program_is_named_shortly_where_it_is_on_the_path(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(python.parent))
    assert program_name(python, tmp_path) == "rulecast"


def test_a_program_without_a_script_is_run_as_a_module(tmp_path: Path) -> None:
    assert program_name(tmp_path / "python", tmp_path) == f"{tmp_path}/python -m rulecast"
