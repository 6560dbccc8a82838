"""Writes and reads the inbox; the only file of this part that reaches the database."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.collect.inbox.received_body import ReceivedBody, SealedText
from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.database.columns import blobs, instants, texts

__all__ = ["QUERIES", "Connection", "find_outcomes", "find_quarantined", "keep_bodies", "keep_texts"]

QUERIES = load_queries(__package__)


async def keep_bodies(connection: Connection, bodies: Sequence[ReceivedBody]) -> None:
    """Append raw bodies, sealed."""
    await execute(
        connection,
        QUERIES["insert_bodies"],
        {
            "received": instants([body.received_at for body in bodies]),
            "hashes": blobs([body.body_hash for body in bodies]),
            "sealed": blobs([body.sealed_body for body in bodies]),
            "days": texts([body.key_day.isoformat() for body in bodies]),
            "states": texts([body.state for body in bodies]),
            "problems": texts([body.problem for body in bodies]),
        },
    )


async def keep_texts(connection: Connection, texts: Sequence[SealedText]) -> None:
    """Append the sealed words of inbound messages; the words of one message are kept once."""
    if not texts:
        return
    await execute(
        connection,
        QUERIES["insert_texts"],
        {
            "keys": [text.event_key for text in texts],
            "contact_ids": [text.contact_id for text in texts],
            "occurred": [text.occurred_at for text in texts],
            "sealed": [text.sealed_text for text in texts],
        },
    )


async def find_quarantined(connection: Connection, since: datetime) -> list[tuple[datetime, str]]:
    """Return when bodies came that could not be read wholly and why, newest first, at most 1,000."""
    found = await fetch_all(connection, QUERIES["find_quarantined"], {"since": since})
    return [(received_at, problem) for received_at, problem in found]


async def find_outcomes(
    connection: Connection, body_hashes: Sequence[bytes], since: datetime
) -> dict[bytes, tuple[str, str]]:
    """Return state and problem of bodies received since an instant, by hash; absent are those not kept."""
    found = await fetch_all(
        connection, QUERIES["find_outcomes"], {"hashes": list(body_hashes), "since": since}
    )
    return {bytes(body_hash): (state, problem) for body_hash, state, problem in found}
