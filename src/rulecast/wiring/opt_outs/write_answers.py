"""Answers to opt-outs become messages; they wait for no person of the business and no hand-over hinders them."""

import json
from collections.abc import Sequence
from datetime import UTC

import structlog

from rulecast.conversation.windows import SAFETY_MARGIN, SERVICE_WINDOW
from rulecast.database import Connection
from rulecast.gate.reply_terms import OPT_OUT_RULE, REPLY_STEP
from rulecast.rule.book.store import save_rule
from rulecast.rule.language import Rule, parse_rule
from rulecast.values.purpose import Purpose
from rulecast.wiring.opt_outs import store
from rulecast.wiring.opt_outs.records import WaitingAnswer
from rulecast.wiring.opt_outs.words import fixed_words
from rulecast.wiring.replies.open_run import NewReplyRun, open_reply_run
from rulecast.wiring.replies.price_replies import price_replies
from rulecast.wiring.replies.records import ReplyRun
from rulecast.wiring.replies.store import write_messages
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("opt_outs")

ANSWER_RULE = f"""rule {OPT_OUT_RULE}
  version 1
  priority service/90
  purpose service
  about "What rulecast answers to people who ask for silence; nothing is sent by this rule itself."
  when everybody
  send template none in en from any_number
"""
"""Gives these answers a name in verdicts, reports and stops; its template does not exist, so it can send nothing."""
LAUNCHED_BY = "rulecast"
WRITTEN_AT_ONCE = 1_000
"""Answers written in one go: far below what a transaction takes."""
OPEN_FOR = SERVICE_WINDOW - SAFETY_MARGIN


async def write_opt_out_answers(workspace: Workspace) -> int:
    """Write what waits and return how many answers were settled; what fails is tried again, the others go on.

    The gate decides on each as on every message: nothing goes to who chose silence about everything since, or outside
    the window.
    """
    async with workspace.database.connection() as connection:
        waiting = await store.list_waiting_answers(connection, count=WRITTEN_AT_ONCE)
    groups: dict[tuple[str, str, str], list[WaitingAnswer]] = {}
    for one in waiting:
        groups.setdefault((one.business_number_id, one.kind, one.language), []).append(one)
    failed: Exception | None = None
    for group in groups.values():
        try:
            async with workspace.database.transaction() as connection:
                await _write(connection, workspace, group)
        except Exception as error:
            LOG.exception("answers to opt-outs could not be written", count=len(group))
            failed = failed or error
    if failed is not None:
        raise failed
    return len(waiting)


async def _write(connection: Connection, workspace: Workspace, group: Sequence[WaitingAnswer]) -> None:
    now = workspace.clock.now()
    late = [one for one in group if now >= one.asked_at + OPEN_FOR]
    if late:
        await store.settle_answers(connection, late, run_id=None, why="late", now=now)
    # A person has one message in a run; the second of a day goes the next time round, into another one.
    timely = list({one.contact_id: one for one in reversed(group) if one not in late}.values())
    if not timely:
        return
    run = await _find_or_open(connection, workspace, timely)
    people = [(one.contact_id, now, one.asked_at + OPEN_FOR) for one in timely]
    prices_e4 = await price_replies(connection, workspace, run.run_id, [one.contact_id for one in timely])
    await write_messages(connection, run, people, prices_e4=prices_e4, now=now)
    await store.settle_answers(connection, timely, run_id=run.run_id, now=now)


async def _find_or_open(
    connection: Connection, workspace: Workspace, group: Sequence[WaitingAnswer]
) -> ReplyRun:
    """Return the run of the day that says this from this number and has none of these people yet."""
    now = workspace.clock.now()
    fixed = fixed_words(group[0].kind, group[0].language)
    found = await store.find_answer_run(
        connection,
        OPT_OUT_RULE,
        group[0].business_number_id,
        fixed=json.dumps(fixed, ensure_ascii=False),
        since=now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        contact_ids=[one.contact_id for one in group],
    )
    if found is not None:
        return found
    rule = parse_rule(ANSWER_RULE)
    assert isinstance(rule, Rule), "the text is ours"
    version = await save_rule(connection, rule, author=LAUNCHED_BY, now=now)
    new = NewReplyRun(
        rule_name=rule.name,
        rule_version_id=version.rule_version_id,
        business_number_id=group[0].business_number_id,
        purpose=Purpose.SERVICE,
        step=REPLY_STEP,
        answered_run_id=None,
        launched_by=LAUNCHED_BY,
        links={},
        fixed=fixed,
    )
    return await open_reply_run(connection, workspace, new)
