"""Uploads in the database."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.deliver.media_uploads.upload_terms import REFRESH_BEFORE, Upload

__all__ = [
    "Connection",
    "ask_upload",
    "doubt_own_uploads",
    "doubt_uploads",
    "find_upload",
    "keep_upload",
    "list_ageing",
    "renew_files",
]

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


async def find_upload(connection: Connection, business_number_id: str, content_hash: bytes) -> Upload | None:
    """Return the upload of a content for a number as it is kept now."""
    parameters = {"business_number_id": business_number_id, "content_hash": content_hash}
    return await fetch_one(connection, QUERIES["find_upload"], parameters, record=Upload)


async def renew_files(
    connection: Connection, messages: Sequence[tuple[int, int]], now: datetime
) -> list[str]:
    """Ask fresh files of the templates of these (template, message), and return which of them it is news of."""
    template_ids, message_ids = zip(*messages, strict=True)
    parameters = {"template_ids": list(template_ids), "message_ids": list(message_ids), "now": now}
    return [place for (place,) in await fetch_all(connection, QUERIES["renew_files"], parameters)]


async def doubt_uploads(connection: Connection, message_ids: Sequence[int], before: datetime | None) -> None:
    """Use no upload of before an instant any more; without one, none of before the newest of these messages."""
    parameters = {"message_ids": list(message_ids), "before": before}
    await execute(connection, QUERIES["doubt_uploads"], parameters)


async def doubt_own_uploads(connection: Connection, message_ids: Sequence[int], now: datetime) -> list[str]:
    """Use no upload any more that these replies showed; return the rules whose fresh upload failed as well."""
    parameters = {"message_ids": list(message_ids), "now": now}
    return [name for (name,) in await fetch_all(connection, QUERIES["doubt_own_uploads"], parameters)]
