"""Whether PostgreSQL can go on (old transaction ids, forgotten transactions, dead rows), and backups be restored."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from rulecast.database import fetch_one, load_queries
from rulecast.deliver.clock_watch import ClockWatch, Reading, read_clock
from rulecast.deliver.stop_watch import wall_seconds
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.prove_backup import PROVED
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)
LOG = structlog.get_logger("server")

# PostgreSQL stops taking writes about two thousand million transactions after the oldest it has not frozen; vacuum
# begins at two hundred million by itself, so that a thousand million means that something holds it back.
AGE_NOTED, AGE_MAX = 500_000_000, 1_000_000_000
# Nothing of rulecast is open for minutes: imports commit every 5,000 rows. What is open keeps every dead row.
OPEN_SECONDS_NOTED, OPEN_SECONDS_MAX = 300.0, 3600.0
# Below a million, dead rows cost little; vacuum wakes at a fifth.
DEAD_ROWS_MAX = 1_000_000
# A week of backups, and a day to notice.
PROOF_LIFE = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHealth:
    """What PostgreSQL says of itself."""

    transaction_age: int
    multixact_age: int
    open_seconds: float
    prepared_seconds: float
    worst_table: str
    dead_rows: int
    live_rows: int


def judge_server(health: ServerHealth) -> Finding:
    """Return how the server stands, the gravest first."""
    age = max(health.transaction_age, health.multixact_age)
    open_seconds = max(health.open_seconds, health.prepared_seconds)
    is_bloated = health.dead_rows > max(DEAD_ROWS_MAX, health.live_rows)
    problems = []
    if age > AGE_MAX:
        problems.append(
            f"the oldest row is {age // 1_000_000} million transactions old: writes end at 2,000 million"
        )
    if open_seconds > OPEN_SECONDS_MAX:
        problems.append(f"a transaction has been open for {open_seconds / 3600:.1f} hours")
    if is_bloated:
        problems.append(
            f"{health.worst_table} has {health.dead_rows:,} dead rows and {health.live_rows:,} live ones"
        )
    if problems:
        return Finding(
            name="server",
            health=Health.PROBLEM,
            what="; ".join(problems),
            what_to_do="End what is open (pg_stat_activity, pg_prepared_xacts), then VACUUM; see that autovacuum runs.",
        )
    if age > AGE_NOTED or open_seconds > OPEN_SECONDS_NOTED:
        return Finding(
            name="server",
            health=Health.NOTE,
            what=f"vacuum is behind: {age // 1_000_000} million transactions, {open_seconds / 60:.0f} minutes open",
            what_to_do="Look at pg_stat_activity for whatever has been open for long.",
        )
    return Finding(name="server", health=Health.GOOD, what="vacuum keeps up, nothing is open for long")


async def look_at_server(workspace: Workspace) -> Finding:
    """Ask the server and judge what it says."""
    async with workspace.database.connection() as connection:
        row = await fetch_one(connection, QUERIES["read_server_health"])
    assert row is not None
    names = ("transaction_age", "multixact_age", "open_seconds", "prepared_seconds")
    return judge_server(
        ServerHealth(
            **dict(zip(names, row[:4], strict=True)), worst_table=row[4], dead_rows=row[5], live_rows=row[6]
        )
    )


async def look_at_clocks(workspace: Workspace) -> Finding:
    """Compare the database's clock with this machine's; senders hold everything where they differ by half a minute."""
    async with workspace.database.connection() as connection:
        before, monotonic = wall_seconds(), time.monotonic()
        database = await read_clock(connection)
        watch = ClockWatch()
        watch.note(
            Reading(
                database=database,
                wall_before=before,
                wall_after=wall_seconds(),
                monotonic_before=monotonic,
                monotonic_after=time.monotonic(),
            )
        )
    what = f"the database's is {watch.skew_seconds:+.1f} s from this machine's"
    if watch.is_doubted:
        how = "Nothing is sent meanwhile. Let both machines ask a time server; senders go on by themselves."
        return Finding(name="clocks", health=Health.PROBLEM, what=what, what_to_do=how)
    return Finding(
        name="clocks", health=Health.GOOD, what=what if watch.skew_seconds else "both say the same"
    )


def judge_backup(proved_at: datetime | None, now: datetime) -> Finding:
    """Return how old the last proof is that a backup can be restored."""
    how = "Write one, then `rulecast restore prove DIRECTORY`, every week."
    if proved_at is None:
        return Finding(
            name="backups",
            health=Health.PROBLEM,
            what="none was ever proved to be restorable",
            what_to_do=how,
        )
    days = (now - proved_at).days
    if now - proved_at > PROOF_LIFE:
        what = f"the last one that was proved to be restorable was proved {days} days ago"
        return Finding(name="backups", health=Health.PROBLEM, what=what, what_to_do=how)
    return Finding(name="backups", health=Health.GOOD, what=f"one was restored for a proof {days} days ago")


async def look_at_backups(workspace: Workspace) -> Finding:
    """Return when somebody last saw that a backup can be restored."""
    async with workspace.database.connection() as connection:
        row = await fetch_one(connection, QUERIES["find_answer_in_audit"], {"action": PROVED})
    return judge_backup(None if row is None else row[2], workspace.clock.now())


async def watch_server(workspace: Workspace) -> None:
    """Say in the log what the doctor would say, where it is grave; run every hour."""
    found = [await look_at_server(workspace)]
    if not workspace.is_simulated:
        found.append(await look_at_backups(workspace))
    for one in found:
        if one.health is Health.PROBLEM:
            LOG.error("the server needs a person", reason=one.what)
