"""Replies in the database."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import ContactId, RunId
from rulecast.wiring.replies.records import ReplyRun, WaitingReply

QUERIES = load_queries(__package__)


async def list_waiting(connection: Connection, *, count: int) -> list[WaitingReply]:
    """Return replies that wait, the oldest first; those of rules that rest are left where they are."""
    return await fetch_all(connection, QUERIES["list_waiting"], {"count": count}, record=WaitingReply)


async def find_reply_run(connection: Connection, answered_run_id: RunId, *, step: int) -> ReplyRun | None:
    """Return the run that keeps the answers of one reply to one run."""
    parameters = {"answered_run_id": answered_run_id, "step": step}
    return await fetch_one(connection, QUERIES["find_reply_run"], parameters, record=ReplyRun)


async def write_messages(
    connection: Connection,
    run: ReplyRun,
    people: Sequence[tuple[ContactId, datetime, datetime]],
    *,
    prices_e4: Sequence[int],
    now: datetime,
) -> None:
    """Write a message for each of these people (contact, from, until) at its price, and wake the senders."""
    parameters = {
        "run_id": run.run_id,
        "plan_id": run.plan_id,
        "contact_ids": [contact_id for contact_id, _, _ in people],
        "send_from": [send_from for _, send_from, _ in people],
        "send_until": [send_until for _, _, send_until in people],
        "prices_e4": list(prices_e4),
        "now": now,
    }
    await execute(connection, QUERIES["reopen_run"], {"run_id": run.run_id})
    await execute(connection, QUERIES["insert_members"], parameters)
    await execute(connection, QUERIES["insert_messages"], parameters)
    await execute(connection, QUERIES["notify_send"])


async def settle(
    connection: Connection, replies: Sequence[WaitingReply], *, state: str, why: str = "", now: datetime
) -> None:
    """Note what became of replies."""
    parameters = {
        "message_ids": [one.after_message_id for one in replies],
        "positions": [one.position for one in replies],
        "state": state,
        "why": why,
        "now": now,
    }
    await execute(connection, QUERIES["settle"], parameters)


async def insert_typed(
    connection: Connection,
    run_id: RunId,
    contact_id: ContactId,
    *,
    sealed_text: bytes,
    typed_by: str,
    now: datetime,
) -> None:
    """Keep what somebody typed."""
    parameters = {
        "run_id": run_id,
        "contact_id": contact_id,
        "sealed_text": sealed_text,
        "typed_by": typed_by,
        "now": now,
    }
    await execute(connection, QUERIES["insert_typed"], parameters)


async def let_uploads_expire(connection: Connection, content_hashes: Sequence[bytes]) -> None:
    """Let the uploads of files that are gone expire."""
    await execute(connection, QUERIES["let_uploads_expire"], {"content_hashes": list(content_hashes)})


async def find_outcome(connection: Connection, run_id: RunId) -> tuple[str, str, int] | None:
    """Return state, reason and error code of the one message of a run."""
    return await fetch_one(connection, QUERIES["find_outcome"], {"run_id": run_id})


async def find_number(connection: Connection, run_id: RunId) -> str:
    """Return from which number a run sends."""
    return str(await fetch_value(connection, QUERIES["find_number"], {"run_id": run_id}))


async def list_countries(connection: Connection, contact_ids: Sequence[ContactId]) -> dict[ContactId, str]:
    """Return the country of each of these people."""
    rows = await fetch_all(connection, QUERIES["list_countries"], {"contact_ids": list(contact_ids)})
    return {ContactId(contact_id): country for contact_id, country in rows}
