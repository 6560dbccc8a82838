"""The watch over every request of the tests sees what it must see."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.sent_bodies import VARIABLE, BodiesOfTest, SentBodies

from cloud_api_simulator.kept_bodies import VARIABLE as ITS_VARIABLE
from cloud_api_simulator.kept_bodies import keep_body

MARK = "AAECAwQFBgcICQoLDA0ODw"
TEXT = {
    "messaging_product": "whatsapp",
    "to": "+212612345678",
    "type": "text",
    "text": {"body": "x"},
    "biz_opaque_callback_data": MARK,
}


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SentBodies:
    bodies = SentBodies()
    bodies.path = tmp_path / "bodies"
    monkeypatch.setenv(VARIABLE, str(bodies.path))
    assert VARIABLE == ITS_VARIABLE
    return bodies


def special(component: dict[str, Any]) -> dict[str, Any]:
    """Return a template message with one special component."""
    template = {"name": "sale", "language": {"code": "fr"}, "components": [component]}
    return {"type": "template", "template": template}


def offer(**value: object) -> dict[str, Any]:
    parameter = {"type": "limited_time_offer", "limited_time_offer": value}
    return special({"type": "limited_time_offer", "parameters": [parameter]})


def cards(count: int, kind: str = "header") -> dict[str, Any]:
    header = {"type": kind, "parameters": [{"type": "image", "image": {"id": "1"}}]}
    made = [{"card_index": index, "components": [header]} for index in range(count)]
    return special({"type": "carousel", "cards": made})


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"to": "212612345678"}, "plus sign"),
        ({"recipient": "MA.1"}, "one of them only"),
        ({"text": None}, "text"),
        ({"type": "template"}, "'template' is a required property"),
        ({"biz_opaque_callback_data": "of a test"}, None),
        (offer(expiration_time_ms=1_798_757_940_000), None),
        (offer(expiration_time_ms=1_798_757_940), "less than the minimum"),
        (offer(expiration_time="tomorrow"), "not allowed"),
        (cards(2), None),
        (cards(1), "too short"),
        (cards(11), "too long"),
        (cards(2, "body"), "does not contain"),
    ],
)
def test_a_request_of_ours_that_breaks_the_schema_is_seen(
    watch: SentBodies, change: dict[str, Any], fault: str | None
) -> None:
    keep_body(json.dumps({**TEXT, **change}, indent=1).encode())
    found = watch.new_faults()
    assert (fault is None) == (found == [])
    assert fault is None or fault in found[0]
    assert watch.new_faults() == []


@pytest.mark.real_data
def test_what_a_test_reads_of_its_own_bodies_is_checked_as_well(watch: SentBodies) -> None:
    keep_body(json.dumps(TEXT).encode())
    assert watch.new_faults() == []
    bodies = BodiesOfTest(watch)
    wrong = {**TEXT, "text": None}
    keep_body(json.dumps(wrong).encode())
    assert bodies.read() == [wrong]
    assert watch.new_faults() != []


def test_no_test_keeps_bodies_in_a_file_that_nobody_checks() -> None:
    tests = Path(__file__).parents[1]
    naming = {
        str(file.relative_to(tests)) for file in tests.rglob("*.py") if VARIABLE in file.read_text("utf-8")
    }
    assert naming == {"sent_bodies.py"}
