"""Catalogues: which attributes, events and templates exist in a workspace, and of which types.

Names in rules resolve against a `Catalogue`; a name that is not in it is an error with a suggestion, never a
condition that silently matches nobody.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Self

from rulecast.values.errors import RulecastError

# Similarity from which a name is offered as "did you mean": below it, suggestions on short names are noise.
SUGGESTION_CUTOFF = 0.6
# PostgreSQL cuts identifiers at 63 bytes and event properties gain the prefix `p_`.
NAME_LENGTH_MAX = 60


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


class CatalogueInvalidError(RulecastError):
    """A catalogue contradicts itself."""

    code = "RC-CATALOGUE-001"
    summary = "The workspace's catalogue of attributes and events contradicts itself."
    remedy = "Correct the named entry in the workspace file."


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
    """

    name: str
    languages: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    category: str = "marketing"
    translations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[str, ...] = ()

    def parameters_of(self, language: str) -> tuple[str, ...]:
        """Return the variables of the translation into that language."""
        return self.translations.get(language, self.parameters)


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


MESSAGE_PROPERTIES: Mapping[str, AttributeType] = MappingProxyType(
    {
        "rule": AttributeType.TEXT,
        "run": AttributeType.INTEGER,
        "template": AttributeType.TEXT,
        "variant": AttributeType.TEXT,
        "step": AttributeType.INTEGER,
    }
)


def _attribute(name: str, kind: AttributeType, about: str) -> Attribute:
    return Attribute(name=name, type=kind, about=about)


def _code(name: str, about: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.TEXT, letter_case="exact", about=about)


def _sealed(name: str, about: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.TEXT, data_class=DataClass.PERSONAL, about=about)


BUILT_IN_ATTRIBUTES: tuple[Attribute, ...] = (
    _attribute("country", AttributeType.TEXT, "Country, ISO 3166 two letters."),
    _attribute("region", AttributeType.TEXT, "Region inside the country."),
    _attribute("city", AttributeType.TEXT, "City."),
    _code("language", "Preferred language, as templates name theirs: fr, ar, pt_BR."),
    _code("zone", "Time zone, IANA name."),
    _attribute("birth_date", AttributeType.DATE, "Day of birth."),
    Attribute(
        name="age",
        type=AttributeType.INTEGER,
        derived_from="birth_date",
        about="Full years since the day of birth, on today's date of the workspace.",
    ),
    _attribute("gender", AttributeType.TEXT, "Gender as the person gave it."),
    _attribute("first_seen_at", AttributeType.INSTANT, "When the contact became known."),
    _attribute("last_inbound_at", AttributeType.INSTANT, "When the contact last wrote."),
    _sealed("first_name", "First name."),
    _sealed("last_name", "Last name."),
    _sealed("address", "Postal address."),
)


def _message_event(name: str, about: str, *aliases: str, **extra: AttributeType) -> EventDefinition:
    return EventDefinition(
        name=name, properties={**MESSAGE_PROPERTIES, **extra}, aliases=aliases, about=about
    )


BUILT_IN_EVENTS: tuple[EventDefinition, ...] = (
    _message_event("sent", "A message went to WhatsApp.", "send"),
    _message_event("delivered", "A message reached the phone.", "receive"),
    _message_event("read", "A message was read, where the person shows it."),
    _message_event("clicked", "A tracked link was opened.", "click", link=AttributeType.TEXT),
    _message_event("replied", "The person answered a message.", "reply"),
    _message_event("converted", "The rule's success event happened.", "convert", value=AttributeType.DECIMAL),
    _message_event("failed", "A message failed.", "fail", code=AttributeType.INTEGER),
    _message_event("opted_out", "The person asked for the messages to stop.", "opt_out"),
    EventDefinition(
        name="message_received",
        properties={"kind": AttributeType.TEXT},
        aliases=("message",),
        about="The person wrote.",
    ),
    EventDefinition(
        name="ad_clicked",
        properties={"ad": AttributeType.TEXT, "ad_kind": AttributeType.TEXT},
        about="The person wrote after a click on an advertisement, a post or a link of yours; no consent by itself.",
    ),
    EventDefinition(
        name="reacted",
        properties={"emoji": AttributeType.TEXT},
        about="The person set an emoji upon a message, or took it away (then without emoji).",
    ),
    EventDefinition(
        name="order_placed",
        properties={
            "order_amount": AttributeType.DECIMAL,
            "order_currency": AttributeType.TEXT,
            "order_items": AttributeType.INTEGER,
        },
        about="The person sent an order from the catalogue; without amount where its lines have several currencies.",
    ),
    EventDefinition(
        name="flow_completed",
        properties={"flow": AttributeType.TEXT},
        about="The person sent a form (a flow) back; an agreement in it is no consent.",
    ),
    EventDefinition(name="contact_shared", about="The person shared the own number, as asked."),
    EventDefinition(
        name="call_answered",
        properties={"answer": AttributeType.TEXT},
        about="The person answered a question for leave to call.",
    ),
    EventDefinition(name="message_edited", about="The person changed an earlier message."),
    EventDefinition(name="message_revoked", about="The person took an earlier message back."),
    EventDefinition(
        name="identity_changed",
        properties={"kind": AttributeType.TEXT},
        about="The person's number, user id or identity hash became another.",
    ),
    EventDefinition(
        name="signed_up",
        properties={"signup": AttributeType.TEXT},
        about="The person signed up inside WhatsApp; consent only where the workspace declares the sign-up.",
    ),
    EventDefinition(
        name="offer_opened",
        properties={"component": AttributeType.TEXT},
        about="A link of a marketing message was opened, as Meta counts it.",
    ),
    EventDefinition(
        name="app_message_sent",
        properties={"kind": AttributeType.TEXT},
        about="Your people wrote to the person in the WhatsApp Business app.",
    ),
)

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
