"""What is kept about connections; the only file of this part that reaches the database."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import ContactId, RunId
from rulecast.wiring.connect.records import Step

QUERIES = load_queries(__package__)
WHAT_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A number that was connected, and how far."""

    business_number_id: str
    waba_id: str
    app_id: str
    is_test_number: bool
    callback_url: str = ""
    subscribed_at: datetime | None = None
    hello_run_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloRow:
    """How the message stands by which a number is tried."""

    contact_id: int
    state: str
    reason: str
    error_code: int
    is_sent: bool
    is_delivered: bool
    is_read: bool
    failed_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """Who may get a hello, and where that is."""

    is_seed: bool
    has_consent: bool
    country: str
    language: str
    zone: str


async def save_connection(connection: Connection, row: ConnectionRow, now: datetime) -> None:
    """Keep which account and app a number belongs to."""
    await execute(
        connection,
        QUERIES["save_connection"],
        {
            "business_number_id": row.business_number_id,
            "waba_id": row.waba_id,
            "app_id": row.app_id,
            "is_test_number": row.is_test_number,
            "now": now,
        },
    )


async def find_connection(connection: Connection, business_number_id: str) -> ConnectionRow | None:
    """Return what is known of a number, or nothing where it was never connected."""
    parameters = {"business_number_id": business_number_id}
    return await fetch_one(connection, QUERIES["find_connection"], parameters, record=ConnectionRow)


async def list_connections(connection: Connection) -> list[ConnectionRow]:
    """Return every number that was connected."""
    return await fetch_all(connection, QUERIES["list_connections"], record=ConnectionRow)


async def set_subscribed(
    connection: Connection, business_number_id: str, *, callback_url: str, now: datetime
) -> None:
    """Keep since when webhooks can come, and where to."""
    parameters = {"business_number_id": business_number_id, "callback_url": callback_url, "now": now}
    await execute(connection, QUERIES["set_subscribed"], parameters)


async def set_hello(connection: Connection, business_number_id: str, run_id: RunId, now: datetime) -> None:
    """Keep the run of the hello."""
    parameters = {"business_number_id": business_number_id, "run_id": run_id, "now": now}
    await execute(connection, QUERIES["set_hello"], parameters)


async def save_step(
    connection: Connection, business_number_id: str, step: Step, *, actor: str, now: datetime
) -> None:
    """Keep how a step ended."""
    await execute(
        connection,
        QUERIES["save_step"],
        {
            "business_number_id": business_number_id,
            "step": step.name,
            "outcome": step.outcome.value,
            "what": step.what[:WHAT_LENGTH_MAX],
            "actor": actor,
            "now": now,
        },
    )


async def has_webhook_since(connection: Connection, since: datetime) -> bool:
    """Return whether a signed webhook was stored since an instant."""
    return bool(await fetch_value(connection, QUERIES["has_webhook_since"], {"since": since}))


async def find_hello(connection: Connection, run_id: RunId) -> HelloRow | None:
    """Return how the message of a run stands."""
    return await fetch_one(connection, QUERIES["find_hello"], {"run_id": run_id}, record=HelloRow)


async def count_others(connection: Connection, business_number_id: str, run_id: RunId) -> int:
    """Return how many other messages of the number wait to be sent."""
    parameters = {"business_number_id": business_number_id, "run_id": run_id}
    return int(await fetch_value(connection, QUERIES["count_others"], parameters) or 0)


async def find_recipient(connection: Connection, contact_id: ContactId) -> RecipientRow | None:
    """Return whether a person was declared for tests or has consented, and where they are."""
    parameters = {"contact_id": contact_id}
    return await fetch_one(connection, QUERIES["find_recipient"], parameters, record=RecipientRow)


async def find_portfolio(connection: Connection, business_number_id: str) -> str | None:
    """Return the portfolio of a number of the workspace."""
    found = await fetch_value(
        connection, QUERIES["find_portfolio"], {"business_number_id": business_number_id}
    )
    return None if found is None else str(found)
