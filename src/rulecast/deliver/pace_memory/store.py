"""The only file of this part that reaches the database."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rulecast.account.pacing import PAIR_BURST, PAIR_SECONDS_PER_MESSAGE, START_WINDOW_SECONDS
from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.deliver.pacing import PAIRS_MAX, Pace, PaceMemory

QUERIES = load_queries(__package__)

# An intent starts within two seconds, a request ends within half a minute; what is older has long arrived.
START_AGE_MAX = timedelta(seconds=40)
PAIR_REPAID = timedelta(seconds=PAIR_BURST * PAIR_SECONDS_PER_MESSAGE)
INBOUND_WINDOW = timedelta(seconds=1)
INBOUND_KEPT = timedelta(minutes=1)


async def recall_pace(connection: Connection, business_number_id: str, *, now: datetime) -> PaceMemory:
    """Return what the next sender of a number takes over; read once its lease is taken."""
    number = {"business_number_id": business_number_id}
    kept = await fetch_one(connection, QUERIES["find_pace"], number)
    recent = await fetch_value(
        connection,
        QUERIES["count_recent_starts"],
        {
            **number,
            "intents_from": now - START_AGE_MAX,
            "ends_from": now - timedelta(seconds=START_WINDOW_SECONDS),
        },
    )
    pairs = await fetch_all(
        connection,
        QUERIES["find_recent_pairs"],
        {
            **number,
            "repaid_from": now - PAIR_REPAID,
            "spaced_from": now - timedelta(seconds=PAIR_SECONDS_PER_MESSAGE),
            "pairs_max": PAIRS_MAX,
        },
    )
    factor, factor_at, rests_until = kept or (1.0, None, None)
    # The clock may have been put back since.
    return PaceMemory(
        factor=factor,
        factor_at=factor_at,
        rests_until=rests_until,
        recent_starts=int(recent),
        pairs=dict(reversed(pairs)),
    ).held_by(now)


async def keep_pace(connection: Connection, business_number_id: str, pace: Pace) -> None:
    """Keep a factor and a rest; a longer rest that was kept earlier stays, unless the clock was put back since."""
    await execute(
        connection,
        QUERIES["keep_pace"],
        {
            "business_number_id": business_number_id,
            "factor": pace.factor,
            "factor_at": pace.factor_at,
            "rests_until": pace.rests_until,
        },
    )


async def note_inbound(connection: Connection, messages: Mapping[str, int], *, now: datetime) -> None:
    """Keep how many messages numbers received; those of a stranger's number count for nobody."""
    await execute(
        connection,
        QUERIES["note_inbound"],
        {
            "business_number_ids": list(messages),
            "messages": list(messages.values()),
            "now": now,
        },
    )


async def read_inbound(connection: Connection, *, now: datetime) -> dict[str, int]:
    """Return how many messages numbers received in the last second; a number that received none is missing."""
    rows = await fetch_all(connection, QUERIES["read_inbound"], {"since": now - INBOUND_WINDOW, "now": now})
    return dict(rows)


async def forget_inbound(connection: Connection, *, now: datetime) -> None:
    """Delete what no longer counts."""
    await execute(connection, QUERIES["forget_inbound"], {"before": now - INBOUND_KEPT})
