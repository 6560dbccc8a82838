"""What follows from moments, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from rulecast.database import Connection, execute, fetch_all, fetch_value, load_queries
from rulecast.deliver.statuses import MessageMoment
from rulecast.values.ids import ContactId, PlanId, RuleVersionId, RunId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.moments.records import Counts, DueStep, Notice, RunRow, StepPlan, TakenRow

QUERIES = load_queries(__package__)

COUNTED = ("delivered", "failed", "opted_out")
"""The moments that stop conditions count, in the order of the columns."""
BLOCKED = "blocked"
"""Counted beside them: among the failures, the people who cannot or do not want to be reached."""
WHAT_LENGTH_MAX = 300
"""The limit of the column; only a text that a rule sets can be longer."""
WHY_LENGTH_MAX = 200
TEMPLATE_LOST = "its template is not approved as it stands"
"""Changed in the workspace and not approved anew, rejected, disabled or deleted since the first message."""
CALLS_AT_ONCE = 30
"""Calls made again in one go: as many as one recipient may get in a minute."""


# ---- moments
async def read_runs(connection: Connection, run_ids: Sequence[RunId]) -> list[RunRow]:
    """Return what the rules of runs say."""
    return await fetch_all(connection, QUERIES["read_runs"], {"run_ids": list(run_ids)}, record=RunRow)


async def take_actions(
    connection: Connection, asked: Sequence[tuple[MessageMoment, int, str]], *, now: datetime
) -> list[TakenRow]:
    """Note actions (moment, place in the rule, text) as done and return those that were not done before."""
    parameters = {
        "run_ids": [moment.run_id for moment, _, _ in asked],
        "contact_ids": [moment.contact_id for moment, _, _ in asked],
        "positions": [position for _, position, _ in asked],
        "moments": [moment.moment for moment, _, _ in asked],
        "whats": [what[:WHAT_LENGTH_MAX] for _, _, what in asked],
        "now": now,
    }
    return await fetch_all(connection, QUERIES["take_actions"], parameters, record=TakenRow)


async def assign(
    connection: Connection, wanted: Sequence[tuple[TakenRow, str, str]], *, now: datetime
) -> None:
    """Give conversations to teams; each with the message and the rule that asked for it."""
    parameters = {
        "contact_ids": [row.contact_id for row, _, _ in wanted],
        "teams": [team for _, team, _ in wanted],
        "rule_names": [rule_name for _, _, rule_name in wanted],
        "message_ids": [row.message_id for row, _, _ in wanted],
        "now": now,
    }
    await execute(connection, QUERIES["assign"], parameters)


async def put_notices(
    connection: Connection, wanted: Sequence[tuple[TakenRow, str, str, str]], *, now: datetime
) -> None:
    """Let recipients be told, each once of a message and a moment; rows of action, recipient, moment and rule."""
    parameters = {
        "recipients": [recipient for _, recipient, _, _ in wanted],
        "rule_names": [rule_name for *_, rule_name in wanted],
        "run_ids": [row.run_id for row, *_ in wanted],
        "message_ids": [row.message_id for row, *_ in wanted],
        "contact_ids": [row.contact_id for row, *_ in wanted],
        "moments": [moment for _, _, moment, _ in wanted],
        "now": now,
    }
    await execute(connection, QUERIES["put_notices"], parameters)


async def put_replies(connection: Connection, wanted: Sequence[TakenRow], *, now: datetime) -> None:
    """Let people be answered, each once for a message and a place in the rule."""
    parameters = {
        "message_ids": [row.message_id for row in wanted],
        "positions": [row.position for row in wanted],
        "run_ids": [row.run_id for row in wanted],
        "contact_ids": [row.contact_id for row in wanted],
        "now": now,
    }
    await execute(connection, QUERIES["put_replies"], parameters)


async def note_steps(connection: Connection, accepted: Sequence[tuple[RunId, ContactId, timedelta]]) -> None:
    """Note the next step of these people, so long after the acceptance of their message."""
    parameters = {
        "run_ids": [run_id for run_id, _, _ in accepted],
        "contact_ids": [contact_id for _, contact_id, _ in accepted],
        "afters": [after for _, _, after in accepted],
    }
    await execute(connection, QUERIES["note_steps"], parameters)


async def add_tally(
    connection: Connection, counts: Mapping[tuple[RunId, str], int], *, now: datetime
) -> None:
    """Add what became of messages to the counts of their runs, and wake the breaker where any went bad."""
    run_ids = sorted({run_id for run_id, _ in counts})
    columns = {name: [counts.get((run_id, name), 0) for run_id in run_ids] for name in (*COUNTED, BLOCKED)}
    await execute(connection, QUERIES["add_tally"], {"run_ids": run_ids, "now": now, **columns})
    if any(columns["failed"]) or any(columns["opted_out"]):
        await execute(connection, QUERIES["notify_tally"])


async def count_blocked(
    connection: Connection, failed: Sequence[tuple[RunId, ContactId]], codes: Sequence[int]
) -> dict[RunId, int]:
    """Return how many of these failed messages failed with one of these codes, by run."""
    parameters = {
        "run_ids": [run_id for run_id, _ in failed],
        "contact_ids": [contact_id for _, contact_id in failed],
        "codes": list(codes),
    }
    return dict(await fetch_all(connection, QUERIES["count_blocked"], parameters))


# ---- stop conditions
async def list_counts(connection: Connection, *, since: datetime) -> list[Counts]:
    """Return the counts of every version that is neither held nor archived and has some since an instant."""
    return await fetch_all(connection, QUERIES["list_counts"], {"since": since}, record=Counts)


async def fold_tally(connection: Connection, *, before: datetime, forget_before: datetime) -> None:
    """Keep one row a minute of what was counted before an instant, and nothing of what came before another."""
    await execute(connection, QUERIES["forget_tally"], {"before": forget_before})
    await execute(connection, QUERIES["fold_tally"], {"before": before})


# ---- follow-up steps
async def list_due_steps(connection: Connection, *, now: datetime, count: int) -> list[DueStep]:
    """Return whose next step has come, in the order in which it came."""
    parameters = {"now": now, "count": count}
    return await fetch_all(connection, QUERIES["list_due_steps"], parameters, record=DueStep)


async def list_archived(
    connection: Connection, versions: Iterable[RuleVersionId]
) -> frozenset[RuleVersionId]:
    """Return which of these versions are archived."""
    rows = await fetch_all(connection, QUERIES["list_archived"], {"rule_version_ids": sorted(set(versions))})
    return frozenset(version for (version,) in rows)


async def end_steps(
    connection: Connection,
    endings: Mapping[ContactId, str],
    *,
    first_run_id: RunId,
    step: int,
    now: datetime,
) -> int:
    """Note why these people get no further step; return how many were still waiting."""
    parameters = {
        "contact_ids": list(endings),
        "whys": [why[:WHY_LENGTH_MAX] for why in endings.values()],
        "first_run_id": first_run_id,
        "step": step,
        "now": now,
    }
    return await execute(connection, QUERIES["end_steps"], parameters)


async def plan_steps(
    connection: Connection,
    plan_id: PlanId,
    contact_ids: Iterable[ContactId],
    *,
    first_run_id: RunId,
    step: int,
    now: datetime,
) -> int:
    """Note the plan of these people's step; return how many were still waiting."""
    parameters = {
        "plan_id": plan_id,
        "contact_ids": sorted(contact_ids),
        "first_run_id": first_run_id,
        "step": step,
        "unusable": NUMBERS[Reason.TEMPLATE_UNUSABLE],
        "why_unusable": TEMPLATE_LOST,
        "now": now,
    }
    return await execute(connection, QUERIES["plan_steps"], parameters)


