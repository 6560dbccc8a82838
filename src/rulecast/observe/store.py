"""The only caller of the database in this room: counts by grain, runs, timelines and conversions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.database.rows import Jsonb
from rulecast.observe.cost import Allowance, CostLine
from rulecast.observe.funnel import ConversionSum, CostSum, Grain, MemberCount, OutcomeCount
from rulecast.plan.draw import REACHED_MARGIN
from rulecast.values.ids import ContactId, MessageId, RunId
from rulecast.values.reason import NUMBERS, Reason

__all__ = [
    "AuditRow",
    "Connection",
    "Loss",
    "NewConversion",
    "RunRow",
    "Scope",
    "SuccessCandidate",
    "SuccessQuestion",
    "TimelinePoint",
    "add_conversions",
    "append_audit",
    "count_conversions",
    "count_members",
    "count_outcomes",
    "find_run",
    "find_timeline_span",
    "list_losses",
    "list_runs",
    "list_runs_with_open_windows",
    "list_success_candidates",
    "list_timeline",
    "run_mark",
    "sum_costs",
]

QUERIES = load_queries(__package__)
REACHED = "it had reached them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which runs are counted: one, those of a rule, or all; test runs only where one is named by number."""

    run_id: RunId | None = None
    rule_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who did what to which subject, and the hash of saying so."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, object]
    content_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run as the overview shows it."""

    run_id: RunId
    plan_id: int
    rule_name: str
    state: str
    is_test: bool
    launched_by: str
    launched_at: datetime
    finished_at: datetime | None
    business_number_id: str
    number_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How many people one rule lost to another, and by which margin of priority."""

    rule_name: str
    lost_to: str
    people: int
    margin_min: int
    margin_max: int

    @property
    def by(self) -> str:
        """Return the margin as a person reads it; whoever had been written to already is lost by no figure."""
        if self.margin_min >= REACHED_MARGIN:
            return REACHED
        if self.margin_max >= REACHED_MARGIN:
            return f"{self.margin_min:,} or more, or {REACHED}"
        if self.margin_min == self.margin_max:
            return f"{self.margin_min:,}"
        return f"{self.margin_min:,} to {self.margin_max:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """How often one thing happened in one bucket of time."""

    bucket: datetime
    what: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessCandidate:
    """An event that may be the success of a message."""

    message_id: MessageId
    contact_id: ContactId
    template_name: str
    variant: str
    step: int
    event_key: bytes
    occurred_at: datetime
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessQuestion:
    """Which page of which run's possible successes is asked for."""

    run_id: RunId
    event_name: str
    window: timedelta
    now: datetime
    after_message: MessageId
    after_instant: datetime
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversion:
    """A success to be counted."""

    message_id: MessageId
    event_key: bytes
    occurred_at: datetime
    worth_minor: int
    currency: str


async def append_audit(connection: Connection, row: AuditRow) -> None:
    """Append a row of the audit."""
    parameters = {
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "details": Jsonb(row.details),
        "content_hash": row.content_hash,
    }
    await execute(connection, QUERIES["append_audit"], parameters)


async def list_runs(connection: Connection, *, limit: int, with_tests: bool = False) -> list[RunRow]:
    """Return the newest runs, the newest first."""
    return await fetch_all(
        connection, QUERIES["list_runs"], {"limit": limit, "with_tests": with_tests}, record=RunRow
    )


async def find_run(connection: Connection, run_id: RunId) -> RunRow | None:
    """Return one run."""
    return await fetch_one(connection, QUERIES["find_run"], {"run_id": run_id}, record=RunRow)


async def count_outcomes(connection: Connection, grain: Grain, scope: Scope) -> list[OutcomeCount]:
    """Count messages by state, reason and codes."""
    return await fetch_all(
        connection, QUERIES["count_outcomes"], _parameters(grain, scope), record=OutcomeCount
    )


async def count_members(connection: Connection, grain: Grain, scope: Scope) -> list[MemberCount]:
    """Count people of launched plans by reason."""
    return await fetch_all(
        connection, QUERIES["count_members"], _parameters(grain, scope), record=MemberCount
    )


