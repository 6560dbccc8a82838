"""Codes in the database: nonces and tries, never digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.profile.one_time_codes.ask_code import CodePurpose, CodeRequest, LiveCode
from rulecast.profile.one_time_codes.check_code import CodeVerdict
from rulecast.values.ids import ContactId

__all__ = [
    "AskedBefore",
    "Connection",
    "Place",
    "count_asked",
    "find_live_code",
    "insert_code",
    "live_nonces",
    "lock_person",
    "settle_try",
]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBefore:
    """How many codes a person was sent in the last 24 hours, and when the last one was asked for."""

    count: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a person lives and which language they read."""

    country: str
    language: str
    zone: str


async def lock_person(connection: Connection, contact_id: ContactId) -> Place:
    """Lock the person, so that two requests take turns."""
    found = await fetch_one(connection, QUERIES["lock_person"], {"contact_id": contact_id}, record=Place)
    assert found is not None, "a person who was looked up is there"
    return found


async def count_asked(connection: Connection, contact_id: ContactId, now: datetime) -> AskedBefore:
    """Return what was asked for before, under the lock of the person."""
    found = await fetch_one(
        connection, QUERIES["count_asked"], {"contact_id": contact_id, "now": now}, record=AskedBefore
    )
    assert found is not None, "a count has a row"
    return found


async def insert_code(connection: Connection, request: CodeRequest) -> None:
    """Keep a code; the one that was live for the same purpose holds no longer."""
    key = {"contact_id": request.contact_id, "purpose": request.purpose.value}
    await execute(connection, QUERIES["replace_code"], {**key, "now": request.asked_at})
    await execute(
        connection,
        QUERIES["insert_code"],
        {
            **key,
            "run_id": request.run_id,
            "nonce": request.nonce,
            "asked_by": request.asked_by,
            "asked_at": request.asked_at,
            "expires_at": request.expires_at,
        },
    )


async def live_nonces(connection: Connection, run_ids: Sequence[int]) -> dict[tuple[int, int], bytes]:
    """Return the nonces of the codes these runs send, by run and person; an ended code has none."""
    rows = await fetch_all(connection, QUERIES["live_nonces"], {"run_ids": list(run_ids)})
    return {(run_id, contact_id): bytes(nonce) for run_id, contact_id, nonce in rows}


async def find_live_code(
    connection: Connection, contact_id: ContactId, purpose: CodePurpose
) -> LiveCode | None:
    """Return the code a person can give back for a purpose, locked until the end of the transaction."""
    return await fetch_one(
        connection,
        QUERIES["find_live_code"],
        {"contact_id": contact_id, "purpose": purpose.value},
        record=LiveCode,
    )


async def settle_try(connection: Connection, live: LiveCode, verdict: CodeVerdict, now: datetime) -> None:
    """Count a try, and end the code where the verdict says so; its nonce goes with it."""
    await execute(
        connection,
        QUERIES["settle_try"],
        {"one_time_code_id": live.one_time_code_id, "state": verdict.state, "now": now},
    )
