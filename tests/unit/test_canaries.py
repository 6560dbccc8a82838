"""The scan for values of people: it finds each kind, as text and as bytes, and takes nothing else for one."""

from pathlib import Path

import pytest
from tests.canaries import TYPED, fail_what_told, kinds_in, leaks_in_files, leaks_in_sections, values_of
from tests.people import EVERYBODY

WAMID = "wamid.HBgLMjEyNjEyMzQ1Njc4"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((one.phone, "phone") for one in EVERYBODY),
        ("212612000017", "phone"),
        ("Asha 7", "name"),
        (WAMID, "wamid"),
        ("MA.13491208655302741918", "bsuid"),
        ("US.ENT.13491208655302741918", "bsuid"),
        (TYPED, "free text"),
    ],
)
def test_each_kind_of_value_is_found_in_text_and_in_bytes(value: str, kind: str) -> None:
    assert kinds_in(f'{{"to": "{value}"}}') == {kind: 1}
    assert kind in kinds_in(f"(1,\\x00ff{value.removeprefix('+').encode().hex()}00,t)")


@pytest.mark.parametrize(
    "text",
    [
        "asked by Asha, approved by Bilal",
        "2126 messages, 120000010 people",
        "run 212612000017123 of plan 7",
        "\\x212612000017abcdef",
        "2026-11-17 19:55:00.212612",
        "wamid is missing",
        "sent to [number] of MA",
    ],
)
def test_what_is_no_value_of_a_person_is_not_taken_for_one(text: str) -> None:
    assert kinds_in(text) == {}


def test_a_test_that_prints_a_value_fails_and_its_report_does_not_show_it() -> None:
    sections = [("Captured stdout call", "quiet"), ("Captured log call", f"sent {WAMID} to +212612000001")]
    (leak,) = leaks_in_sections(sections)
    assert leak == "Captured log call: {'phone': 1, 'wamid': 1}"
    report = pytest.TestReport("tests/x.py::y", ("x.py", 1, "y"), {}, "passed", None, "teardown", sections)
    fail_what_told(report)
    assert report.failed
    assert kinds_in(str(report.longrepr)) == {}
    quiet = pytest.TestReport("tests/x.py::y", ("x.py", 1, "y"), {}, "passed", None, "teardown", sections[:1])
    fail_what_told(quiet)
    assert quiet.passed


def test_files_are_scanned_beside_those_of_strangers(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator" / "ledger.jsonl").write_text("+212612000001")
    (tmp_path / "home" / "serve.log").write_bytes(b"\xff\x00 Asha 3 asked")
    (tmp_path / "home" / "mart").write_bytes(b"\x00\x01 33699887766")
    stranger = [tmp_path / "simulator"]
    assert leaks_in_files(tmp_path, besides=stranger) == ["home/serve.log: {'name': 1}"]
    rows = [{"to": "+33699887766", "wamid": None, "virtual": 1.5}]
    assert values_of(rows) == {"33699887766"}
    found = leaks_in_files(tmp_path, besides=stranger, values=values_of(rows))
    assert found == ["home/mart: {'given value': 1}", "home/serve.log: {'name': 1}"]
