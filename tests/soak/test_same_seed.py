"""The same seed tells the same story at any hour."""

from pathlib import Path

import pytest

from tests.demonstration import play_demo

PEOPLE, SEED = 2_500, 3

# Two demonstrations on a machine that does other things too.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


def test_two_demonstrations_of_one_seed_have_equal_figures(tmp_path: Path) -> None:
    first, second = (
        play_demo(tmp_path / name, people=PEOPLE, seed=SEED).figures for name in ("first", "second")
    )
    assert first.pop("seconds") > 0
    assert second.pop("seconds") > 0
    assert first == second