async def list_step_plans(connection: Connection, *, now: datetime) -> list[StepPlan]:
    """Return planned steps that are not launched yet, of rules that do not rest."""
    return await fetch_all(connection, QUERIES["list_step_plans"], {"now": now}, record=StepPlan)


async def settle_step_plan(connection: Connection, plan_id: PlanId, *, state: str, why: str = "") -> None:
    """Note what became of the plan of a step."""
    parameters = {"plan_id": plan_id, "state": state, "why": why[:WHY_LENGTH_MAX]}
    await execute(connection, QUERIES["settle_step_plan"], parameters)


async def count_waiting_steps(connection: Connection) -> int:
    """Return how many people wait for a next step."""
    return int(await fetch_value(connection, QUERIES["count_waiting_steps"]))


# ---- notices
async def list_notices(connection: Connection, *, now: datetime, count: int) -> list[Notice]:
    """Return what is to be told: calls to be made again, then people of one recipient, rule, run and moment."""
    rows = await fetch_all(connection, QUERIES["take_calls"], {"now": now, "calls": CALLS_AT_ONCE})
    rows += await fetch_all(connection, QUERIES["take_notices"], {"now": now, "count": count})
    return [
        Notice(
            recipient=key[0],
            webhook=key[1],
            rule_name=key[2],
            run_id=key[3],
            moment=key[4],
            attempts=key[5],
            call_number=key[6],
            notice_ids=tuple(row[0] for row in group),
            contact_ids=tuple(row[6] for row in group),
            first_at=min(row[7] for row in group),
        )
        for key, group in (
            (key, list(rows_of_key))
            for key, rows_of_key in groupby(sorted(rows, key=_notice_key), key=_notice_key)
        )
    ]


def _notice_key(
    row: tuple[int, str, str, str, RunId, str, int, datetime, int, int],
) -> tuple[str, str, str, RunId, str, int, int]:
    _, recipient, webhook, rule_name, run_id, moment, _, _, attempts, call_number = row
    return recipient, webhook, rule_name, run_id, moment, attempts, call_number


async def name_call(connection: Connection, notice_ids: Sequence[int]) -> int:
    """Let notices be told together from now on, and return the number of their call."""
    return int(await fetch_value(connection, QUERIES["name_call"], {"notice_ids": list(notice_ids)}))


async def count_told(connection: Connection, *, since: datetime) -> dict[str, int]:
    """Return how many calls each recipient got, or should have taken, since an instant."""
    return dict(await fetch_all(connection, QUERIES["count_told"], {"since": since}))


async def settle_notices(
    connection: Connection,
    notice_ids: Sequence[int],
    *,
    state: str,
    now: datetime,
    problem: str = "",
    next_attempt_at: datetime | None = None,
) -> None:
    """Note what came of a call."""
    parameters = {
        "notice_ids": list(notice_ids),
        "state": state,
        "problem": problem[:WHY_LENGTH_MAX],
        "next_attempt_at": next_attempt_at,
        "now": now,
    }
    await execute(connection, QUERIES["settle_notices"], parameters)
