"""What the live page shows and does: runs with their funnels, one run in full, stops and resumes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection
from rulecast.gate import resume_sending, stop_sending
from rulecast.gate.incidents import Incident, list_incidents
from rulecast.gate.incidents.incident import list_entries
from rulecast.gate.incidents.respond import refuse_owned_stop
from rulecast.gate.stop import Stop, StopScope, stops_in_force
from rulecast.observe import Funnel, Grain, Scope, list_losses, list_runs, read_funnels
from rulecast.observe.append_audit import append_audit
from rulecast.observe.store import (
    Loss,
    RunRow,
    TimelinePoint,
    find_run,
    find_timeline_span,
    list_timeline,
    run_mark,
)
from rulecast.values.ids import RunId
from rulecast.wiring.workspace import Workspace

# As many as fit beside the page without paging; older ones stand in `rulecast report`.
RUNS_SHOWN = 30
# More at once are one storm; `rulecast incident list` shows the others.
INCIDENTS_SHOWN = 10
# A line with more points than pixels shows nothing more.
TIMELINE_BUCKETS = 60
BUCKET_SECONDS = (1, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)
REASON_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """One run in the overview: its row, its funnel, and the mark that moves when its messages change."""

    run: RunRow
    funnel: Funnel
    mark: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """An open incident, and who did which of its steps."""

    incident: Incident
    steps_done: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the page shows besides one run in full."""

    cards: tuple[RunCard, ...]
    stops: tuple[Stop, ...]
    incidents: tuple[IncidentCard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """One run in full."""

    card: RunCard
    timeline: tuple[TimelinePoint, ...]
    bucket_seconds: int
    losses: tuple[Loss, ...]


async def read_overview(workspace: Workspace, known: Sequence[RunCard] = ()) -> Overview:
    """Return runs and stops; a run whose messages did not change since `known` is not counted again."""
    before = {card.run.run_id: card for card in known}
    async with workspace.database.connection() as connection:
        cards = []
        for run in await list_runs(connection, limit=RUNS_SHOWN, with_tests=True):
            mark = (run.state, *await run_mark(connection, run.run_id))
            old = before.get(run.run_id)
            if old is not None and old.mark == mark:
                cards.append(old)
                continue
            funnels = await read_funnels(connection, Grain.RUN, Scope(run_id=run.run_id))
            funnel = funnels[0] if funnels else Funnel(key=str(run.run_id))
            cards.append(RunCard(run=run, funnel=funnel, mark=mark))
        return Overview(
            cards=tuple(cards),
            stops=tuple(await stops_in_force(connection)),
            incidents=await _incidents(connection),
        )


async def _incidents(connection: Connection) -> tuple[IncidentCard, ...]:
    found = (await list_incidents(connection))[:INCIDENTS_SHOWN]
    entries = await list_entries(connection, [one.incident_id for one in found]) if found else []
    done: dict[int, dict[int, str]] = {}
    for one in entries:
        if one.step is not None:
            done.setdefault(one.incident_id, {})[one.step] = one.by_whom
    return tuple(IncidentCard(incident=one, steps_done=done.get(one.incident_id, {})) for one in found)


async def read_run(workspace: Workspace, card: RunCard) -> RunDetail:
    """Return one run in full."""
    async with workspace.database.connection() as connection:
        span = await find_timeline_span(connection, card.run.run_id)
        bucket_seconds = _bucket_seconds(span)
        timeline = await list_timeline(connection, card.run.run_id, bucket_seconds=bucket_seconds)
        losses = await list_losses(connection, Scope(run_id=card.run.run_id))
    return RunDetail(card=card, timeline=tuple(timeline), bucket_seconds=bucket_seconds, losses=tuple(losses))


async def find_run_row(workspace: Workspace, run_id: RunId) -> RunRow | None:
    """Return one run's row, tests included."""
    async with workspace.database.connection() as connection:
        return await find_run(connection, run_id)


async def stop(workspace: Workspace, *, scope: StopScope, target: str, reason: str, actor: str) -> None:
    """Stop sending; in force when this returns."""
    reason = reason.strip()[:REASON_LENGTH_MAX]
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await stop_sending(connection, scope=scope, target=target, reason=reason, by=actor, now=now)
        await append_audit(
            connection,
            actor=actor,
            action="stop",
            subject=f"{scope} {target}".strip(),
            details={"reason": reason},
            now=now,
        )


async def resume(workspace: Workspace, *, scope: StopScope, target: str, actor: str) -> int:
    """Lift the stops of a scope and return how many were lifted.

    Raises:
        StopOwnedError: an open incident stopped everything.
    """
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        if scope == "all":
            await refuse_owned_stop(connection)
        count = await resume_sending(connection, scope=scope, target=target, by=actor, now=now)
        await append_audit(
            connection,
            actor=actor,
            action="resume",
            subject=f"{scope} {target}".strip(),
            details={"lifted": count},
            now=now,
        )
    return count


def _bucket_seconds(span: tuple[datetime, datetime] | None) -> int:
    if span is None:
        return BUCKET_SECONDS[0]
    wanted = (span[1] - span[0]).total_seconds() / TIMELINE_BUCKETS
    return next((size for size in BUCKET_SECONDS if size >= wanted), BUCKET_SECONDS[-1])
