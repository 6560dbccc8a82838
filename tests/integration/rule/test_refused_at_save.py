"""What a rule cannot be kept with, because of what else the workspace says: circles through segments, unknown money."""

import pytest
from tests.planning import planning_workspace, rule_text
from tests.triggering import put_in_force, triggered_rule

from rulecast.config import Settings
from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.book.errors import RuleLoopError
from rulecast.values.clock import ManualClock
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.workspace_file import apply_workspace_file

SEGMENTS = """[segments]
greeted = 'tag "greeted"'
known = 'in segment "greeted" or city = "rabat"'
"""


@pytest.mark.parametrize(
    ("condition", "is_loop"), [('in segment "known"', True), ('not in segment "greeted"', False)]
)
async def test_f94_rules_that_start_each_other_through_a_segment_are_refused(
    settings: Settings, clock: ManualClock, condition: str, is_loop: bool
) -> None:
    entering = "on entering the audience"
    first = triggered_rule(
        "first", entering, condition=condition, clauses='when delivered: tag add "welcomed"'
    )
    second = triggered_rule(
        "second", entering, condition='tag "welcomed"', clauses='when delivered: tag add "greeted"'
    )
    async with planning_workspace(settings, clock) as workspace:
        await apply_workspace_file(workspace, SEGMENTS, source="workspace.toml")
        await put_in_force(workspace, first)
        if is_loop:
            with pytest.raises(RuleLoopError, match='tag add "greeted" starts first'):
                await keep_rule(workspace, second)
        else:
            await keep_rule(workspace, second)


async def test_a_budget_in_money_the_workspace_does_not_know_is_refused_at_its_place(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        for text in (
            rule_text(clauses="budget 800 EUR per month"),
            rule_text(clauses="budget 800 EUR per run"),
        ):
            with pytest.raises(RuleRefusedError) as refused:
                await keep_rule(workspace, text)
            assert "does not say what EUR counts as in a budget, only MAD, USD" in str(refused.value)
            assert 'EUR = "0.10"' in str(refused.value)
            with pytest.raises(RuleRefusedError):
                await plan_rules(workspace, [text])
        for currency in ("USD", "MAD"):
            await keep_rule(workspace, rule_text(clauses=f"budget 800 {currency} per month"))
