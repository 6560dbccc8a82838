"""A hundred sending processes die at named points, and nobody is messaged twice (F01 F02 F03 F04 F09 F13 F15)."""

from pathlib import Path

from tests.soak.kills import as_json, holds, run_kills


def test_a_hundred_kills_duplicate_and_lose_nothing(tmp_path: Path) -> None:
    report = run_kills(100, 1, tmp_path)
    figures = as_json(report)
    assert holds(report), figures
    assert report.kills == 100
    assert set(report.by_fault) == {"F01", "F02", "F03", "F04", "F09", "F13", "F15"}
    assert report.unknown_max <= report.in_flight_max, figures
    assert report.accepted > 100, figures
