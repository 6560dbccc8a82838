"""The only file of this part that reaches the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulecast.account.records import Signup
from rulecast.database import Connection, execute, fetch_all, load_queries

__all__ = ["QUERIES", "Connection", "FactRow", "HoldRow", "LimitRow", "NumberPlace", "Signup"]

QUERIES = load_queries(__package__)

SCOPE_ID_LENGTH_MAX = 40
WORD_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPlace:
    """Where a number belongs, and how it is displayed: digits without a plus sign, empty while nobody told."""

    business_number_id: str
    waba_id: str
    portfolio_id: str
    display_phone_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A fact as it is kept; `details` is JSON text, `is_undated` that its time is the one of its arrival."""

    fact_key: bytes
    field: str
    event: str
    scope: str
    scope_id: str
    occurred_at: datetime
    until: datetime | None
    is_undated: bool
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """What a word says about a cause."""

    cause: str
    kind: str
    is_in_force: bool
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """A limit Meta told."""

    topic: str
    value: int | None
    word: str


async def list_number_places(connection: Connection) -> list[NumberPlace]:
    """Return every number."""
    return await fetch_all(connection, QUERIES["list_number_places"], record=NumberPlace)


async def learn_display_numbers(connection: Connection, displayed: Mapping[str, str]) -> None:
    """Keep how numbers are displayed, by their id, where that is new."""
    if displayed:
        await execute(
            connection,
            QUERIES["learn_display_numbers"],
            {"numbers": sorted(displayed), "displayed": [displayed[one] for one in sorted(displayed)]},
        )


async def insert_facts(connection: Connection, rows: Sequence[FactRow], now: datetime) -> list[bytes]:
    """Append facts and return the keys of those that are new."""
    if not rows:
        return []
    found = await fetch_all(
        connection,
        QUERIES["insert_facts"],
        {
            "now": now,
            "keys": [row.fact_key for row in rows],
            "fields": [row.field[:WORD_LENGTH_MAX] for row in rows],
            "events": [row.event[:WORD_LENGTH_MAX] for row in rows],
            "scopes": [row.scope for row in rows],
            "scope_ids": [row.scope_id for row in rows],
            "occurred": [row.occurred_at for row in rows],
            "until": [row.until for row in rows],
            "undated_keys": [row.fact_key for row in rows if row.is_undated],
            "details": [row.details for row in rows],
        },
    )
    return [bytes(key) for (key,) in found]


async def put_hold(connection: Connection, row: HoldRow, *, scope: str, scope_id: str, at: datetime) -> bool:
    """Keep a word about a cause if it is the newest, and return whether it is."""
    changed = await execute(
        connection,
        QUERIES["put_hold"],
        {
            "scope": scope,
            "scope_id": scope_id,
            "cause": row.cause,
            "kind": row.kind,
            "is_in_force": row.is_in_force,
            "at": at,
            "until": row.until,
        },
    )
    return bool(changed)


async def tell_limit(
    connection: Connection, row: LimitRow, *, scope: str, scope_id: str, at: datetime
) -> None:
    """Keep a limit if it is the newest word about it."""
    name = {"people": "tell_people", "throughput": "tell_throughput"}.get(row.topic, "tell_quality")
    queries = {
        "tell_people": QUERIES["tell_people"],
        "tell_throughput": QUERIES["tell_throughput"],
        "tell_quality": QUERIES["tell_quality"],
    }
    said = {"tell_quality": row.word[:SCOPE_ID_LENGTH_MAX]}.get(name, row.value)
    await execute(connection, queries[name], {"scope": scope, "scope_id": scope_id, "said": said, "at": at})


async def list_holds(connection: Connection, now: datetime) -> list[tuple[Any, ...]]:
    """Return the holds in force."""
    return await fetch_all(connection, QUERIES["list_holds"], {"now": now})


async def lift_hold(connection: Connection, parameters: Mapping[str, object]) -> int:
    """Lift the hold of a cause."""
    return await execute(connection, QUERIES["lift_hold"], parameters)


async def find_signups(connection: Connection, signup_ids: Iterable[str]) -> dict[str, Signup]:
    """Return the declared sign-ups among these."""
    wanted = sorted({one for one in signup_ids if one})
    if not wanted:
        return {}
    rows = await fetch_all(connection, QUERIES["find_signups"], {"ids": wanted}, record=Signup)
    return {row.signup_id: row for row in rows}


async def save_signup(connection: Connection, signup: Signup) -> None:
    """Declare a sign-up, or another wording of it."""
    await execute(
        connection,
        QUERIES["save_signup"],
        {
            "signup_id": signup.signup_id,
            "purpose": signup.purpose,
            "wording_version": signup.wording_version,
        },
    )


async def list_signups(connection: Connection) -> dict[str, Signup]:
    """Return every declared sign-up, by its id."""
    rows = await fetch_all(connection, QUERIES["list_signups"], record=Signup)
    return {row.signup_id: row for row in rows}
