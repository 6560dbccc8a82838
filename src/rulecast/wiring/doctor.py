"""Looks at an installation as a whole: the same questions at start and whenever somebody asks."""

import stat
from datetime import date, datetime, timedelta
from pathlib import Path

from rulecast.config import Settings
from rulecast.config.graph_versions import (
    GRAPH_VERSION_NEWEST,
    WARN_BEFORE,
    find_graph_version,
    is_older_than_known,
)
from rulecast.config.load_settings import variable_of
from rulecast.database import fetch_all, fetch_one, fetch_value, load_queries
from rulecast.gate.incidents.alerts import count_alerts
from rulecast.observe.append_audit import append_audit
from rulecast.values import zone_offsets
from rulecast.values.errors import RulecastError
from rulecast.wiring.alerts import tellers_of
from rulecast.wiring.doctor_coupons import look_at_coupons
from rulecast.wiring.doctor_money import look_at_limits, look_at_payment, look_at_prices, look_at_zones
from rulecast.wiring.doctor_opt_outs import look_at_opt_outs
from rulecast.wiring.doctor_restore import look_at_restore
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.incidents import read_incidents
from rulecast.wiring.media_library import find_missing, list_library
from rulecast.wiring.partitions import PARTITIONED
from rulecast.wiring.server_health import look_at_backups, look_at_clocks, look_at_server
from rulecast.wiring.triggers.figures import read_trigger_lag
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)

ROOT_KEY_FILE = "root.key"
# A plan refuses a mart that is further behind than this.
MART_LAG_SECONDS_MAX = 60.0
MART_ANSWER_SECONDS = 20.0
# An event becomes an intent within a second; a minute means that nobody matches.
TRIGGER_LAG_SECONDS_MAX = 60.0
DISK_QUESTION = "disk encryption"
SENDING = ("access_token", "app_secret", "verify_token")


def examine_settings(settings: Settings, today: date) -> list[Finding]:
    """Look at everything that can be judged without a database."""
    return [
        _sending_settings(settings),
        _root_key(settings),
        _graph_version(settings, today),
    ]


async def examine_workspace(workspace: Workspace) -> list[Finding]:
    """Look at the opened workspace: database, clock of the world, partitions, mart, triggers, senders, disk."""
    found = [
        await _server(workspace),
        await look_at_server(workspace),
        await look_at_clocks(workspace),
        await look_at_restore(workspace),
        await _zones(workspace),
        await _partitions(workspace),
        await _mart(workspace),
        await _triggers(workspace),
        await _senders(workspace),
        await _incidents(workspace),
        await _alerts(workspace),
        *await _money(workspace),
        *await _files(workspace),
        *await look_at_coupons(workspace),
        *await look_at_opt_outs(workspace),
    ]
    if not workspace.is_simulated:
        found += [await _disk(workspace), await look_at_backups(workspace)]
    return found


async def answer_disk_question(workspace: Workspace, *, is_encrypted: bool) -> None:
    """Record what a person says about the disk under PostgreSQL."""
    async with workspace.database.transaction() as connection:
        await append_audit(
            connection,
            actor=workspace.actor,
            action=DISK_QUESTION,
            subject="database",
            details={"answer": "yes" if is_encrypted else "no"},
            now=workspace.clock.now(),
        )


def _sending_settings(settings: Settings) -> Finding:
    missing = [variable_of(name) for name in SENDING if not getattr(settings, name)]
    if not missing:
        return Finding(name="settings", health=Health.GOOD, what=f"complete, {settings.mode}")
    return Finding(
        name="settings",
        health=Health.PROBLEM if settings.mode == "live" else Health.NOTE,
        what=f"not set: {', '.join(missing)}",
        what_to_do="Without the token nothing is sent, without secret and word no webhook is taken; set them.",
    )


def _root_key(settings: Settings) -> Finding:
    if settings.root_key is not None:
        return Finding(name="root key", health=Health.GOOD, what="from RULECAST_ROOT_KEY")
    path: Path = settings.home / ROOT_KEY_FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return Finding(name="root key", health=Health.NOTE, what="made at the first start")
    if mode & 0o077:
        return Finding(
            name="root key",
            health=Health.PROBLEM,
            what=f"{path} has the mode {mode:04o}",
            what_to_do=f"chmod 600 {path}; whoever reads it can read everybody's data.",
        )
    return Finding(
        name="root key", health=Health.GOOD, what=f"{path}, mode {mode:04o}; keep a copy elsewhere"
    )


def _graph_version(settings: Settings, today: date) -> Finding:
    name, version = "Graph version", settings.graph_version
    known = find_graph_version(version)
    advice = f"Set RULECAST_GRAPH_VERSION to {GRAPH_VERSION_NEWEST} after reading Meta's changelog."
    if known is None and not is_older_than_known(version):
        return Finding(
            name=name,
            health=Health.NOTE,
            what=f"{version} is newer than this release of rulecast knows",
            what_to_do=f"Nothing here was tested with it; {GRAPH_VERSION_NEWEST} was.",
        )
    if known is None or (known.ends_on is not None and today >= known.ends_on):
        ended = "ended long ago" if known is None else f"ended on {known.ends_on}"
        return Finding(name=name, health=Health.PROBLEM, what=f"{version} {ended}", what_to_do=advice)
    if known.ends_on is None:
        return Finding(name=name, health=Health.GOOD, what=f"{version}, no end announced")
    ends_soon = known.ends_on - today <= WARN_BEFORE
    return Finding(
        name=name,
        health=Health.NOTE if ends_soon else Health.GOOD,
        what=f"{version} until {known.ends_on}",
        what_to_do=advice if ends_soon else "",
    )


