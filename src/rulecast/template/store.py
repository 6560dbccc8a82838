"""Templates in the database."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.rows import Jsonb
from rulecast.template.read_parts import read_listed_parts
from rulecast.template.records import MessageTemplate
from rulecast.values.ids import TemplateId

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    template_id: TemplateId
    name: str
    language: str
    category: str
    status: str
    components: list[dict[str, Any]]
    links: dict[str, str]
    parameter_format: str
    meta_id: str
    waba_id: str
    quality: str
    correct_category: str
    previous_category: str
    rejected_reason: str
    paused_until: datetime | None
    pause_title: str
    ttl_seconds: int | None
    obstacle: str
    is_adopted: bool

    def template(self) -> MessageTemplate:
        kept = asdict(self)
        kept["components"] = tuple(self.components)
        return MessageTemplate(**kept, parts=read_listed_parts(self.components))


async def list_templates(connection: Connection) -> list[MessageTemplate]:
    """Return every template in every language."""
    rows = await fetch_all(connection, QUERIES["list_templates"], record=_Row)
    return [row.template() for row in rows]


async def find_templates(
    connection: Connection, template_ids: Iterable[TemplateId]
) -> Mapping[TemplateId, MessageTemplate]:
    """Return the templates of these ids."""
    rows = await fetch_all(
        connection, QUERIES["find_templates"], {"template_ids": list(template_ids)}, record=_Row
    )
    return {row.template_id: row.template() for row in rows}


async def lock_templates(connection: Connection, names: Iterable[str]) -> list[MessageTemplate]:
    """Return the templates of these names in every language, held until the end of the transaction."""
    rows = await fetch_all(connection, QUERIES["lock_templates"], {"names": sorted(names)}, record=_Row)
    return [row.template() for row in rows]


async def save_template(connection: Connection, template: MessageTemplate, *, now: datetime) -> TemplateId:
    """Create or change a template in one language and return its id."""
    template_id = await fetch_value(
        connection,
        QUERIES["save_template"],
        {
            "name": template.name,
            "language": template.language,
            "category": template.category,
            "status": template.status,
            "components": Jsonb(list(template.components)),
            "components_hash": template.components_hash,
            "links": Jsonb(dict(template.links)),
            "parameter_format": template.parameter_format,
            "ttl_seconds": template.ttl_seconds,
            "obstacle": obstacle_of(template),
            "is_adopted": template.is_adopted,
            "declared_hash": None if template.is_adopted else template.components_hash,
            "updated_at": now,
        },
    )
    return TemplateId(template_id)


async def lock_template_of_fact(
    connection: Connection, *, meta_id: str, name: str = "", language: str = ""
) -> MessageTemplate | None:
    """Return the template that Meta speaks of, held until the end of the transaction; None where nobody knows it."""
    found = await fetch_one(
        connection,
        QUERIES["find_template_of_fact"],
        {"meta_id": meta_id, "name": name, "language": language},
    )
    if found is None:
        return None
    row = await fetch_one(connection, QUERIES["lock_template"], {"template_id": found[0]}, record=_Row)
    return None if row is None else row.template()


async def save_template_state(connection: Connection, template: MessageTemplate, *, now: datetime) -> None:
    """Keep what Meta says about a template: hand in the template with its new status, category, quality and so on.

    A new category changes the hash, and with it what was approved.
    """
    await execute(
        connection,
        QUERIES["save_template_state"],
        {
            "template_id": template.template_id,
            "status": template.status,
            "category": template.category,
            "components_hash": template.components_hash,
            "meta_id": template.meta_id,
            "waba_id": template.waba_id,
            "quality": template.quality,
            "correct_category": template.correct_category,
            "previous_category": template.previous_category,
            "rejected_reason": template.rejected_reason,
            "paused_until": template.paused_until,
            "pause_title": template.pause_title,
            "obstacle": obstacle_of(template),
            "updated_at": now,
        },
    )


def obstacle_of(template: MessageTemplate) -> str:
    """Return why rulecast does not send a template, the parts it does not know among it."""
    if not template.parts.unknown:
        return template.obstacle
    return f"It has parts that this version of rulecast cannot send: {'; '.join(template.parts.unknown)}."[
        :1000
    ]


async def list_template_hashes(connection: Connection, names: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """Return name, language and a hash of content, destinations and category of the named templates."""
    rows = await fetch_all(connection, QUERIES["list_template_hashes"], {"names": sorted(names)})
    return [(name, language, bytes(digest)) for name, language, digest in rows]


async def list_declared_hashes(connection: Connection) -> dict[tuple[str, str], bytes]:
    """Return what the workspace file declared, by name and language."""
    rows = await fetch_all(connection, QUERIES["list_declared_hashes"])
    return {(name, language): bytes(digest) for name, language, digest in rows}
