"""Next steps whose time has come: who has answered, bought or left gets none, the others a plan of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from rulecast.account.errors import RateUnknownError
from rulecast.database import Connection
from rulecast.gate.follow_up import StepQuestion, find_endings
from rulecast.plan.errors import BudgetCurrencyError, PlanInputError, RuleRefusedError
from rulecast.rule.book.store import find_rule_version
from rulecast.rule.language.follow_up import follow_up_of
from rulecast.values.ids import ContactId, PlanId
from rulecast.wiring.moments import store
from rulecast.wiring.moments.records import DueStep
from rulecast.wiring.plan_draft import Follows, PlanRequest
from rulecast.wiring.plan_making import make_plans
from rulecast.wiring.plan_terms import check
from rulecast.wiring.standing import ITSELF
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("follow_ups")

PLANNED_AT_ONCE = 1_000
"""People whose steps are looked at together: a plan for them takes about a second."""
LATE_MAX = timedelta(hours=72)
"""As long as a plan lives: a step that a pause or a standstill kept for longer would come out of the blue."""


REFUSALS = (RuleRefusedError, PlanInputError, BudgetCurrencyError, RateUnknownError)
"""What is wrong with a rule itself: trying again would not help. Everything else is tried again."""


class StepsMovedError(Exception):
    """Somebody else has settled steps that were being planned; nothing is stored, and they are looked at again."""


async def plan_due_steps(workspace: Workspace) -> int:
    """Plan what is due, one plan for each run and step, and return for how many people something was settled."""
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        due = await store.list_due_steps(connection, now=now, count=PLANNED_AT_ONCE)
        archived = await store.list_archived(connection, {one.rule_version_id for one in due})
    groups: dict[tuple[int, int], list[DueStep]] = {}
    for one in due:
        groups.setdefault((one.first_run_id, one.step), []).append(one)
    failed: Exception | None = None
    for group in groups.values():
        endings = {
            one.contact_id: "archived" if one.rule_version_id in archived else "late"
            for one in group
            if one.rule_version_id in archived or now - one.due_at > LATE_MAX
        }
        try:
            await _settle(workspace, group, endings, now=now)
        except StepsMovedError:
            continue
        except Exception as error:
            # The others do not wait for the group that fails, which is tried again.
            LOG.exception("a step could not be planned", rule_name=group[0].rule_name, step=group[0].step)
            failed = failed or error
    if failed is not None:
        raise failed
    return len(due)


async def _settle(
    workspace: Workspace, group: Sequence[DueStep], endings: dict[ContactId, str], *, now: datetime
) -> None:
    """End or plan the step of each person of one run; where it cannot be planned at all, it ends for everybody."""
    first = group[0]
    try:
        follows, question = await _read(workspace, first)
        async with workspace.database.transaction() as connection:
            catalogue = await workspace.catalogue(connection)
            left = [one.contact_id for one in group if one.contact_id not in endings]
            found = await find_endings(connection, question, left, catalogue=catalogue, now=now)
            endings |= {ContactId(contact_id): ending.value for contact_id, ending in found.items()}
            await _end(connection, first, endings, now=now)
        going_on = frozenset(left) - endings.keys()
        if going_on:
            await _plan(workspace, follows, going_on, now=now)
    except REFUSALS as error:
        LOG.warning("a step cannot be planned", rule_name=first.rule_name, step=first.step, code=error.code)
        async with workspace.database.transaction() as connection:
            refused = {one.contact_id: error.code for one in group}
            await _end(connection, first, refused, now=now)


async def _read(workspace: Workspace, due: DueStep) -> tuple[Follows, StepQuestion]:
    """Return which step of which version follows, and by what it is decided.

    Raises:
        RuleRefusedError: the rule no longer checks, or has no such step.
    """
    async with workspace.database.connection() as connection:
        version = await find_rule_version(connection, due.rule_version_id)
        catalogue = await workspace.catalogue_of_runs(connection)
    assert version is not None, "a step belongs to a kept version"
    checked = check(version.text, catalogue)
    if due.step > len(checked.rule.follow_ups) + 1:
        raise RuleRefusedError(f"The rule {due.rule_name} has no step {due.step}.")
    question = StepQuestion(
        first_run_id=due.first_run_id,
        step=due.step,
        clause=follow_up_of(checked, due.step),
        success=checked.success,
    )
    return Follows(step=due.step, first_run_id=due.first_run_id, version=version), question


async def _end(
    connection: Connection, due: DueStep, endings: Mapping[ContactId, str], *, now: datetime
) -> None:
    if endings:
        await store.end_steps(connection, endings, first_run_id=due.first_run_id, step=due.step, now=now)


async def _plan(
    workspace: Workspace, follows: Follows, people: frozenset[ContactId], *, now: datetime
) -> None:
    async def settle(connection: Connection, plan_ids: Sequence[PlanId]) -> None:
        (plan_id,) = plan_ids
        moved = await store.plan_steps(
            connection, plan_id, people, first_run_id=follows.first_run_id, step=follows.step, now=now
        )
        if moved != len(people):
            raise StepsMovedError

    request = PlanRequest(
        texts=(follows.version.text,),
        created_by=ITSELF,
        contacts=(people,),
        after_store=settle,
        follows=follows,
    )
    await make_plans(workspace, None, request)