async def _server(workspace: Workspace) -> Finding:
    async with workspace.database.connection() as connection:
        row = await fetch_one(connection, QUERIES["describe_server"])
    assert row is not None
    _, is_standby, version = row
    kind = "embedded" if workspace.settings.database_url is None else "by URL"
    if is_standby:
        return Finding(
            name="database",
            health=Health.PROBLEM,
            what=f"PostgreSQL {version} is a standby",
            what_to_do="Point RULECAST_DATABASE_URL at the primary.",
        )
    return Finding(name="database", health=Health.GOOD, what=f"PostgreSQL {version}, {kind}, primary")


async def _zones(workspace: Workspace) -> Finding:
    async with workspace.database.connection() as connection:
        loaded = await fetch_value(connection, QUERIES["find_zone_table"])
    installed = zone_offsets.tzdata_version()
    if loaded == installed:
        return Finding(
            name="time zones", health=Health.GOOD, what=f"tzdata {installed} here and in the database"
        )
    return Finding(
        name="time zones",
        health=Health.PROBLEM,
        what=f"tzdata {installed} here, {loaded} in the database",
        what_to_do="Install the same release of rulecast on every host; the last one started wins.",
    )


async def _partitions(workspace: Workspace) -> Finding:
    today = workspace.clock.now().date()
    parameters = {"parents": list(PARTITIONED), "from_day": today, "to_day": today + timedelta(days=31)}
    async with workspace.database.connection() as connection:
        missing = [
            name for (name,) in await fetch_all(connection, QUERIES["list_missing_partitions"], parameters)
        ]
    if not missing:
        return Finding(name="partitions", health=Health.GOOD, what="this month and the next are ready")
    return Finding(
        name="partitions",
        health=Health.NOTE,
        what=f"{len(missing)} months have none yet",
        what_to_do="`rulecast serve` makes them; until then rows go to the default partition and are found there.",
    )


async def _mart(workspace: Workspace) -> Finding:
    try:
        answer = await ask_engine(workspace, "freshness", {}, limit_seconds=MART_ANSWER_SECONDS)
    except RulecastError as error:
        return Finding(
            name="mart", health=Health.PROBLEM, what=f"{error.code}: {error.what}", what_to_do=error.hint
        )
    lag_seconds = float(answer["lag_seconds"])
    until = datetime.fromisoformat(answer["complete_until"])
    what = f"complete until {until:%Y-%m-%d %H:%M:%S} UTC, {lag_seconds:.1f} s behind"
    if lag_seconds <= MART_LAG_SECONDS_MAX:
        return Finding(name="mart", health=Health.GOOD, what=what)
    return Finding(
        name="mart",
        health=Health.PROBLEM,
        what=what,
        what_to_do="A transaction has been open for long: look for an import that hangs, or at pg_stat_activity.",
    )


async def _triggers(workspace: Workspace) -> Finding:
    lag = await read_trigger_lag(workspace)
    what = f"{lag.versions} rules listen, {lag.lag_seconds:.1f} s behind, {lag.waiting} firings wait"
    if lag.set_aside:
        return Finding(
            name="triggers",
            health=Health.PROBLEM,
            what=f"{what}, {lag.set_aside} arrivals cannot be matched",
            what_to_do="A defect: the log of the engine shows it; after an update the next start tries again.",
        )
    if lag.held:
        return Finding(
            name="triggers",
            health=Health.NOTE,
            what=f"{what}, {lag.held} entries are held",
            what_to_do="`rulecast rule list` shows held rules; `rulecast rule resume NAME` lets the entries go on.",
        )
    if lag.lag_seconds <= TRIGGER_LAG_SECONDS_MAX:
        return Finding(name="triggers", health=Health.GOOD, what=what)
    return Finding(
        name="triggers",
        health=Health.PROBLEM,
        what=what,
        what_to_do="Nobody matches what arrives: start `rulecast serve`, or run `rulecast triggers run` once.",
    )


async def _senders(workspace: Workspace) -> Finding:
    async with workspace.database.connection() as connection:
        leases = await fetch_all(connection, QUERIES["list_leases"])
    silent = [name for name, is_alive in leases if not is_alive]
    if not leases:
        return Finding(
            name="senders",
            health=Health.NOTE,
            what="no business number is declared",
            what_to_do="Declare it in the workspace file and apply it.",
        )
    if silent:
        return Finding(
            name="senders",
            health=Health.NOTE,
            what=f"nobody sends from {', '.join(silent)}",
            what_to_do="Normal while `rulecast serve` does not run.",
        )
    return Finding(name="senders", health=Health.GOOD, what=f"{len(leases)} numbers are held by a sender")


