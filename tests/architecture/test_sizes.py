"""Files and functions stay small enough to read."""

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
PUBLIC_NAMES_MAX = 10
VAGUE_NAMES = {"utils", "helpers", "common", "manager", "misc"}


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def test_no_file_has_more_than_400_lines() -> None:
    long = {str(path.relative_to(SOURCE)): len(path.read_text("utf-8").splitlines()) for path in files()}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_has_more_than_50_lines() -> None:
    long = [
        f"{path.relative_to(SOURCE)}:{node.name} {(node.end_lineno or 0) - node.lineno + 1}"
        for path in files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_file_has_a_vague_name() -> None:
    assert [str(path.relative_to(SOURCE)) for path in files() if path.stem in VAGUE_NAMES] == []


def test_a_room_offers_at_most_ten_names() -> None:
    crowded = {}
    for path in SOURCE.rglob("__init__.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            is_list = isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
            if (
                is_list
                and getattr(node.targets[0], "id", "") == "__all__"
                and len(node.value.elts) > PUBLIC_NAMES_MAX
            ):
                crowded[str(path.relative_to(SOURCE))] = len(node.value.elts)
    assert crowded == {}


def test_every_room_says_what_comes_in_and_what_goes_out() -> None:
    silent = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
