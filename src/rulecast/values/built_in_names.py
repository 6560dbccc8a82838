"""The attributes and events every workspace has."""

from collections.abc import Mapping
from types import MappingProxyType

from rulecast.values.catalogue_entries import Attribute, AttributeType, DataClass, EventDefinition

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
    _code("quiet_from", "From when on the person wants no message, HH:MM where they live."),
    _code("quiet_until", "Until when the person wants no message, HH:MM where they live."),
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
    _attribute(
        "network_type", AttributeType.TEXT, "Network last seen: wifi, 5g, 4g, 3g, 2g; fits media to it."
    ),
    _attribute("os_name", AttributeType.TEXT, "Operating system: android, ios, kaios; fits media to it."),
    _attribute(
        "os_version", AttributeType.TEXT, "Version of the operating system: 14, 8.1; fits media to it."
    ),
    _attribute("device_model", AttributeType.TEXT, "Model of the device, as it was told."),
    _attribute("app_version", AttributeType.TEXT, "Version of the app or browser, as it was told."),
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
        name="code_redeemed",
        properties={
            "pool": AttributeType.TEXT,
            "rule": AttributeType.TEXT,
            "run": AttributeType.INTEGER,
            "holder": AttributeType.TEXT,
            "value": AttributeType.DECIMAL,
        },
        about="A code was redeemed; holder is own, other or nobody, by whose code it was.",
    ),
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
