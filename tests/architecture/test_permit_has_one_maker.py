"""Only the gate makes permits: nothing else in the product constructs one."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "rulecast"
MAKER = SOURCE / "gate" / "authorise.py"


def makers() -> set[Path]:
    """Return the files in which `Permit(...)` is called, under whatever name it was imported."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {"Permit"} | {
            alias.asname
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.name == "Permit" and alias.asname
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                found.add(file)
    return found


def test_only_the_gate_constructs_a_permit() -> None:
    assert makers() == {MAKER}


def test_nobody_makes_a_permit_by_copying_one() -> None:
    for file in (SOURCE / "deliver").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "replace(permit" not in text
        assert "object.__new__" not in text
