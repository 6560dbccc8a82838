"""The decision about a held database: what is done before anything is sent from it again."""

from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from typing import Protocol

from rulecast.database import Connection
from rulecast.deliver.restore import HoldCause, doubt_gap, end_gap, store
from rulecast.deliver.restore.store import Decision
from rulecast.gate.coupons.doubt_codes import doubt_codes
from rulecast.observe.append_audit import append_audit
from rulecast.rule.book import HoldReason
from rulecast.rule.book import store as book
from rulecast.values.errors import RulecastError
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.restore import Look, look, remember
from rulecast.wiring.standing import hold_rule
from rulecast.wiring.workspace import Workspace

# Beyond every beat another home can remember that was written while this one last sent.
BEATS_AHEAD = 1_000
BECAUSE_LENGTH_MAX = 500


class NothingHeldError(RulecastError):
    """A decision was to be taken about a database that is not held."""

    code = "RC-RESTORE-002"
    summary = "The database is not held; there is nothing to decide."
    remedy = "Look with `rulecast restore show`."


class GapKnownError(RulecastError):
    """Somebody says that nothing was sent, and this home knows better."""

    code = "RC-RESTORE-003"
    summary = "Something was sent after the state that was restored; this home remembers a later one."
    remedy = "Leave --nothing-was-sent away: what was due by now becomes `unknown` and is not sent twice."


async def accept(workspace: Workspace, *, because: str, nothing_was_sent: bool = False) -> Decision:
    """Let a held database be sent from, and return what was done before.

    The journal is replayed, whatever was due by now becomes `unknown` or ends, codes that may have been given are set
    aside, and every rule that runs by itself waits for a person; with `nothing_was_sent`, as after a planned move, only
    the journal is replayed.

    Raises:
        NothingHeldError: it is not held.
        GapKnownError: this home knows that something was sent after the restored state.
    """
    found = await look(workspace)
    if not found.causes:
        raise NothingHeldError
    if nothing_was_sent and {HoldCause.BEHIND, HoldCause.FORGOT} & set(found.causes):
        raise GapKnownError
    stops_restored = await replay_journal(workspace)
    doubted = ended = codes_doubted = 0
    if not nothing_was_sent:
        zone = workspace.settings.default_timezone
        doubted = await _repeat(workspace, partial(doubt_gap, workspace_zone=zone))
        ended = await _repeat(workspace, end_gap)
        codes_doubted = await _repeat(workspace, partial(doubt_codes, known_until=found.standing.beaten_at))
    async with workspace.database.transaction() as connection:
        rules_held = 0 if nothing_was_sent else await _hold_rules(connection, workspace)
        decision = Decision(
            causes=found.causes,
            life_before=found.standing.life,
            life=found.standing.life_now,
            because=because[:BECAUSE_LENGTH_MAX],
            nothing_was_sent=nothing_was_sent,
            doubted=doubted,
            ended=ended,
            codes_doubted=codes_doubted,
            stops_restored=stops_restored,
            rules_held=rules_held,
            decided_by=workspace.actor,
        )
        beat = await _record(connection, workspace, found, decision)
    await remember(workspace, decision.life, beat)
    return decision


async def _record(connection: store.Connection, workspace: Workspace, found: Look, decision: Decision) -> int:
    now = workspace.clock.now()
    known = max(found.standing.beat, found.memory.beat if found.memory else 0, 0)
    beat = await store.accept_life(
        connection,
        decision.life,
        environment=workspace.settings.environment or "",
        beat=known + BEATS_AHEAD,
    )
    await store.insert_restore(connection, decision, now)
    await append_audit(
        connection,
        actor=workspace.actor,
        action="restored database accepted",
        subject="database",
        details={
            "causes": [cause.value for cause in decision.causes],
            "because": decision.because,
            "nothing_was_sent": decision.nothing_was_sent,
            "doubted": decision.doubted,
            "ended": decision.ended,
            "codes_doubted": decision.codes_doubted,
            "stops_restored": decision.stops_restored,
            "rules_held": decision.rules_held,
        },
        now=now,
    )
    return beat


class _Settle(Protocol):
    """Settles a part of what may have happened by an instant and returns how much; 0 where nothing is left."""

    def __call__(self, connection: Connection, /, *, now: datetime) -> Awaitable[int]: ...


async def _repeat(workspace: Workspace, settle: _Settle) -> int:
    now, settled = workspace.clock.now(), 0
    while True:
        async with workspace.database.transaction() as connection:
            count = await settle(connection, now=now)
        if not count:
            return settled
        settled += count


async def _hold_rules(connection: store.Connection, workspace: Workspace) -> int:
    """Hold every rule that runs by itself: what it did since the restored state, it would do again."""
    held = 0
    for one in await book.list_active_rules(connection, workspace.clock.now()):
        held += await hold_rule(
            connection,
            workspace,
            one.rule_version_id,
            reason=HoldReason.RESTORED,
            why="resume it once what it did in between is known, or its day is over",
        )
    return held
