"""The page of faults has a row for every number of the catalogue, and each row names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"(?m)^\| F(\d+) \|([^|]+)\|([^|]+)\|([^|]+)\|$")
TEST = re.compile(r"`(?:(tests/[a-z0-9_/]+\.py))?::(test_\w+)`")
MENTION = re.compile(r"`(tests/[a-z0-9_/]+\.py)`")
# What reads data, rules and templates in (F88 to F97) has its tests in those rooms.
CATALOGUE = [*range(1, 88), *range(98, 108)]
ROWS = {int(number): (expected, tests) for number, _, expected, tests in ROW.findall(PAGE.read_text("utf-8"))}


def test_every_fault_of_the_catalogue_has_one_row() -> None:
    numbers = [int(one[0]) for one in ROW.findall(PAGE.read_text("utf-8"))]
    assert numbers == CATALOGUE


@pytest.mark.parametrize("number", CATALOGUE)
def test_the_tests_of_a_fault_exist(number: int) -> None:
    expected, tests = ROWS[number]
    assert expected.strip()
    named = TEST.findall(tests)
    assert named
    path = ""
    for file, name in named:
        # A test without a file stands in the file named before it.
        path = file or path
        assert re.search(rf"(?m)^(async )?def {name}\(", (ROOT / path).read_text("utf-8")), f"{path}::{name}"
    for file in MENTION.findall(PAGE.read_text("utf-8")):
        assert (ROOT / file).is_file()
