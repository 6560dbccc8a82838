"""Recurring rules: what is due is planned for its local day and launched under the standing approval, once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from rulecast.database import Connection
from rulecast.plan.errors import RuleRefusedError
from rulecast.policy import local_clock
from rulecast.rule.book import ActiveRule, HoldReason
from rulecast.rule.book import store as book
from rulecast.rule.book.records import ScheduledRun
from rulecast.rule.book.schedule import LOOK_BACK_DAYS, Decision, decide_runs
from rulecast.rule.language.document import Rule, Schedule
from rulecast.values.errors import RulecastError
from rulecast.values.ids import PlanId, RuleVersionId
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.standing import ITSELF, HeldBack, hold_rule, launch_under_standing_approval
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("recurring")

LOCK = "rulecast.run_due"
# A kept text in its canonical form says so at the beginning of a line.
_EVERY = re.compile(r"(?m)^ +every ")
ZONES_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """An active recurring rule with its schedule and the days that are recorded."""

    active: ActiveRule
    rule: Rule
    schedule: Schedule
    recorded: Sequence[ScheduledRun]

    @property
    def done(self) -> frozenset[date]:
        """Return the days with which this version, or another one that was launched, has dealt."""
        return frozenset(
            run.run_day
            for run in self.recorded
            if run.outcome == "launched" or (self._is_mine(run) and run.outcome not in {"open", "held"})
        )

    @property
    def held_days(self) -> frozenset[date]:
        """Return the days on which this version was held; somebody has resumed it since."""
        return frozenset(run.run_day for run in self.recorded if self._is_mine(run) and run.outcome == "held")

    def plan_of(self, day: date) -> PlanId | None:
        """Return the plan that a dead process left for a day."""
        found = (run for run in self.recorded if self._is_mine(run) and run.run_day == day)
        return next((run.plan_id for run in found if run.outcome == "open"), None)

    def _is_mine(self, run: ScheduledRun) -> bool:
        return run.rule_version_id == self.active.rule_version_id


class ContactZones:
    """The zones in which contacts may be, read again after an hour: a read goes through every contact."""

    def __init__(self) -> None:
        self._zones: tuple[str, ...] = ()
        self._read_at: datetime | None = None

    async def read(self, workspace: Workspace) -> tuple[str, ...]:
        """Return the zones, at most an hour old by the workspace's clock."""
        now = workspace.clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < ZONES_KEPT:
            self._zones, self._read_at = await contact_zones(workspace), now
        return self._zones


async def run_due_rules(workspace: Workspace, known: ContactZones | None = None) -> list[ScheduledRun]:
    """Run every recurring rule whose day has come, and return what was recorded of each.

    `known` spares whoever asks again and again the reading of the contacts' zones. Of several callers at once one
    runs, the others return nothing. A run that failed for a passing cause stays open and is tried again at the next
    call, until its window has closed everywhere.
    """
    async with workspace.database.advisory_lock(LOCK, wait=False) as is_mine:
        if not is_mine:
            return []
        await _hold_unreadable(workspace)
        rules = await list_recurring(workspace)
        if not rules:
            return []
        zones = await (known or ContactZones()).read(workspace)
        ended: list[ScheduledRun] = []
        failed: Exception | None = None
        for one in rules:
            try:
                ended.extend(await _run_rule(workspace, one, zones))
            except Exception as error:
                # The others do not wait for the one that fails, which is tried again at the next call.
                LOG.exception("recurring rule failed", rule_name=one.active.rule_name)
                failed = failed or error
        if failed is not None:
            raise failed
        return ended


async def list_recurring(workspace: Workspace) -> list[Recurring]:
    """Return the active rules that run by a schedule, with what is recorded of their last month."""
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        found = [
            (one, rule, rule.schedule)
            for one in await _active_recurring(connection, now)
            if (rule := _readable(one.text)) is not None and rule.schedule is not None
        ]
        names = [one.rule_name for one, _rule, _schedule in found]
        since = now.date() - timedelta(days=LOOK_BACK_DAYS + 2)
        recorded = await book.list_scheduled_runs(connection, names, since=since) if names else []
    by_name = _by_name(recorded)
    return [
        Recurring(active=one, rule=rule, schedule=schedule, recorded=by_name.get(one.rule_name, ()))
        for one, rule, schedule in found
    ]


async def _active_recurring(connection: Connection, now: datetime) -> list[ActiveRule]:
    return [
        one for one in await book.list_active_rules(connection, now) if _EVERY.search(one.text) is not None
    ]


async def _hold_unreadable(workspace: Workspace) -> None:
    """Hold what an older release kept and this one cannot read: a rule that never runs must not look active."""
    async with workspace.database.connection() as connection:
        active = await _active_recurring(connection, workspace.clock.now())
    for one in active:
        if _readable(one.text) is None:
            await _hold_invalid(workspace, one.rule_version_id, why="this release cannot read its text")


