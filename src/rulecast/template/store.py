"""Templates in the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulecast.database import Connection, execute, fetch_all, load_queries
from rulecast.database.rows import Jsonb
from rulecast.template.records import MessageTemplate, read_parts
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

    def template(self) -> MessageTemplate:
        return MessageTemplate(
            template_id=self.template_id,
            name=self.name,
            language=self.language,
            category=self.category,
            status=self.status,
            components=tuple(self.components),
            links=self.links,
            parts=read_parts(self.components, place=f"template {self.name} ({self.language})"),
        )


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


async def save_template(connection: Connection, template: MessageTemplate, *, now: datetime) -> None:
    """Create or change a template in one language."""
    await execute(
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
            "updated_at": now,
        },
    )


async def set_template_status(
    connection: Connection, template: MessageTemplate, *, status: str, category: str, now: datetime
) -> None:
    """Keep what Meta answered about a template."""
    await execute(
        connection,
        QUERIES["set_template_status"],
        {
            "name": template.name,
            "language": template.language,
            "status": status,
            "category": category,
            "updated_at": now,
        },
    )


async def list_template_hashes(connection: Connection, names: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """Return name, language and a hash of content, destinations and category of the named templates."""
    rows = await fetch_all(connection, QUERIES["list_template_hashes"], {"names": sorted(names)})
    return [(name, language, bytes(digest)) for name, language, digest in rows]
