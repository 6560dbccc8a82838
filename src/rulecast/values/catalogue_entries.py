"""The entries of a catalogue: attributes, events, templates, places, and how text is stored."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class AttributeType(StrEnum):
    """The types a value of an attribute or an event property can have."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    TEXT_LIST = "list of text"
    PLACE = "place"


class DataClass(StrEnum):
    """How carefully a value is handled.

    Public values stand in the mart and may be used in conditions. Personal ones are direct identifiers: sealed,
    open only to the parameters of a message. Sensitive ones need a recorded consent before they are stored or used.
    """

    PUBLIC = "public"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


def fold_text(text: str) -> str:
    """Return the text as it is stored and compared: NFC and case-folded (Unicode 15, canonical caseless matching)."""
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded).casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a contact.

    `purpose` None means that it may serve every purpose. `derived_from` names the attribute from which the value
    is computed when it is asked for; a derived attribute is stored nowhere. Text is stored folded unless
    `letter_case` says otherwise: codes keep theirs.
    """

    name: str
    type: AttributeType
    data_class: DataClass = DataClass.PUBLIC
    purpose: str | None = None
    may_reveal: bool = False
    derived_from: str | None = None
    letter_case: Literal["folded", "exact"] = "folded"
    about: str = ""

    @property
    def is_sealed(self) -> bool:
        """Return whether the value is stored sealed only, and so cannot stand in a condition."""
        return self.data_class is DataClass.PERSONAL

    def stored_text(self, text: str) -> str:
        """Return a text as values of this attribute are stored and compared."""
        return fold_text(text) if self.letter_case == "folded" else unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """One kind of event: its properties, how long it is kept (None: as long as the contact), and what for."""

    name: str
    properties: Mapping[str, AttributeType] = field(default_factory=dict)
    retention_days: int | None = None
    purpose: str | None = None
    aliases: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The signature of an approved template: what the language needs to check a send action.

    `parameters` are the variables of all translations together. Where translations differ, `translations` has the
    variables of each language. `links` are the names of the tracked buttons that every translation has.
    `media_headers` are the formats of the headers that need a file with each send: none, or one for all translations.
    `media_cards` are those of the cards of a carousel, by number from 1.
    """

    name: str
    languages: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    category: str = "marketing"
    translations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    media_headers: tuple[str, ...] = ()
    media_cards: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def shows_files(self) -> bool:
        """Return whether each send gives a file."""
        return bool(self.media_headers or self.media_cards)

    def parameters_of(self, language: str) -> tuple[str, ...]:
        """Return the variables of the translation into that language."""
        return self.translations.get(language, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A file for messages, by its name; it is that of `templates` where a rule names none, and of `cards` always.

    A card is a template with the number of the card in it, from 1. `can_be_lighter` tells whether it has other forms.
    """

    name: str
    kind: str
    templates: tuple[str, ...] = ()
    cards: tuple[tuple[str, int], ...] = ()
    can_be_lighter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named place, in decimal degrees (WGS 84)."""

    name: str
    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """The value of an attribute of the type place, in decimal degrees (WGS 84)."""

    latitude: float
    longitude: float
