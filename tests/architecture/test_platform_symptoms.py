"""The page of platform symptoms names tests that exist, for every symptom; and what rulecast never asks of Meta."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "platform-symptoms.md"
ROW = re.compile(r"(?m)^\| (\d+) \|[^|]+\|[^|]+\|([^|]+)\|$")
TEST = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(test_\w+))?`")
SYMPTOMS = 50
ROWS = {int(number): TEST.findall(tests) for number, tests in ROW.findall(PAGE.read_text("utf-8"))}


def test_every_symptom_has_one_row() -> None:
    assert sorted(ROWS) == list(range(1, SYMPTOMS + 1))
    assert PAGE.read_text("utf-8").count("\n| ") == SYMPTOMS + 2


@pytest.mark.parametrize("number", range(1, SYMPTOMS + 1))
def test_the_tests_of_a_symptom_exist(number: int) -> None:
    named = ROWS[number]
    assert named
    for path, name in named:
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"(?m)^(async )?def {name or 'test_'}", text), f"{path}::{name}"


def test_rulecast_overrides_no_callback_and_asks_for_no_analytics() -> None:
    """Overrides reach messages only and need a subscription before; analytics need aligned days and a consent."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "src" / "rulecast").rglob("*.py")}
    words = ("override_callback_uri", "template_analytics", "pricing_analytics", "conversation_analytics")
    assert [(path.name, word) for path, text in texts.items() for word in words if word in text] == []
