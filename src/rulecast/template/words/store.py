"""The only file of this part that reaches the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.database import Connection, execute, fetch_value, load_queries
from rulecast.database.rows import Jsonb

__all__ = ["QUERIES", "Connection", "WordRow"]

QUERIES = load_queries(__package__)

WORD_LENGTH_MAX = 64
NAME_LENGTH_MAX = 512
LANGUAGE_LENGTH_MAX = 20
GRAVITY = (
    "GREEN", "YELLOW", "RED", "APPROVED", "REINSTATED", "UNARCHIVED", "DONE", "DETECTED", "IMPENDING", "PENDING",
    "IN_APPEAL", "FLAGGED", "LIMIT_EXCEEDED", "PAUSED", "ARCHIVED", "REJECTED", "LOCKED", "DISABLED",
    "PENDING_DELETION", "DELETED",
)  # fmt: skip
"""Words from the lightest to the gravest; an unknown one is lighter than all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """One word about one side of a template."""

    meta_id: str
    name: str
    language: str
    topic: str
    event: str
    said_at: datetime
    details: Mapping[str, object] = field(default_factory=dict)


async def put_word(connection: Connection, row: WordRow, now: datetime) -> bool:
    """Keep a word if it is the newest about its side, and return whether it is."""
    changed = await execute(
        connection,
        QUERIES["put_word"],
        {
            "meta_id": row.meta_id,
            "name": row.name[:NAME_LENGTH_MAX],
            "language": row.language[:LANGUAGE_LENGTH_MAX],
            "topic": row.topic,
            "event": row.event[:WORD_LENGTH_MAX],
            "said_at": row.said_at,
            "details": Jsonb(dict(row.details)),
            "gravity": list(GRAVITY),
            "now": now,
        },
    )
    return bool(changed)


async def is_outdated(connection: Connection, row: WordRow) -> bool:
    """Return whether a newer word about the same side is kept, under whatever id of the template."""
    return bool(
        await fetch_value(
            connection,
            QUERIES["is_outdated"],
            {"name": row.name, "language": row.language, "topic": row.topic, "said_at": row.said_at},
        )
    )
