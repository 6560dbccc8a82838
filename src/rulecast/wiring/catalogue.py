"""The workspace's catalogue: built-in names, what the workspace declares, approved templates and numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulecast.account.store import list_numbers
from rulecast.database import Connection, execute, fetch_one, fetch_value, load_queries
from rulecast.database.rows import Jsonb
from rulecast.gate.coupons.store import list_pool_names
from rulecast.template import MessageTemplate
from rulecast.template.parts import MEDIA_FORMATS
from rulecast.template.store import list_templates
from rulecast.values.catalogue import (
    Attribute,
    AttributeType,
    Catalogue,
    CatalogueInvalidError,
    DataClass,
    EventDefinition,
    Template,
)
from rulecast.wiring.declared_names import DeclaredNames, names_from_json, names_to_json

QUERIES = load_queries(__package__)

# A paused template can be named in a rule; its plan then says that it cannot be used.
KNOWN_STATUSES = frozenset({"approved", "paused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCatalogue:
    """What a workspace adds to the built-in entries."""

    attributes: tuple[Attribute, ...] = ()
    events: tuple[EventDefinition, ...] = ()
    names: DeclaredNames = field(default_factory=DeclaredNames)

    def catalogue(
        self,
        *,
        templates: Iterable[Template] = (),
        numbers: Iterable[str] = (),
        currencies: Iterable[str] = (),
        coupon_pools: Iterable[str] = (),
        default_zone: str = "UTC",
    ) -> Catalogue:
        """Return the catalogue of these entries and the built-in ones.

        Raises:
            CatalogueInvalidError: the entries contradict each other.
        """
        return Catalogue.of(
            attributes=self.attributes,
            events=self.events,
            templates=templates,
            numbers=numbers,
            default_zone=default_zone,
            places=self.names.places,
            segments=self.names.segments,
            labels=self.names.labels,
            recipients=self.names.recipients,
            teams=self.names.teams,
            currencies=currencies,
            media=[one.entry for one in self.names.media],
            coupon_pools=[*(one.name for one in self.names.coupon_pools), *coupon_pools],
        )


async def read_catalogue(
    connection: Connection, default_zone: str, *, with_lost_templates: bool = False
) -> Catalogue:
    """Return everything a rule can name in this workspace.

    With lost templates also those Meta no longer sends: rules that run already name them, and are refused for that.
    """
    declared = await read_declared(connection)
    money = await fetch_one(connection, QUERIES["find_workspace_rules"])
    return declared.catalogue(
        templates=signatures_of(
            one
            for one in await list_templates(connection)
            if with_lost_templates or one.status in KNOWN_STATUSES
        ),
        numbers=[number.name for number in await list_numbers(connection)],
        currencies=() if money is None else currencies_of(money[0], money[1]),
        coupon_pools=await list_pool_names(connection, with_retired=with_lost_templates),
        default_zone=default_zone,
    )


def currencies_of(billing_currency: str, sending_policy: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the currencies in which a budget can be compared with prices."""
    return tuple(sorted({billing_currency, *sending_policy.get("budget_rates", ())}))


async def read_declared(connection: Connection) -> DeclaredCatalogue:
    """Return the entries the workspace declares itself."""
    return catalogue_from_json(await fetch_value(connection, QUERIES["find_catalogue"]) or {})


async def save_declared(connection: Connection, declared: DeclaredCatalogue) -> None:
    """Replace the workspace's own entries; the caller has read them in the same transaction."""
    declared.catalogue()
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
                "letter_case": one.letter_case,
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
        **names_to_json(declared.names),
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
            names=names_from_json(kept),
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
        letter_case="exact" if kept.get("letter_case") == "exact" else "folded",
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


def signatures_of(templates: Iterable[MessageTemplate]) -> tuple[Template, ...]:
    """Join the languages of each template, with all their parameters in order."""
    by_name: dict[str, list[MessageTemplate]] = {}
    for one in templates:
        by_name.setdefault(one.name, []).append(one)
    return tuple(_signature(name, found) for name, found in sorted(by_name.items()))


def _signature(name: str, found: list[MessageTemplate]) -> Template:
    shared = set.intersection(*(set(one.link_names) for one in found))
    return Template(
        name=name,
        languages=tuple(one.language for one in found),
        parameters=tuple(dict.fromkeys(variable for one in found for variable in one.parameters)),
        category=found[0].category,
        translations={one.language: one.parameters for one in found},
        links=tuple(link for link in found[0].link_names if link in shared),
        media_headers=tuple(
            dict.fromkeys(
                one.parts.header_format for one in found if one.parts.header_format in MEDIA_FORMATS
            )
        ),
        media_cards=_media_cards(found),
    )


def _media_cards(found: list[MessageTemplate]) -> dict[int, tuple[str, ...]]:
    """Return the formats of the cards that show a file, of all translations, by the number of the card."""
    formats: dict[int, list[str]] = {}
    for one in found:
        for number, card in enumerate(one.parts.cards, 1):
            if card.header_format in MEDIA_FORMATS:
                formats.setdefault(number, []).append(card.header_format)
    return {number: tuple(dict.fromkeys(kinds)) for number, kinds in formats.items()}
