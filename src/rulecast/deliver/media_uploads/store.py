"""Uploads in the database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.deliver.media_uploads.upload_terms import REFRESH_BEFORE, Upload

__all__ = ["Connection", "ask_upload", "doubt_uploads", "keep_upload", "list_ageing"]

QUERIES = load_queries(__package__)


async def ask_upload(
    connection: Connection, business_number_id: str, content_hash: bytes, now: datetime
) -> Upload | None:
    """Return the upload of a content for a number, expired or not, and note that it was asked for."""
    return await fetch_one(
        connection,
        QUERIES["ask_upload"],
        {"business_number_id": business_number_id, "content_hash": content_hash, "now": now},
        record=Upload,
    )


async def keep_upload(connection: Connection, upload: Upload) -> None:
    """Keep an upload in the place of an older one of the same content."""
    await execute(connection, QUERIES["keep_upload"], asdict(upload))


async def list_ageing(connection: Connection, now: datetime) -> Sequence[Upload]:
    """Return the uploads that expire soon and were asked for since they were made."""
    return await fetch_all(
        connection, QUERIES["list_ageing"], {"before": now + REFRESH_BEFORE}, record=Upload
    )


async def doubt_uploads(connection: Connection, business_number_ids: Sequence[str], now: datetime) -> None:
    """Let the uploads of these numbers be made anew at their next need: which one failed is not told."""
    await execute(
        connection,
        QUERIES["doubt_uploads"],
        {"business_number_ids": list(business_number_ids), "until": now + REFRESH_BEFORE},
    )
