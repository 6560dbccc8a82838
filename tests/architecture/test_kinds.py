"""The runner of the kinds of tests counts what ran: nothing that did not run passes."""

from pathlib import Path

import pytest
from tests import kinds

SKIPPED = "import pytest\n\n\ndef test_it_runs():\n    pass\n\n\n@pytest.mark.skip\ndef test_it_does_not():\n    pass\n"


@pytest.mark.parametrize(("variable", "counted"), [("true", (1, 1)), ("", (1, 0))])
def test_in_ci_a_skipped_test_is_a_failed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, counted: tuple[int, int]
) -> None:
    folder = tmp_path / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "test_skipped.py").write_text(SKIPPED)
    monkeypatch.setattr(kinds, "ROOT", tmp_path)
    monkeypatch.setattr(kinds, "WORKERS", "0")
    monkeypatch.setenv("CI", variable)
    assert kinds.run_kind("unit") == counted
