"""The life of a rule version: which steps are possible, and that the drawing shows exactly them."""

import itertools
import re
from pathlib import Path

import pytest

from rulecast.rule.book.errors import StepNotAllowedError
from rulecast.rule.book.states import HOLD_SENTENCES, STEPS, Act, HoldReason, RuleState, next_state

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "life-of-a-rule.md"
DRAWN = re.compile(r"(?m)^ +(\w+) -->\|(\w+)\| (\w+)$")


@pytest.mark.parametrize(("state", "act"), list(itertools.product(RuleState, Act)))
def test_every_step_is_allowed_or_refused_by_the_table(state: RuleState, act: Act) -> None:
    if (state, act) in STEPS:
        assert next_state(state, act) is STEPS[state, act]
    else:
        with pytest.raises(StepNotAllowedError):
            next_state(state, act)


@pytest.mark.parametrize("state", [one for one in RuleState if (one, Act.HOLD) in STEPS])
def test_a_held_rule_goes_back_to_where_it_was_held(state: RuleState) -> None:
    assert next_state(state, Act.HOLD) is RuleState.HELD
    assert next_state(RuleState.HELD, Act.RESUME, held_from=state) is state


def test_nothing_leads_from_an_archived_rule_to_a_run_without_a_new_approval() -> None:
    leaving = {act: to for (start, act), to in STEPS.items() if start is RuleState.ARCHIVED}
    assert leaving == {Act.SAVE: RuleState.DRAFT}
    assert all(start is RuleState.APPROVED for (start, act) in STEPS if act is Act.ACTIVATE)


def test_the_page_draws_the_steps_of_the_table() -> None:
    drawn = {
        (RuleState(start), Act(act), RuleState(end)) for start, act, end in DRAWN.findall(PAGE.read_text())
    }
    resumed = {(RuleState.HELD, Act.RESUME, start) for (start, act) in STEPS if act is Act.HOLD}
    assert drawn == {(start, act, end) for (start, act), end in STEPS.items()} | resumed


def test_every_reason_of_a_hold_has_a_sentence() -> None:
    assert set(HOLD_SENTENCES) == set(HoldReason)
