"""Reads and writes the life of the database; the only file of this part that reaches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rulecast.database import Connection, execute, fetch_one, fetch_value, load_queries
from rulecast.deliver.restore.judge import HoldCause, Standing
from rulecast.deliver.restore.pulse import NEVER_BEATEN

__all__ = [
    "QUERIES",
    "Connection",
    "Decision",
    "accept_life",
    "beat",
    "begin_life",
    "count_gap",
    "doubt_some",
    "end_some",
    "insert_restore",
    "read_standing",
]

QUERIES = load_queries(__package__)

# A beat waits for its own process for milliseconds; after this the process is frozen or cut off.
BEAT_IDLE_MS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about a held database, and what came of it."""

    causes: tuple[HoldCause, ...]
    life_before: str
    life: str
    because: str
    nothing_was_sent: bool
    doubted: int
    ended: int
    codes_doubted: int
    stops_restored: int
    rules_held: int
    decided_by: str


async def read_standing(connection: Connection) -> Standing:
    """Return who this database is now and which life of it was sent from last."""
    life_now = str(await fetch_value(connection, QUERIES["read_life"]))
    row = await fetch_one(connection, QUERIES["read_standing"])
    life, environment, beat, beaten_at = row or ("", "", NEVER_BEATEN, None)
    return Standing(life_now=life_now, life=life, environment=environment, beat=beat, beaten_at=beaten_at)


async def begin_life(connection: Connection, life: str, *, environment: str) -> None:
    """Write down the first life of a database, unless one is there."""
    await execute(connection, QUERIES["begin_life"], {"life": life, "environment": environment})


async def beat(connection: Connection, life: str, *, environment: str) -> int | None:
    """Count one more beat of this life and return how many there are; None where another life stands there."""
    parameters = {"life": life, "environment": environment, "idle_ms": str(BEAT_IDLE_MS)}
    found = await fetch_value(connection, QUERIES["beat"], parameters)
    return None if found is None else int(found)


async def accept_life(connection: Connection, life: str, *, environment: str, beat: int) -> int:
    """Let this life be sent from, at least at this beat, and return the beat it stands at."""
    parameters = {"life": life, "environment": environment, "beat": beat}
    return int(await fetch_value(connection, QUERIES["accept_life"], parameters))


async def insert_restore(connection: Connection, decision: Decision, now: datetime) -> None:
    """Keep what was decided."""
    await execute(
        connection,
        QUERIES["insert_restore"],
        {
            "causes": [cause.value for cause in decision.causes],
            "life_before": decision.life_before,
            "life": decision.life,
            "because": decision.because,
            "nothing_was_sent": decision.nothing_was_sent,
            "doubted": decision.doubted,
            "ended": decision.ended,
            "codes_doubted": decision.codes_doubted,
            "stops_restored": decision.stops_restored,
            "rules_held": decision.rules_held,
            "decided_by": decision.decided_by,
            "now": now,
        },
    )


async def count_gap(connection: Connection, now: datetime) -> int:
    """Return how many messages may have been sent since the state that was restored."""
    return int(await fetch_value(connection, QUERIES["count_gap"], {"now": now}))


async def doubt_some(
    connection: Connection, *, count_max: int, months: Mapping[str, date], now: datetime
) -> int:
    """Make some of these messages `unknown` and return how many; `months` is what each number's budgets run in."""
    parameters = {
        "business_number_ids": list(months),
        "months": list(months.values()),
        "count_max": count_max,
        "now": now,
    }
    return int(await fetch_value(connection, QUERIES["doubt_gap"], parameters))


async def end_some(connection: Connection, *, count_max: int, now: datetime) -> int:
    """End some next steps, replies and answers to opt-outs that were due by now, and return how many."""
    parameters = {"count_max": count_max, "now": now}
    return (
        int(await fetch_value(connection, QUERIES["end_steps"], parameters))
        + int(await fetch_value(connection, QUERIES["end_replies"], parameters))
        + int(await fetch_value(connection, QUERIES["end_answers"], parameters))
    )
