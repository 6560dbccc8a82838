"""Copies of templates in Meta's accounts, and what was asked of Meta, in the database."""

from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.database.rows import Jsonb
from rulecast.template.registry.records import AccountReading, AskedChange, ListedTemplate, Registration
from rulecast.values.ids import TemplateId

__all__ = [
    "Connection",
    "append_change",
    "drop_registrations",
    "find_account_reading",
    "find_pause_start",
    "forget_reading",
    "list_account_readings",
    "list_changes",
    "list_registrations",
    "save_account_reading",
    "save_registration",
    "save_registration_state",
]

QUERIES = load_queries(__package__)


async def save_registration(
    connection: Connection, listed: ListedTemplate, template_id: TemplateId, *, is_same: bool, now: datetime
) -> None:
    """Keep the copy of a template as an account lists it."""
    await execute(
        connection,
        QUERIES["save_registration"],
        {
            "waba_id": listed.waba_id,
            "meta_id": listed.meta_id,
            "template_id": template_id,
            "status": listed.status,
            "category": listed.category,
            "quality": listed.quality,
            "correct_category": listed.correct_category,
            "rejected_reason": listed.rejected_reason,
            "components": Jsonb(list(listed.components)),
            "is_same": is_same,
            "ttl_seconds": listed.ttl_seconds,
            "read_at": now,
        },
    )


async def save_registration_state(connection: Connection, copy: Registration, *, now: datetime) -> None:
    """Keep what a copy became by what was asked of Meta: hand it in with its new status and content."""
    await execute(
        connection,
        QUERIES["save_registration_state"],
        {
            "waba_id": copy.waba_id,
            "meta_id": copy.meta_id,
            "status": copy.status,
            "is_same": copy.is_same,
            "components": Jsonb(copy.components),
            "category": copy.category,
            "ttl_seconds": copy.ttl_seconds,
            "read_at": now,
        },
    )


async def list_registrations(connection: Connection, template_id: TemplateId) -> list[Registration]:
    """Return the copies of a template in every account."""
    return await fetch_all(
        connection, QUERIES["list_registrations"], {"template_id": template_id}, record=Registration
    )


async def drop_registrations(
    connection: Connection, *, waba_id: str, before: datetime
) -> set[tuple[str, str]]:
    """Forget the copies an account did not list any more, and return name and language of each."""
    rows = await fetch_all(connection, QUERIES["drop_registrations"], {"waba_id": waba_id, "before": before})
    return {(name, language) for name, language in rows}


async def find_account_reading(connection: Connection, waba_id: str) -> AccountReading | None:
    """Return when an account was read last."""
    return await fetch_one(
        connection, QUERIES["find_account_reading"], {"waba_id": waba_id}, record=AccountReading
    )


async def save_account_reading(connection: Connection, reading: AccountReading) -> None:
    """Keep when an account was read, and until when it must not be."""
    await execute(
        connection,
        QUERIES["save_account_reading"],
        {
            "waba_id": reading.waba_id,
            "read_at": reading.read_at,
            "blocked_until": reading.blocked_until,
            "template_count": reading.template_count,
        },
    )


async def forget_reading(connection: Connection, waba_id: str) -> None:
    """Let an account count as never read: something in it has changed."""
    await execute(connection, QUERIES["forget_reading"], {"waba_id": waba_id})


async def list_account_readings(connection: Connection) -> list[AccountReading]:
    """Return when each account was read last."""
    return await fetch_all(connection, QUERIES["list_account_readings"], record=AccountReading)


async def append_change(  # noqa: PLR0913 - a change is what, where, by whom and when
    connection: Connection,
    kind: str,
    *,
    waba_id: str,
    name: str,
    language: str,
    was_status: str,
    asked_by: str,
    now: datetime,
) -> None:
    """Keep what was asked of Meta."""
    await execute(
        connection,
        QUERIES["append_change"],
        {
            "waba_id": waba_id,
            "name": name,
            "language": language,
            "kind": kind,
            "was_status": was_status,
            "asked_by": asked_by,
            "changed_at": now,
        },
    )


async def list_changes(
    connection: Connection, *, waba_id: str, name: str, language: str, since: datetime
) -> list[AskedChange]:
    """Return what was asked of Meta about a template since an instant, newest last; a deleted name counts."""
    return await fetch_all(
        connection,
        QUERIES["list_changes"],
        {"waba_id": waba_id, "name": name, "language": language, "since": since},
        record=AskedChange,
    )


async def find_pause_start(connection: Connection, template_id: TemplateId) -> datetime | None:
    """Return since when a template is paused."""
    row = await fetch_one(connection, QUERIES["find_pause_start"], {"template_id": template_id})
    return None if row is None else row[0]
