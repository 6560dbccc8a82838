"""The table of Graph versions and what the doctor makes of it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from rulecast.config import Settings
from rulecast.config.graph_versions import GRAPH_VERSION_NEWEST, GRAPH_VERSIONS
from rulecast.wiring.doctor import examine_settings
from rulecast.wiring.finding import Finding, Health


def finding(version: str, today: date) -> Finding:
    settings = replace(Settings(), graph_version=version)
    return next(one for one in examine_settings(settings, today) if one.name == "Graph version")


def test_the_default_is_the_newest_of_the_table() -> None:
    assert Settings().graph_version == GRAPH_VERSION_NEWEST == "v26.0"
    ends = [one.ends_on for one in GRAPH_VERSIONS[:-1]]
    assert all(
        before is not None and after is not None and before < after for before, after in pairwise(ends)
    )


@pytest.mark.parametrize("version", [one.name for one in GRAPH_VERSIONS if one.ends_on is not None])
def test_a_version_is_warned_of_for_ninety_days_and_refused_from_its_last_day_on(version: str) -> None:
    ends_on = next(one.ends_on for one in GRAPH_VERSIONS if one.name == version)
    assert ends_on is not None
    steps = {91: Health.GOOD, 90: Health.NOTE, 1: Health.NOTE, 0: Health.PROBLEM, -1: Health.PROBLEM}
    for days, health in steps.items():
        found = finding(version, ends_on - timedelta(days=days))
        assert found.health is health
        assert (GRAPH_VERSION_NEWEST in found.what_to_do) == (health is not Health.GOOD)


def test_a_version_outside_the_table_is_told_apart_by_its_side() -> None:
    today = date(2026, 11, 22)
    assert finding("v26.0", today).health is Health.GOOD
    assert finding("v27.0", today).health is Health.NOTE
    assert finding("v19.0", today).health is Health.PROBLEM
