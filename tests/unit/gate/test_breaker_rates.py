"""The breaker holds a bad launch within a hundred messages of its first signs, and leaves a usual one alone (F82)."""

import random
from dataclasses import replace
from datetime import date

import pytest

from rulecast.values.ids import RuleVersionId, RunId
from rulecast.wiring.breaker.rates import ALPHA, USUAL, Counted, find_unusual, usual_share
from rulecast.wiring.breaker.store import LaunchedCounts, UsualCounts

PER_SECOND = 80
OUTCOME_SECONDS = (0.4, 1.6)
# From the commit that counted a bad end to the last request: pause, look, hold, notice.
HOLD_SECONDS = 0.3
NOBODY = LaunchedCounts(
    run_id=RunId(1),
    rule_version_id=RuleVersionId(1),
    rule_name="winback",
    business_number_id="1",
    launched_on=date(2026, 11, 17),
    delivered=0,
    failed=0,
    opted_out=0,
    blocked=0,
    number_delivered=0,
    number_failed=0,
    number_opted_out=0,
    number_blocked=0,
    is_at_rest=False,
)


def row(**counts: int) -> LaunchedCounts:
    return replace(NOBODY, **counts, **{f"number_{name}": count for name, count in counts.items()})


def launch(seed: int, *, opt_outs: float = 0.0, blocks: float = 0.0) -> tuple[int | None, int]:
    """Send at full pace to an audience; return how many left after the first bad sign was there (None: not held)."""
    chance = random.Random(seed)
    ends: list[tuple[float, str]] = []
    for place in range(1_500):
        at = place / PER_SECOND + chance.uniform(*OUTCOME_SECONDS)
        kind = (
            "blocked"
            if chance.random() < blocks
            else "opted_out"
            if chance.random() < opt_outs
            else "delivered"
        )
        ends.append((at, kind))
    ends.sort()
    counts = {"delivered": 0, "failed": 0, "opted_out": 0, "blocked": 0}
    first_sign: float | None = None
    for at, kind in ends:
        counts["failed" if kind == "blocked" else "delivered"] += 1
        if kind == "delivered":
            continue
        counts[kind] += 1
        first_sign = at if first_sign is None else first_sign
        if find_unusual([row(**counts)], []):
            return round((at + HOLD_SECONDS - first_sign) * PER_SECOND), len(ends)
    return None, len(ends)


@pytest.mark.parametrize(("opt_outs", "blocks"), [(0.2, 0.0), (0.3, 0.0), (0.6, 0.0), (0.0, 0.5), (0.3, 0.5)])
def test_a_hostile_audience_is_held_within_a_hundred_messages(opt_outs: float, blocks: float) -> None:
    left = [launch(seed, opt_outs=opt_outs, blocks=blocks)[0] for seed in range(40)]
    assert all(one is not None and one <= 100 for one in left), left


@pytest.mark.parametrize(("opt_outs", "blocks"), [(0.1, 0.0), (0.06, 0.0), (0.0, 0.2)])
def test_a_bad_audience_is_held_within_sixty_seconds(opt_outs: float, blocks: float) -> None:
    left = [launch(seed, opt_outs=opt_outs, blocks=blocks)[0] for seed in range(40)]
    assert all(one is not None and one <= 60 * PER_SECOND for one in left), left


def test_a_usual_audience_gets_everything() -> None:
    # Forty launches of 1,500 messages at what is usual: at the stated rate one false alarm in 83 such rows of launches.
    assert ALPHA * 3 * 40 < 0.02
    assert all(
        launch(seed, opt_outs=USUAL["opt_outs"], blocks=USUAL["blocks"] * 0.9)[0] is None
        for seed in range(40)
    )


def test_what_is_usual_comes_from_the_rules_own_history() -> None:
    calm = Counted(delivered=100_000, opted_out=50)
    assert usual_share("opt_outs", calm) == 0.004
    loud = Counted(delivered=20_000, opted_out=600)
    assert 0.045 < usual_share("opt_outs", loud) < 0.05
    assert usual_share("opt_outs", Counted(delivered=199, opted_out=100)) == USUAL["opt_outs"]
    # Three in a hundred are usual for the loud rule, and not for others.
    counts = row(delivered=1_000, opted_out=40)
    history = UsualCounts(
        rule_name="winback", business_number_id="1", delivered=20_000, failed=0, opted_out=600, blocked=0
    )
    assert find_unusual([counts], [history]) == []
    found = find_unusual([counts], [replace(history, rule_name="other", business_number_id="2")])
    assert [(one.measure, one.rule_version_id) for one in found] == [("opt_outs", 1)]


def test_a_number_is_meant_only_by_what_no_rule_explains() -> None:
    # Six rules, none of which alone has enough bad ends to be told from chance.
    mild = [
        replace(row(delivered=40, opted_out=2), rule_version_id=RuleVersionId(one), run_id=RunId(one))
        for one in range(1, 8)
    ]
    assert [(one.measure, one.rule_version_id) for one in find_unusual(mild, [])] == [("opt_outs", None)]
    assert find_unusual(mild[:2], []) == []


def test_one_of_two_rules_of_a_number_is_held_and_the_other_goes_on() -> None:
    good = replace(row(delivered=5_000), rule_version_id=RuleVersionId(2), rule_name="calm", run_id=RunId(2))
    bad = row(delivered=100, opted_out=12)
    assert [one.rule_version_id for one in find_unusual([good, bad], [])] == [1]
    # What is held already is not held again; opt-outs that were told before their deliveries count once.
    assert find_unusual([good, replace(bad, is_at_rest=True)], []) == []
    assert Counted(opted_out=4).share_of("opt_outs") == (4, 4)
