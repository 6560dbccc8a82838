"""Catalogues: which attributes, events and templates exist in a workspace, and of which types.

Names in rules resolve against a `Catalogue`; a name that is not in it is an error with a suggestion, never a
condition that silently matches nobody.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from rulecast.values.built_in_names import BUILT_IN_ATTRIBUTES, BUILT_IN_EVENTS, MESSAGE_PROPERTIES
from rulecast.values.catalogue_entries import (
    Attribute,
    AttributeType,
    Coordinates,
    DataClass,
    EventDefinition,
    Medium,
    Place,
    Template,
    fold_text,
)
from rulecast.values.errors import RulecastError

__all__ = [
    "BUILT_IN_ATTRIBUTES",
    "BUILT_IN_EVENTS",
    "MESSAGE_PROPERTIES",
    "NAME_LENGTH_MAX",
    "OCCURRED_AT",
    "RESERVED_WORDS",
    "SUGGESTION_CUTOFF",
    "Attribute",
    "AttributeType",
    "Catalogue",
    "CatalogueInvalidError",
    "Coordinates",
    "DataClass",
    "EventDefinition",
    "Medium",
    "Place",
    "Template",
    "closest_name",
    "fold_text",
]

# Similarity from which a name is offered as "did you mean": below it, suggestions on short names are noise.
SUGGESTION_CUTOFF = 0.6
# PostgreSQL cuts identifiers at 63 bytes and event properties gain the prefix `p_`.
NAME_LENGTH_MAX = 60


class CatalogueInvalidError(RulecastError):
    """A catalogue contradicts itself."""

    code = "RC-CATALOGUE-001"
    summary = "The workspace's catalogue of attributes and events contradicts itself."
    remedy = "Correct the named entry in the workspace file."


# When it happened: a property that every event has in conditions.
OCCURRED_AT = "occurred_at"
# Words that begin a condition: an attribute or event of such a name could not be told from the keyword.
RESERVED_WORDS = frozenset(
    {
        *("not", "did", "tag", "consent", "sum", "silent", "and", "or", "in", "where", "then", "for"),
        *("everybody", "birthday", "anniversary", "local_time", "local_weekday", "first", "last"),
        *("longest", "shortest", "average", "distinct", "gap", "true", "false"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything a rule can name. Build it with `Catalogue.of`, which adds the built-in entries and checks."""

    attributes: Mapping[str, Attribute]
    events: Mapping[str, EventDefinition]
    templates: Mapping[str, Template]
    numbers: tuple[str, ...] = ()
    default_zone: str = "UTC"
    places: Mapping[str, Place] = field(default_factory=dict)
    # The text of each named condition.
    segments: Mapping[str, str] = field(default_factory=dict)
    # The values of each mined label.
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Who can be told of something, and who can own a conversation.
    recipients: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    # In which a budget can be given; empty where nobody says what money there is.
    currencies: tuple[str, ...] = ()
    # Files for messages.
    media: Mapping[str, Medium] = field(default_factory=dict)
    # Pools of codes.
    coupon_pools: tuple[str, ...] = ()

    @classmethod
    def of(  # noqa: PLR0913 - one argument per kind of name that can be declared
        cls,
        *,
        attributes: Iterable[Attribute] = (),
        events: Iterable[EventDefinition] = (),
        templates: Iterable[Template] = (),
        numbers: Iterable[str] = (),
        default_zone: str = "UTC",
        places: Iterable[Place] = (),
        segments: Mapping[str, str] = MappingProxyType({}),
        labels: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        recipients: Iterable[str] = (),
        teams: Iterable[str] = (),
        currencies: Iterable[str] = (),
        media: Iterable[Medium] = (),
        coupon_pools: Iterable[str] = (),
    ) -> Self:
        """Return a catalogue of the built-in entries and the given ones, which replace built-in ones of their name.

        Raises:
            CatalogueInvalidError: a name is unusable, or a property has two types.
        """
        catalogue = cls(
            attributes=MappingProxyType({entry.name: entry for entry in (*BUILT_IN_ATTRIBUTES, *attributes)}),
            events=MappingProxyType({entry.name: entry for entry in (*BUILT_IN_EVENTS, *events)}),
            templates=MappingProxyType({entry.name: entry for entry in templates}),
            numbers=tuple(numbers),
            default_zone=default_zone,
            places=MappingProxyType({place.name: place for place in places}),
            segments=MappingProxyType(dict(segments)),
            labels=MappingProxyType(dict(labels)),
            recipients=tuple(recipients),
            teams=tuple(teams),
            currencies=tuple(currencies),
            media=MappingProxyType({one.name: one for one in media}),
            coupon_pools=tuple(dict.fromkeys(coupon_pools)),
        )
        for name in (*catalogue.attributes, *catalogue.events, *catalogue.event_properties()):
            _check_name(name)
        _check_derived(catalogue)
        _check_properties(catalogue)
        return catalogue

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name."""
        return self.attributes.get(name)

    def event(self, name: str) -> EventDefinition | None:
        """Return the event of that name or, where no event has it, of that alias."""
        if name in self.events:
            return self.events[name]
        return next((event for event in self.events.values() if name in event.aliases), None)

    def template(self, name: str) -> Template | None:
        """Return the template of that name."""
        return self.templates.get(name)

    def medium_for(self, template: str) -> Medium | None:
        """Return the file of a template where a rule names none; None where no file, or more than one, is its own."""
        own = [one for one in self.media.values() if template in one.templates]
        return own[0] if len(own) == 1 else None

    def medium_for_card(self, template: str, number: int) -> Medium | None:
        """Return the file of a card, which counts from 1; None where no file, or more than one, is its own."""
        own = [one for one in self.media.values() if (template, number) in one.cards]
        return own[0] if len(own) == 1 else None

    def event_properties(self) -> dict[str, AttributeType]:
        """Return every event property with its one type, ordered by name; the mart has a column for each.

        Raises:
            CatalogueInvalidError: two events give a property two types.
        """
        found: dict[str, tuple[str, AttributeType]] = {}
        for event in self.events.values():
            for name, kind in event.properties.items():
                first_event, first_kind = found.setdefault(name, (event.name, kind))
                if first_kind is not kind:
                    raise CatalogueInvalidError(
                        f"The property {name} is {first_kind} in the event {first_event} and {kind} in {event.name}."
                    )
        return {name: found[name][1] for name in sorted(found)}

    def stored_attributes(self) -> tuple[Attribute, ...]:
        """Return the attributes that have a column in the mart: neither sealed nor derived."""
        return tuple(
            entry for entry in self.attributes.values() if not entry.is_sealed and entry.derived_from is None
        )


def _check_name(name: str) -> None:
    usable = name.isascii() and name.isidentifier() and name == name.lower()
    if not usable or len(name) > NAME_LENGTH_MAX:
        raise CatalogueInvalidError(
            f"The name {name!r} is not usable: small letters, digits and underscores, a letter first, "
            f"at most {NAME_LENGTH_MAX}."
        )
    if name in RESERVED_WORDS:
        raise CatalogueInvalidError(f"The name {name} is a word of the rule language.")


def _check_derived(catalogue: Catalogue) -> None:
    for entry in catalogue.attributes.values():
        if entry.derived_from is None:
            continue
        source = catalogue.attributes.get(entry.derived_from)
        if source is None or source.type is not AttributeType.DATE or entry.type is not AttributeType.INTEGER:
            raise CatalogueInvalidError(
                f"The attribute {entry.name} can only be an integer of full years since a date attribute."
            )


def _check_properties(catalogue: Catalogue) -> None:
    for event in catalogue.events.values():
        if OCCURRED_AT in event.properties:
            raise CatalogueInvalidError(f"Every event has {OCCURRED_AT}; {event.name} cannot have another.")
        if AttributeType.PLACE in event.properties.values():
            raise CatalogueInvalidError(f"A property of {event.name} is a place; only contacts have places.")


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like this one, or None where none is near."""
    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=SUGGESTION_CUTOFF)
    return found[0] if found else None
