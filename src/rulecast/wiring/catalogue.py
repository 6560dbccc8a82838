"""The workspace's catalogue: built-in names, what the workspace declares, approved templates and numbers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rulecast.database import Connection, execute, fetch_all, fetch_value, load_queries
from rulecast.database.rows import Jsonb
from rulecast.values.catalogue import (
    Attribute,
    AttributeType,
    Catalogue,
    CatalogueInvalidError,
    DataClass,
    EventDefinition,
    Template,
)

QUERIES = load_queries(__package__)

# Named ({{name}}) or numbered ({{1}}) places of a template's text.
_PLACE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
_PARTS_WITH_PARAMETERS = ("HEADER", "BODY")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCatalogue:
    """What a workspace adds to the built-in entries."""

    attributes: tuple[Attribute, ...] = ()
    events: tuple[EventDefinition, ...] = ()


async def read_catalogue(connection: Connection, default_zone: str) -> Catalogue:
    """Return everything a rule can name in this workspace."""
    declared = await read_declared(connection)
    rows = await fetch_all(connection, QUERIES["list_template_signatures"])
    numbers = await fetch_all(connection, QUERIES["list_number_names"])
    return Catalogue.of(
        attributes=declared.attributes,
        events=declared.events,
        templates=_signatures(rows),
        numbers=[name for (name,) in numbers],
        default_zone=default_zone,
    )


async def read_declared(connection: Connection) -> DeclaredCatalogue:
    """Return the entries the workspace declares itself."""
    return catalogue_from_json(await fetch_value(connection, QUERIES["find_catalogue"]) or {})


async def save_declared(connection: Connection, declared: DeclaredCatalogue) -> None:
    """Replace the workspace's own entries; the caller has read them in the same transaction."""
    Catalogue.of(attributes=declared.attributes, events=declared.events)
    await execute(connection, QUERIES["save_catalogue"], {"catalogue": Jsonb(catalogue_to_json(declared))})


def catalogue_to_json(declared: DeclaredCatalogue) -> dict[str, object]:
    """Return the entries as they are kept in the workspace row."""
    return {
        "attributes": [
            {
                "name": one.name,
                "type": one.type.value,
                "class": one.data_class.value,
                "purpose": one.purpose,
                "may_reveal": one.may_reveal,
                "derived_from": one.derived_from,
                "about": one.about,
            }
            for one in declared.attributes
        ],
        "events": [
            {
                "name": one.name,
                "properties": {name: kind.value for name, kind in one.properties.items()},
                "retention_days": one.retention_days,
                "purpose": one.purpose,
                "aliases": list(one.aliases),
                "about": one.about,
            }
            for one in declared.events
        ],
    }


def catalogue_from_json(kept: Mapping[str, Any]) -> DeclaredCatalogue:
    """Read the entries of the workspace row.

    Raises:
        CatalogueInvalidError: an entry lacks a field or has an unknown type or class.
    """
    try:
        return DeclaredCatalogue(
            attributes=tuple(_attribute(one) for one in kept.get("attributes", ())),
            events=tuple(_event(one) for one in kept.get("events", ())),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise CatalogueInvalidError(
            f"An entry of the workspace's catalogue cannot be read: {type(error).__name__} {error}."
        ) from error


def _attribute(kept: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name=kept["name"],
        type=AttributeType(kept["type"]),
        data_class=DataClass(kept.get("class", "public")),
        purpose=kept.get("purpose"),
        may_reveal=kept.get("may_reveal", False),
        derived_from=kept.get("derived_from"),
        about=kept.get("about", ""),
    )


def _event(kept: Mapping[str, Any]) -> EventDefinition:
    return EventDefinition(
        name=kept["name"],
        properties={name: AttributeType(kind) for name, kind in kept.get("properties", {}).items()},
        retention_days=kept.get("retention_days"),
        purpose=kept.get("purpose"),
        aliases=tuple(kept.get("aliases", ())),
        about=kept.get("about", ""),
    )


def _signatures(rows: Iterable[tuple[Any, ...]]) -> tuple[Template, ...]:
    """Join the languages of each template; parameters are the places of header and body, in order."""
    languages: dict[str, list[str]] = {}
    parameters: dict[str, dict[str, None]] = {}
    categories: dict[str, str] = {}
    for name, language, category, components in rows:
        languages.setdefault(name, []).append(language)
        categories[name] = category
        found = parameters.setdefault(name, {})
        for part in components:
            if str(part.get("type", "")).upper() in _PARTS_WITH_PARAMETERS:
                found.update(dict.fromkeys(_PLACE.findall(str(part.get("text", "")))))
    return tuple(
        Template(
            name=name,
            languages=tuple(languages[name]),
            parameters=tuple(parameters[name]),
            category=categories[name],
        )
        for name in sorted(languages)
    )