async def _alerts(workspace: Workspace) -> Finding:
    """Return whether people can be told of incidents, and are."""
    async with workspace.database.connection() as connection:
        counts = await count_alerts(connection, workspace.clock.now())
    tellers = tellers_of(workspace)
    ways = [name for name, one in (("POST", tellers.webhook), ("e-mail", tellers.email)) if one.is_set_up]
    if counts.late or counts.failed:
        return Finding(
            name="alerts",
            health=Health.PROBLEM,
            what=f"{counts.late} alerts wait for minutes, {counts.failed} were given up in the last week",
            what_to_do="`rulecast incident show NUMBER` says why; try with `rulecast incident drill quality`.",
        )
    if not ways:
        return Finding(
            name="alerts",
            health=Health.NOTE,
            what="nobody is told of incidents",
            what_to_do="Set RULECAST_ALERT_WEBHOOK_URL with its secret, or RULECAST_SMTP_HOST with addresses.",
        )
    return Finding(name="alerts", health=Health.GOOD, what=f"told by {' and '.join(ways)}")


async def _incidents(workspace: Workspace) -> Finding:
    standing = await read_incidents(workspace)
    grave = [one for one in standing.incidents if not one.is_drill]
    if grave or standing.holds:
        return Finding(
            name="incidents",
            health=Health.PROBLEM,
            what=f"{len(grave)} incidents are open, {len(standing.holds)} holds of Meta in force",
            what_to_do="Look with `rulecast incident list`; after mending it, `rulecast incident resume`.",
        )
    if standing.conflict_count:
        return Finding(
            name="incidents",
            health=Health.NOTE,
            what=f"{standing.conflict_count} pairs of contacts may be one person; a stop of one stops both",
        )
    return Finding(name="incidents", health=Health.GOOD, what="none is open")


async def _money(workspace: Workspace) -> list[Finding]:
    async with workspace.database.connection() as connection:
        is_paid, unpaid = await look_at_payment(connection)
        are_priced, prices = await look_at_prices(connection, workspace)
        are_zoned, zones = await look_at_zones(connection, workspace)
        is_free, limits = await look_at_limits(connection, workspace)
    return [
        Finding(
            name="payment",
            health=Health.GOOD if is_paid else Health.PROBLEM,
            what="Meta told of no trouble" if is_paid else f"Meta is not paid: {unpaid}",
            what_to_do=""
            if is_paid
            else "Correct the payment method in WhatsApp Manager, then `rulecast incident resume`.",
        ),
        Finding(
            name="prices",
            health=Health.GOOD if are_priced else Health.NOTE,
            what=prices,
            what_to_do=""
            if are_priced
            else "Download Meta's card of this quarter, then `rulecast rates import FILE`.",
        ),
        Finding(
            name="account zones",
            health=Health.GOOD if are_zoned else Health.NOTE,
            what=zones,
            what_to_do=""
            if are_zoned
            else "`rulecast connect` asks Meta for the zone; an unknown one needs a newer rulecast.",
        ),
        Finding(
            name="limits",
            health=Health.GOOD if is_free else Health.NOTE,
            what=limits,
            what_to_do=""
            if is_free
            else "Messages beyond a limit wait; look at who gets them, and at the quality.",
        ),
    ]


async def _files(workspace: Workspace) -> list[Finding]:
    """Return how the files of messages stand, where any are declared."""
    library = await list_library(workspace)
    if not library:
        return []
    missing = await find_missing(workspace, library)
    waiting = [one.declared.name for one in library if one.kept is None]
    what = f"{len(library)} declared"
    if waiting:
        what += f", not fetched yet: {', '.join(waiting)}"
    return [
        Finding(
            name="files of messages",
            health=Health.PROBLEM if missing else Health.NOTE if waiting else Health.GOOD,
            what=f"{what}, missing here: {', '.join(missing)}" if missing else what,
            what_to_do="Bring the directory `media` of RULECAST_HOME back, or fetch and plan anew: "
            "`rulecast media fetch --again`."
            if missing
            else "Whoever plans fetches them, or now: `rulecast media fetch`."
            if waiting
            else "",
        )
    ]


async def _disk(workspace: Workspace) -> Finding:
    async with workspace.database.connection() as connection:
        row = await fetch_one(connection, QUERIES["find_answer_in_audit"], {"action": DISK_QUESTION})
    if row is None:
        return Finding(
            name="disk",
            health=Health.PROBLEM,
            what="nobody has said whether the disk under PostgreSQL is encrypted",
            what_to_do="Look, then answer with `rulecast doctor --disk-encrypted` or `--disk-not-encrypted`.",
        )
    answer, actor, at = row
    said = f"{actor} on {at:%Y-%m-%d}"
    if answer == "yes":
        return Finding(name="disk", health=Health.GOOD, what=f"encrypted, said {said}")
    return Finding(
        name="disk",
        health=Health.NOTE,
        what=f"not encrypted, said {said}",
        what_to_do="Direct identifiers are sealed all the same; events and attributes are not. Encrypt the disk.",
    )