async def sum_costs(connection: Connection, grain: Grain, scope: Scope) -> list[CostSum]:
    """Sum estimated and billed prices."""
    return await fetch_all(connection, QUERIES["sum_costs"], _parameters(grain, scope), record=CostSum)


async def reconcile_costs(connection: Connection, scope: Scope) -> list[CostLine]:
    """Return what was estimated and billed, by category."""
    parameters = {"run_id": scope.run_id, "rule_name": scope.rule_name}
    return await fetch_all(connection, QUERIES["reconcile_costs"], parameters, record=CostLine)


async def count_service_messages(connection: Connection, since: Mapping[str, datetime]) -> list[Allowance]:
    """Return each number, given by id, with its service messages delivered since its instant."""
    if not since:
        return []
    return await fetch_all(
        connection,
        QUERIES["count_service_messages"],
        {"numbers": list(since), "since": list(since.values()), "floor": min(since.values())},
        record=Allowance,
    )


async def count_conversions(connection: Connection, grain: Grain, scope: Scope) -> list[ConversionSum]:
    """Count messages that led to success, by currency."""
    return await fetch_all(
        connection, QUERIES["count_conversions"], _parameters(grain, scope), record=ConversionSum
    )


async def list_losses(connection: Connection, scope: Scope) -> list[Loss]:
    """Return who lost people to whom."""
    parameters = {
        "run_id": scope.run_id,
        "rule_name": scope.rule_name,
        "lost_number": NUMBERS[Reason.LOST_TO_RULE],
    }
    return await fetch_all(connection, QUERIES["list_losses"], parameters, record=Loss)


async def list_timeline(connection: Connection, run_id: RunId, *, bucket_seconds: int) -> list[TimelinePoint]:
    """Return what happened in a run, bucket by bucket."""
    return await fetch_all(
        connection,
        QUERIES["list_timeline"],
        {"run_id": run_id, "seconds": bucket_seconds},
        record=TimelinePoint,
    )


async def find_timeline_span(connection: Connection, run_id: RunId) -> tuple[datetime, datetime] | None:
    """Return the first and last moment of a run, None before its first acceptance."""
    row = await fetch_one(connection, QUERIES["find_timeline_span"], {"run_id": run_id})
    return (row[0], row[1]) if row is not None and row[0] is not None else None


async def run_mark(connection: Connection, run_id: RunId) -> tuple[object, ...]:
    """Return a mark that differs whenever anything the run's funnel counts has changed."""
    return await fetch_one(connection, QUERIES["run_mark"], {"run_id": run_id}) or ()


async def list_runs_with_open_windows(
    connection: Connection, *, launched_after: datetime
) -> list[tuple[RunId, str]]:
    """Return runs young enough to gain successes, with the text of their rule."""
    rows = await fetch_all(
        connection, QUERIES["list_runs_with_open_windows"], {"launched_after": launched_after}
    )
    return [(RunId(run_id), text) for run_id, text in rows]


async def list_success_candidates(
    connection: Connection, question: SuccessQuestion
) -> list[SuccessCandidate]:
    """Return a page of events inside the windows of a run's messages that are not counted yet."""
    parameters = {
        "run_id": question.run_id,
        "event_name": question.event_name,
        "window": question.window,
        "now": question.now,
        "after_message": question.after_message,
        "after_instant": question.after_instant,
        "limit": question.limit,
    }
    return await fetch_all(
        connection, QUERIES["list_success_candidates"], parameters, record=SuccessCandidate
    )


async def add_conversions(
    connection: Connection, conversions: Sequence[NewConversion], *, now: datetime
) -> int:
    """Count successes; those already counted stay as they are."""
    return await execute(
        connection,
        QUERIES["add_conversions"],
        {
            "message_ids": [one.message_id for one in conversions],
            "event_keys": [one.event_key for one in conversions],
            "occurred_at": [one.occurred_at for one in conversions],
            "worth_minor": [one.worth_minor for one in conversions],
            "currencies": [one.currency for one in conversions],
            "now": now,
        },
    )


def _parameters(grain: Grain, scope: Scope) -> dict[str, object]:
    return {"grain": grain.value, "run_id": scope.run_id, "rule_name": scope.rule_name}