def _readable(text: str) -> Rule | None:
    try:
        return read_kept(text)
    except RuleRefusedError:
        return None


async def contact_zones(workspace: Workspace) -> tuple[str, ...]:
    """Return the zones in which contacts may be, at least the workspace's own."""
    own = workspace.settings.default_timezone
    async with workspace.database.connection() as connection:
        rows = await book.list_contact_zones(connection)
    zones = {
        clock.zone for country, zone in rows for clock in local_clock(zone, country, workspace_zone=own).zones
    }
    return tuple(sorted(zones)) or (own,)


async def _run_rule(workspace: Workspace, one: Recurring, zones: Sequence[str]) -> list[ScheduledRun]:
    decisions = decide_runs(
        one.schedule,
        one.rule.validity,
        zones=zones,
        since=one.active.activated_at,
        done=one.done,
        now=workspace.clock.now(),
    )
    ended = []
    for decision in decisions:
        if decision.verdict != "run" and decision.run.day in one.held_days:
            continue
        run = await _take(workspace, one, decision)
        if run is not None and run.outcome == "open":
            run = await _run_day(workspace, one, run)
        if run is not None:
            LOG.info("scheduled run", rule_name=run.rule_name, outcome=run.outcome, plan_id=run.plan_id)
            ended.append(run)
    return ended


async def _take(workspace: Workspace, one: Recurring, decision: Decision) -> ScheduledRun | None:
    outcome, detail = _first_word(decision)
    run = ScheduledRun(
        rule_version_id=one.active.rule_version_id,
        rule_name=one.active.rule_name,
        run_day=decision.run.day,
        due_at=decision.run.due_at,
        plan_id=one.plan_of(decision.run.day),
        outcome=outcome,
        detail=detail,
    )
    async with workspace.database.transaction() as connection:
        if not await book.take_scheduled_run(connection, run, now=workspace.clock.now()):
            return None
        if outcome != "open":
            await book.end_scheduled_run(connection, run, outcome=outcome, detail=detail)
    return run


def _first_word(decision: Decision) -> tuple[str, str]:
    if decision.verdict == "run":
        return "open", ""
    if decision.verdict == "not_valid":
        return "skipped", "the day lies outside the validity of the rule"
    closed = decision.run.closes_at.isoformat(timespec="minutes")
    return "missed", f"nothing ran before its window closed at {closed}, or a later day was due"


async def _run_day(workspace: Workspace, one: Recurring, run: ScheduledRun) -> ScheduledRun:
    """Plan and launch the run of a day; a passing failure leaves it open."""
    try:
        plan_id = run.plan_id or await _plan(workspace, one, run)
        if plan_id is None:
            return replace(run, detail="another process planned the day first")
        launched = await launch_under_standing_approval(workspace, plan_id)
    except RulecastError as error:
        # From another process it comes with its code, not with its class.
        if error.code == RuleRefusedError.code:
            await _hold_invalid(workspace, run.rule_version_id, why=error.what)
            return await _end(workspace, run, outcome="held", detail=error.code)
        LOG.warning("scheduled run failed", rule_name=run.rule_name, code=error.code)
        return replace(run, detail=f"{error.code}: tried again")
    run = replace(run, plan_id=plan_id)
    if isinstance(launched, HeldBack):
        outcome = "nobody" if launched.reason == "nobody" else "held"
        return await _end(workspace, run, outcome=outcome, detail=f"{launched.reason}: {launched.detail}")
    return await _end(workspace, run, outcome="launched", detail=f"run {launched.run_id}")


async def _hold_invalid(workspace: Workspace, rule_version_id: RuleVersionId, *, why: str) -> None:
    async with workspace.database.transaction() as connection:
        await hold_rule(connection, workspace, rule_version_id, reason=HoldReason.RULE_INVALID, why=why)


async def _plan(workspace: Workspace, one: Recurring, run: ScheduledRun) -> PlanId | None:
    answer = await ask_engine(
        workspace,
        "plan",
        {"texts": [one.active.text], "created_by": ITSELF, "run_day": run.run_day.isoformat()},
    )
    plan_id = PlanId(answer["plan_ids"][0])
    async with workspace.database.transaction() as connection:
        return plan_id if await book.set_scheduled_plan(connection, run, plan_id) else None


async def _end(workspace: Workspace, run: ScheduledRun, *, outcome: str, detail: str) -> ScheduledRun:
    async with workspace.database.transaction() as connection:
        await book.end_scheduled_run(connection, run, outcome=outcome, detail=detail)
    return replace(run, outcome=outcome, detail=detail)


def _by_name(runs: Iterable[ScheduledRun]) -> Mapping[str, Sequence[ScheduledRun]]:
    found: dict[str, list[ScheduledRun]] = defaultdict(list)
    for run in runs:
        found[run.rule_name].append(run)
    return found
