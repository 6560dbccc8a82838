"""Read the parts only some messages have: advertisements, orders, places, cards, reactions, flows."""

import math
from decimal import Decimal, InvalidOperation

from rulecast.collect.parse_webhook_content import ADDRESS_LENGTH_MAX
from rulecast.collect.webhook_facts import (
    CallPermission,
    FlowReply,
    Location,
    Order,
    OrderItem,
    Reaction,
    Referral,
    ReferredProduct,
    SharedContact,
)
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    Json,
    bsuid_or_none,
    clean_or_none,
    id_or_empty,
    instant_or_none,
    object_of,
    objects_of,
    phone_or_none,
    text_or_none,
    wamid_or_none,
    word_or_empty,
)

# WhatsApp allows fewer cards, numbers and lines in one message; what is above is left in the sealed body.
CONTACTS_MAX = 257
ITEMS_MAX = 500
QUANTITY_MAX = 1_000_000


def referral_of(message: Json) -> Referral | None:
    """Return the advertisement, post or link a message came from."""
    found = object_of(message, "referral")
    if not found:
        return None
    return Referral(
        source_url=clean_or_none(found.get("source_url"), ADDRESS_LENGTH_MAX),
        source_id=id_or_empty(found.get("source_id")) or word_or_empty(found.get("source_id")),
        source_type=word_or_empty(found.get("source_type")),
        headline=text_or_none(found.get("headline")),
        body=text_or_none(found.get("body")),
        media_type=word_or_empty(found.get("media_type")),
        ctwa_clid=clean_or_none(found.get("ctwa_clid"), ADDRESS_LENGTH_MAX),
        ref=clean_or_none(found.get("ref"), ADDRESS_LENGTH_MAX),
        welcome_text=text_or_none(object_of(found, "welcome_message").get("text")),
    )


def referred_product_of(context: Json) -> ReferredProduct | None:
    """Return the product a question is about."""
    found = object_of(context, "referred_product")
    if not found:
        return None
    return ReferredProduct(
        catalog_id=id_or_empty(found.get("catalog_id")),
        product_retailer_id=clean_or_none(found.get("product_retailer_id"), NAME_LENGTH_MAX) or "",
    )


def order_of(body: Json) -> Order | None:
    """Return a cart sent."""
    if not body:
        return None
    return Order(
        catalog_id=id_or_empty(body.get("catalog_id")),
        text=text_or_none(body.get("text")) or None,
        items=tuple(_order_item(one) for one in objects_of(body, "product_items")[:ITEMS_MAX]),
    )


def _order_item(item: Json) -> OrderItem:
    quantity, price = _quantity(item.get("quantity")), _price(item.get("item_price"))
    return OrderItem(
        product_retailer_id=clean_or_none(item.get("product_retailer_id"), NAME_LENGTH_MAX) or "",
        quantity=quantity or 0,
        item_price="" if quantity is None or price is None else price,
        currency=word_or_empty(item.get("currency")),
    )


def _quantity(found: object) -> int | None:
    digits = found if isinstance(found, str) else str(found) if type(found) is int else ""
    is_usable = digits.isascii() and digits.isdigit() and len(digits) <= len(str(QUANTITY_MAX))
    return int(digits) if is_usable and int(digits) <= QUANTITY_MAX else None


def _price(found: object) -> str | None:
    """Return a decimal number as plain text; a float's shortest form is what Meta wrote."""
    if isinstance(found, bool) or not isinstance(found, int | float | str) or len(str(found)) > 40:  # noqa: PLR2004 - no price is longer
        return None
    try:
        number = Decimal(str(found))
    except InvalidOperation:
        return None
    is_plain = number.is_finite() and number >= 0 and -18 <= number.adjusted() <= 18  # noqa: PLR2004 - magnitudes of prices
    return f"{number:f}" if is_plain and len(f"{number:f}") <= 60 else None  # noqa: PLR2004 - digits of a price


def location_of(body: Json) -> Location | None:
    """Return a place, None where its coordinates are none."""
    latitude, longitude = _degrees(body.get("latitude"), 90), _degrees(body.get("longitude"), 180)
    if latitude is None or longitude is None:
        return None
    return Location(
        latitude=latitude,
        longitude=longitude,
        name=text_or_none(body.get("name")),
        address=text_or_none(body.get("address")),
        url=clean_or_none(body.get("url"), ADDRESS_LENGTH_MAX),
    )


def _degrees(found: object, limit: int) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float | str) or len(str(found)) > 40:  # noqa: PLR2004 - no coordinate is longer
        return None
    try:
        number = float(found)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= limit else None


def contacts_of(message: Json) -> tuple[SharedContact, ...]:
    """Return the cards of a message; an answer to a contact request says so in `origin`."""
    is_asked = message.get("origin") == "contact_request"
    return tuple(
        _shared_contact(one, is_asked=is_asked) for one in objects_of(message, "contacts")[:CONTACTS_MAX]
    )


def _shared_contact(card: Json, *, is_asked: bool) -> SharedContact:
    name = object_of(card, "name")
    phones = objects_of(card, "phones")[:CONTACTS_MAX]
    numbers = (
        phone_or_none(one.get("wa_id")) or clean_or_none(one.get("phone"), NAME_LENGTH_MAX) for one in phones
    )
    user_ids = (bsuid_or_none(one.get("user_id")) for one in (card, *phones))
    return SharedContact(
        name=clean_or_none(name.get("formatted_name") or name.get("first_name"), NAME_LENGTH_MAX),
        phones=tuple(number for number in numbers if number),
        user_ids=tuple(user_id for user_id in user_ids if user_id),
        vcard=text_or_none(card.get("vcard")),
        is_contact_request=is_asked or card.get("origin") == "contact_request",
    )


def reaction_of(body: Json) -> Reaction | None:
    """Return an emoji set upon a message; taken away, the key is empty or absent."""
    wamid = wamid_or_none(body.get("message_id"))
    if wamid is None:
        return None
    return Reaction(wamid=wamid, emoji=clean_or_none(body.get("emoji"), NAME_LENGTH_MAX) or None)


def flow_reply_of(body: Json) -> FlowReply | None:
    """Return a flow sent back, its answers unread."""
    found = object_of(body, "nfm_reply")
    if body.get("type") != "nfm_reply" and not found:
        return None
    return FlowReply(
        name=word_or_empty(found.get("name")), response_json=text_or_none(found.get("response_json"))
    )


def call_permission_of(body: Json) -> CallPermission | None:
    """Return the answer to a question for leave to call."""
    found = object_of(body, "call_permission_reply")
    if not found:
        return None
    return CallPermission(
        response=word_or_empty(found.get("response")),
        until=instant_or_none(found.get("expiration_timestamp")),
        source=word_or_empty(found.get("response_source")),
    )
