"""What a person sees of the book: the state of each rule, its next run, and what it used of its envelope today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.gate.reply_terms import OWN_RULES
from rulecast.rule.book import KeptRule, RuleState, StandingApproval
from rulecast.rule.book import store as book
from rulecast.rule.book.records import DayUse, ScheduledRun, Step
from rulecast.rule.book.schedule import LOOK_BACK_DAYS, next_due
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.recurring import contact_zones, list_recurring
from rulecast.wiring.rule_steps import in_force_or_head, read_rule
from rulecast.wiring.workspace import Workspace

LOOK_BACK = timedelta(days=LOOK_BACK_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule in the overview: the version in force, else what it says now; `draft` is a newer text beside it."""

    kept: KeptRule
    draft: KeptRule | None
    approval: StandingApproval | None
    next_run: datetime | None
    used: DayUse


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDetail:
    """One rule in full: its row, every version, and what its schedule did lately."""

    row: RuleRow
    versions: Sequence[KeptRule]
    runs: Sequence[ScheduledRun]


async def read_book(workspace: Workspace) -> list[RuleRow]:
    """Return every rule of the book that people wrote, by name."""
    by_name: dict[str, list[KeptRule]] = {}
    async with workspace.database.connection() as connection:
        for kept in await book.list_kept(connection):
            if kept.rule_name in OWN_RULES:
                continue
            by_name.setdefault(kept.rule_name, []).append(kept)
    return await _rows(workspace, list(by_name.values()))


async def read_rule_detail(workspace: Workspace, rule_name: str) -> RuleDetail:
    """Return one rule in full.

    Raises:
        RuleUnknownError: there is no such rule.
    """
    versions = await read_rule(workspace, rule_name)
    since = workspace.clock.now().date()
    async with workspace.database.connection() as connection:
        runs = await book.list_scheduled_runs(connection, [rule_name], since=since - LOOK_BACK)
    (row,) = await _rows(workspace, [versions])
    return RuleDetail(row=row, versions=versions, runs=runs)


async def read_history(workspace: Workspace, rule_name: str) -> list[Step]:
    """Return every step in the life of a rule, the oldest first.

    Raises:
        RuleUnknownError: there is no such rule.
    """
    await read_rule(workspace, rule_name)
    async with workspace.database.connection() as connection:
        return await book.list_steps(connection, rule_name)


async def _rows(workspace: Workspace, rules: Sequence[Sequence[KeptRule]]) -> list[RuleRow]:
    shown = [in_force_or_head(versions) for versions in rules]
    heads = [next((one for one in versions if one.is_head), versions[-1]) for versions in rules]
    day = local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    next_runs = await _next_runs(workspace)
    async with workspace.database.connection() as connection:
        approvals = await book.list_standing_approvals(connection, [one.rule_version_id for one in shown])
        used = await book.list_day_uses(connection, day)
    return [
        RuleRow(
            kept=kept,
            draft=None if head == kept or head.state is RuleState.ARCHIVED else head,
            approval=approvals.get(kept.rule_version_id),
            next_run=next_runs.get(kept.rule_name),
            used=used.get(kept.rule_name, DayUse()),
        )
        for kept, head in zip(shown, heads, strict=True)
    ]


async def _next_runs(workspace: Workspace) -> dict[str, datetime]:
    """Return when each active recurring rule is planned next."""
    recurring = await list_recurring(workspace)
    if not recurring:
        return {}
    zones, now = await contact_zones(workspace), workspace.clock.now()
    found = {
        one.active.rule_name: next_due(one.schedule, one.rule.validity, zones=zones, done=one.done, now=now)
        for one in recurring
    }
    return {name: run.due_at for name, run in found.items() if run is not None}
