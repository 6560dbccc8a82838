"""Replies that moments asked for become messages, under the approval of the run whose message was answered."""

from collections.abc import Sequence

import structlog

from rulecast.conversation.windows import SAFETY_MARGIN, SERVICE_WINDOW
from rulecast.database import Connection
from rulecast.gate.reply_terms import REPLY_STEP, links_of
from rulecast.plan import Plan
from rulecast.plan import store as plan_store
from rulecast.rule.book import RuleState
from rulecast.rule.book.store import find_kept
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import ReplyAction
from rulecast.values.purpose import Purpose
from rulecast.wiring.launch import find_forgery
from rulecast.wiring.replies import store
from rulecast.wiring.replies.open_run import NewReplyRun, open_reply_run
from rulecast.wiring.replies.price_replies import price_replies
from rulecast.wiring.replies.records import ReplyRun, WaitingReply
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("replies")

WRITTEN_AT_ONCE = 1_000
"""Replies written in one go: far below what a transaction takes."""
OPEN_FOR = SERVICE_WINDOW - SAFETY_MARGIN


async def write_due_replies(workspace: Workspace) -> int:
    """Write what waits and return how many replies were settled; what fails is tried again, the others go on."""
    async with workspace.database.connection() as connection:
        waiting = await store.list_waiting(connection, count=WRITTEN_AT_ONCE)
    groups: dict[tuple[int, int], list[WaitingReply]] = {}
    for one in waiting:
        groups.setdefault((one.answered_run_id, one.position), []).append(one)
    failed: Exception | None = None
    for group in groups.values():
        try:
            async with workspace.database.transaction() as connection:
                await _write(connection, workspace, group)
        except Exception as error:
            LOG.exception("replies could not be written", run=group[0].answered_run_id)
            failed = failed or error
    if failed is not None:
        raise failed
    return len(waiting)


async def _write(connection: Connection, workspace: Workspace, group: Sequence[WaitingReply]) -> None:
    now = workspace.clock.now()
    late = [one for one in group if now >= one.asked_at + OPEN_FOR]
    if late:
        await store.settle(connection, late, state="ended", why="late", now=now)
    timely = [one for one in group if one not in late]
    if not timely:
        return
    plan = await plan_store.find_plan(connection, timely[0].answered_plan_id)
    kept = await find_kept(connection, plan.rule_version_id)
    rule = parse_rule(kept.text)
    action = rule.actions[timely[0].position - 1] if isinstance(rule, Rule) else None
    why = find_forgery(workspace, plan)
    if kept.state is RuleState.ARCHIVED:
        why = "the rule is archived"
    if not isinstance(rule, Rule) or not isinstance(action, ReplyAction):
        why = "the rule cannot be read any more"
    if why is not None or not isinstance(action, ReplyAction):
        LOG.warning("replies were not written", rule_name=plan.rule_name, why=why)
        await store.settle(connection, timely, state="ended", why=why or "", now=now)
        return
    run = await _find_or_open(connection, workspace, plan, action, answered=timely[0])
    people = [(one.contact_id, one.asked_at, one.asked_at + OPEN_FOR) for one in timely]
    prices_e4 = await price_replies(connection, workspace, run.run_id, [one.contact_id for one in timely])
    await store.write_messages(connection, run, people, prices_e4=prices_e4, now=now)
    await store.settle(connection, timely, state="written", now=now)


async def _find_or_open(
    connection: Connection, workspace: Workspace, plan: Plan, action: ReplyAction, *, answered: WaitingReply
) -> ReplyRun:
    step = REPLY_STEP + answered.position
    found = await store.find_reply_run(connection, answered.answered_run_id, step=step)
    if found is not None:
        return found
    new = NewReplyRun(
        rule_name=plan.rule_name,
        rule_version_id=plan.rule_version_id,
        business_number_id=plan.business_number_id,
        purpose=Purpose(action.purpose or plan.purpose),
        step=step,
        answered_run_id=answered.answered_run_id,
        launched_by=plan.approved_by,
        links=links_of(action),
        files=_files(plan, action),
    )
    return await open_reply_run(connection, workspace, new)


def _files(plan: Plan, action: ReplyAction) -> dict[str, object]:
    """Return the files that a reply shows, as the plan that is answered signed them."""
    signed = plan.document.get("reply_files", {})
    shown = {one.medium for one in action.words}
    return {name: file for name, file in signed.items() if name in shown}
