"""A hundred processes die at every named point; nobody is messaged twice (F01 F02 F03 F04 F09 F13 F15 F44 F76 F78)."""

from pathlib import Path

from tests.soak.kills import as_json, holds, run_kills

from rulecast.values.failpoints import Failpoint


def test_a_hundred_kills_at_every_point_duplicate_and_lose_nothing(tmp_path: Path) -> None:
    report = run_kills(100, 1, tmp_path)
    figures = as_json(report)
    assert holds(report), figures
    assert report.kills == 100
    # A point that nobody dies at is a promise that nobody tests.
    assert set(Failpoint) <= set(report.by_point), set(Failpoint) - set(report.by_point)
    assert report.unknown_max <= report.in_flight_max, figures
    assert report.accepted > 100, figures
    assert report.doubts_accepted > 0, figures
