"""Cases of files, orders, places, cards, reactions, edits, advertisements and groups."""

from tests.webhooks.cases import (
    DISPLAY,
    Case,
    Json,
    case,
    message,
)

QUOTED = {"from": DISPLAY, "id": "wamid.HBgLQUOTED"}
MEDIA = {
    "mime_type": "image/jpeg",
    "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=",
    "id": "1003383421387256",
}
URL = {"url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&source=webhook&ext=2&hash=3"}
REFERRAL = {
    "source_url": "https://fb.me/abc",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Chat with us",
    "body": "Summer succulents are here!",
    "media_type": "image",
    "image_url": "https://scontent.example/v",
    "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
    "welcome_message": {"text": "Hi there!"},
}
ORDER = {"product_retailer_id": "SKU1", "quantity": 3, "item_price": 30, "currency": "ILS"}
CARD = {
    "name": {"formatted_name": "Barbara J", "first_name": "Barbara"},
    "phones": [{"phone": "+1 650 555 9999", "wa_id": "16505559999", "type": "CELL"}],
}
UNSUPPORTED = {"title": "Message type unknown", "error_data": {"details": "currently not supported"}}


def files() -> list[Case]:
    return [
        case(
            "image",
            message("image", {**MEDIA, **URL, "caption": "Taj Mahal"}),
            "message/image",
            shows={
                "messages.0.text": "Taj Mahal",
                "messages.0.media.media_id": "1003383421387256",
                "messages.0.media.mime_type": "image/jpeg",
                "messages.0.media.url": URL["url"],
            },
        ),
        case(
            "image_without_url",
            message("image", MEDIA),
            "message/image",
            shows={"messages.0.media.url": None, "messages.0.text": None},
        ),
        case(
            "image_with_number_as_id",
            message("image", {**MEDIA, "id": 1003383421387256}),
            "message/image",
            shows={"messages.0.media.media_id": "1003383421387256"},
        ),
        case(
            "image_without_id",
            message("image", {"mime_type": "image/jpeg"}),
            "message/image",
            shows={"messages.0.media": None},
        ),
        case(
            "image_without_its_object",
            message("image"),
            "message/image",
            shows={"messages.0.media": None},
            unread="messages/image",
        ),
        case("video", message("video", {**MEDIA, "mime_type": "video/mp4", "caption": "c"}), "message/video"),
        case(
            "voice",
            message("audio", {**MEDIA, "mime_type": "audio/ogg; codecs=opus", "voice": True}),
            "message/audio",
            shows={"messages.0.media.is_voice": True, "messages.0.media.mime_type": "audio/ogg; codecs=opus"},
        ),
        case(
            "audio_file",
            message("audio", {**MEDIA, "mime_type": "audio/mpeg", "voice": False}),
            "message/audio",
            shows={"messages.0.media.is_voice": False},
        ),
        case(
            "document",
            message("document", {**MEDIA, "filename": "f.pdf", "mime_type": "application/pdf"}),
            "message/document",
            shows={"messages.0.media.filename": "f.pdf"},
        ),
        case(
            "sticker_animated",
            message("sticker", {**MEDIA, "mime_type": "image/webp", "animated": True}),
            "message/sticker",
            shows={"messages.0.media.is_animated": True},
        ),
        case("sticker_static", message("sticker", {**MEDIA, "animated": False}), "message/sticker"),
    ]


