"""Kept files in the database: which content stands behind each name, and its renditions."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_value, load_queries
from rulecast.template.media.choose import Grade
from rulecast.template.media.records import KeptMedium, Rendition

QUERIES = load_queries(__package__)


async def keep_medium(
    connection: Connection,
    *,
    name: str,
    kind: str,
    source_hash: bytes,
    fetched: tuple[datetime, str],
    renditions: Sequence[Rendition],
) -> int:
    """Append what was fetched under a name, when and by whom; from now on it is what the name means."""
    at, by = fetched
    parameters = {"name": name, "kind": kind, "source_hash": source_hash, "fetched_at": at, "fetched_by": by}
    content_id = int(await fetch_value(connection, QUERIES["append_medium"], parameters) or 0)
    for one in renditions:
        await execute(
            connection,
            QUERIES["append_rendition"],
            {
                "medium_content_id": content_id,
                "grade": one.grade.value,
                "content_hash": one.content_hash,
                "mime_type": one.mime_type,
                "size_bytes": one.size_bytes,
                "width": one.width,
                "height": one.height,
            },
        )
    return content_id


async def list_media(connection: Connection, names: Iterable[str] | None = None) -> dict[str, KeptMedium]:
    """Return what each name means now; of all names, or of these."""
    rows = await fetch_all(
        connection, QUERIES["list_media"], {"names": None if names is None else sorted(set(names))}
    )
    found: dict[str, KeptMedium] = {}
    grades: dict[str, dict[Grade, Rendition]] = {}
    for (
        content_id,
        name,
        kind,
        source_hash,
        at,
        by,
        grade,
        content_hash,
        mime_type,
        size,
        width,
        height,
    ) in rows:
        grades.setdefault(name, {})[Grade(grade)] = Rendition(
            grade=Grade(grade),
            content_hash=bytes(content_hash),
            mime_type=mime_type,
            size_bytes=size,
            width=width,
            height=height,
        )
        found[name] = KeptMedium(
            medium_content_id=content_id,
            name=name,
            kind=kind,
            source_hash=bytes(source_hash),
            fetched_at=at,
            fetched_by=by,
            renditions=grades[name],
        )
    return found


async def keep_loose_file(
    connection: Connection, content_hash: bytes, *, mime_type: str, size_bytes: int, now: datetime
) -> None:
    """Note a file that is sent once and has no name."""
    parameters = {
        "content_hash": content_hash,
        "mime_type": mime_type,
        "size_bytes": size_bytes,
        "kept_at": now,
    }
    await execute(connection, QUERIES["keep_loose_file"], parameters)


async def forget_loose_files(
    connection: Connection, *, before: datetime, count: int
) -> list[tuple[bytes, bool]]:
    """Forget the oldest files without a name; return them, and whether the same content is declared under one."""
    rows = await fetch_all(connection, QUERIES["forget_loose_files"], {"before": before, "count": count})
    return [(bytes(content_hash), is_declared) for content_hash, is_declared in rows]


async def find_type(connection: Connection, content_hash: bytes) -> str | None:
    """Return the type of a kept content, or None where no rendition has it."""
    found = await fetch_value(connection, QUERIES["find_rendition_type"], {"content_hash": content_hash})
    return None if found is None else str(found)
