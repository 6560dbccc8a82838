"""PostgreSQL dies five times in the middle of a campaign, and both ledgers balance (F43 F66 F76 P10 P13 P14)."""

from pathlib import Path

from tests.soak.own_postgres import KINDS
from tests.soak.postgres_kills import as_json, holds, run_crashes

CRASHES = 5


def test_five_crashes_of_postgresql_lose_and_repeat_nothing_f43_f66_f76(tmp_path: Path) -> None:
    report = run_crashes(CRASHES, 1, tmp_path)
    figures = as_json(report)
    assert holds(report), figures
    assert set(report.by_kind) == set(KINDS)
    assert report.acknowledged > CRASHES, figures