def parts() -> list[Case]:
    place = {"latitude": 37.4611978, "longitude": -122.2164385}

    def order(*items: Json, text: str = "") -> Json:
        return message("order", {"catalog_id": "194836987003835", "text": text, "product_items": list(items)})

    return [
        case(
            "reaction",
            message("reaction", {"message_id": "wamid.HBgLX", "emoji": "😮"}),
            "message/reaction",
            shows={"messages.0.reaction.emoji": "😮", "messages.0.reaction.wamid": "wamid.HBgLX"},
        ),
        case(
            "reaction_removed_empty",
            message("reaction", {"message_id": "wamid.HBgLX", "emoji": ""}),
            "message/reaction",
            shows={"messages.0.reaction.emoji": None},
        ),
        case(
            "reaction_removed_absent",
            message("reaction", {"message_id": "wamid.HBgLX"}),
            "message/reaction",
            shows={"messages.0.reaction.emoji": None, "messages.0.reaction.wamid": "wamid.HBgLX"},
        ),
        case(
            "reaction_to_nothing",
            message("reaction", {"emoji": "x"}),
            "message/reaction",
            shows={"messages.0.reaction": None},
        ),
        case(
            "location_chosen",
            message("location", {**place, "name": "HQ", "address": "1 Hacker Way", "url": "https://m"}),
            "message/location",
            shows={"messages.0.location.latitude": 37.4611978, "messages.0.location.name": "HQ"},
        ),
        case("location_current", message("location", place), "message/location"),
        case(
            "location_as_texts",
            message("location", {"latitude": "33.5", "longitude": "-7"}),
            "message/location",
            shows={"messages.0.location.longitude": -7.0},
        ),
        case(
            "location_off_the_earth",
            message("location", {"latitude": 91, "longitude": 0}),
            "message/location",
            shows={"messages.0.location": None},
        ),
        case(
            "contacts",
            message("contacts", [CARD, {**CARD, "name": {"first_name": "Monica"}}]),
            "message/contacts",
            shows={
                "messages.0.contacts.0.name": "Barbara J",
                "messages.0.contacts.1.name": "Monica",
                "messages.0.contacts.0.phones": "('+16505559999',)",
                "messages.0.contacts.0.is_contact_request": False,
            },
        ),
        case(
            "contacts_asked_for",
            message("contacts", [CARD], origin="contact_request"),
            "message/contacts",
            shows={"messages.0.contacts.0.is_contact_request": True},
        ),
        case(
            "contacts_asked_for_on_the_card",
            message("contacts", [{**CARD, "origin": "contact_request"}]),
            "message/contacts",
            shows={"messages.0.contacts.0.is_contact_request": True},
        ),
        case(
            "contacts_other_origin",
            message("contacts", [CARD], origin="other"),
            "message/contacts",
            shows={"messages.0.contacts.0.is_contact_request": False},
        ),
        case(
            "contacts_as_vcard",
            message("contacts", [{"vcard": "BEGIN:VCARD\nTEL:+16505551234\nEND:VCARD"}]),
            "message/contacts",
            shows={"messages.0.contacts.0.phones": "()"},
        ),
        case(
            "order",
            order(ORDER, {**ORDER, "product_retailer_id": "SKU2", "quantity": 1}),
            "message/order",
            shows={
                "messages.0.order.catalog_id": "194836987003835",
                "messages.0.order.items.0.item_price": "30",
                "messages.0.order.items.0.currency": "ILS",
                "messages.0.order.items.1.quantity": 1,
                "messages.0.order.text": None,
            },
        ),
        case(
            "order_with_cents",
            order({**ORDER, "item_price": 19.99}),
            "message/order",
            shows={"messages.0.order.items.0.item_price": "19.99"},
        ),
        case(
            "order_with_price_as_text",
            order({**ORDER, "item_price": "1e2", "quantity": "2"}, text="soon"),
            "message/order",
            shows={"messages.0.order.items.0.item_price": "100", "messages.0.text": "soon"},
        ),
        case(
            "order_with_a_line_without_price",
            order({**ORDER, "item_price": "free"}, ORDER),
            "message/order",
            shows={"messages.0.order.items.0.item_price": "", "messages.0.order.items.1.item_price": "30"},
        ),
        case(
            "edit",
            message(
                "edit",
                {"original_message_id": "wamid.O", "message": {"type": "text", "text": {"body": "new"}}},
            ),
            "message/edit",
            shows={"messages.0.text": "new", "messages.0.edited_wamid": "wamid.O"},
        ),
        case(
            "edit_of_a_caption",
            message(
                "edit",
                {
                    "original_message_id": "wamid.O",
                    "message": {"type": "image", "image": {**MEDIA, "caption": "c"}},
                },
            ),
            "message/edit",
            shows={"messages.0.text": "c", "messages.0.media.media_id": "1003383421387256"},
        ),
        case(
            "revoke",
            message("revoke", {"original_message_id": "wamid.O"}),
            "message/revoke",
            shows={"messages.0.revoked_wamid": "wamid.O"},
        ),
        case(
            "unsupported_poll",
            message("unsupported", {"type": "poll"}, errors=[{"code": 131051, **UNSUPPORTED}]),
            "message/unsupported",
            shows={"messages.0.unsupported_code": 131051, "messages.0.unsupported_kind": "poll"},
        ),
        case(
            "unsupported_unavailable",
            message("unsupported", errors=[{"code": 131060, **UNSUPPORTED}]),
            "message/unsupported",
            shows={"messages.0.unsupported_code": 131060, "messages.0.unsupported_kind": ""},
        ),
        case("unsupported_without_errors", message("unsupported"), "message/unsupported"),
    ]


def contexts() -> list[Case]:
    text = {"body": "Hi, I saw your ad"}
    product = {
        **QUOTED,
        "referred_product": {"catalog_id": "194836987003835", "product_retailer_id": "di9ozbzfi4"},
    }
    no_click = {key: one for key, one in REFERRAL.items() if key != "ctwa_clid"}
    return [
        case(
            "forwarded",
            message("text", text, context={"forwarded": True}),
            "message/text",
            shows={"messages.0.is_forwarded": True, "messages.0.context_wamid": None},
        ),
        case(
            "forwarded_frequently",
            message("text", text, context={"frequently_forwarded": True}),
            "message/text",
            shows={"messages.0.is_forwarded": True},
        ),
        case(
            "product_inquiry",
            message("text", text, context=product),
            "message/text",
            shows={
                "messages.0.referred_product.product_retailer_id": "di9ozbzfi4",
                "messages.0.referred_product.catalog_id": "194836987003835",
            },
        ),
        case(
            "referral_of_an_ad",
            message("text", text, referral=REFERRAL),
            "message/text",
            shows={
                "messages.0.referral.source_type": "ad",
                "messages.0.referral.source_id": "120226305854810726",
                "messages.0.referral.ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
                "messages.0.referral.welcome_text": "Hi there!",
                "messages.0.referral.media_type": "image",
            },
        ),
        case(
            "referral_of_a_post",
            message("text", text, referral={**REFERRAL, "source_type": "post"}),
            "message/text",
            shows={"messages.0.referral.source_type": "post"},
        ),
        case(
            "referral_without_click_id",
            message("text", text, referral=no_click),
            "message/text",
            shows={"messages.0.referral.ctwa_clid": None},
        ),
        case(
            "referral_of_a_deep_link",
            message("text", text, referral={"ref": "qr-42", "source_type": "link"}),
            "message/text",
            shows={"messages.0.referral.ref": "qr-42"},
        ),
        case(
            "group_message",
            message("text", text, group_id="Y2FwaV9ncm91cDo"),
            "message/text",
            shows={"messages.0.group_id": "Y2FwaV9ncm91cDo"},
        ),
    ]


def part_cases() -> list[Case]:
    """Return every case of this file."""
    return [*files(), *parts(), *contexts()]
