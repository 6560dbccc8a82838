"""One right request of every kind the messages endpoint takes, as the platform reference shows them (2.3, 2.4)."""

import copy
from typing import Any

TO = "+212600000101"
_PICTURE = {"type": "image", "image": {"link": "https://cdn.example.com/a.jpg"}}


def request(kind: str, **content: Any) -> dict[str, Any]:
    """Return a request of one type."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "type": kind,
        **content,
    }


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an interactive request with a body."""
    content = {"type": kind, "body": {"text": "Please choose"}, "action": action, **more}
    return request("interactive", interactive=content)


def template(*components: dict[str, Any]) -> dict[str, Any]:
    """Return a template request."""
    named = {"name": "promo", "language": {"code": "fr"}, "components": list(components)}
    return request("template", template=named)


def _reply(identity: str, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": identity, "title": title}}


def _card(position: int) -> dict[str, Any]:
    return {
        "card_index": position,
        "type": "cta_url",
        "header": {"type": "image", "image": {"link": "https://cdn.example.com/a.jpg"}},
        "body": {"text": "Aloe"},
        "action": {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://example.com"}},
    }


def right_requests() -> dict[str, dict[str, Any]]:
    """Return the requests by name, fresh copies."""
    return copy.deepcopy(_RIGHT)


_RIGHT: dict[str, dict[str, Any]] = {
    "text": request("text", text={"body": "Bonjour", "preview_url": False}),
    "image": request("image", image={"id": "2762702990552401", "caption": "A picture"}),
    "image by link": request("image", image={"link": "https://cdn.example.com/a.jpg"}),
    "video": request("video", video={"id": "1", "caption": "A film"}),
    "audio": request("audio", audio={"id": "1"}),
    "document": request("document", document={"id": "1", "filename": "invoice.pdf", "caption": "Yours"}),
    "sticker": request("sticker", sticker={"id": "1"}),
    "reaction": request("reaction", reaction={"message_id": "wamid.ID", "emoji": "\U0001f600"}),
    "reaction removed": request("reaction", reaction={"message_id": "wamid.ID", "emoji": ""}),
    "location": request("location", location={"latitude": 37.44, "longitude": "-122.16", "name": "Store"}),
    "contacts": request(
        "contacts",
        contacts=[
            {
                "name": {"formatted_name": "Barbara J", "first_name": "Barbara"},
                "phones": [{"phone": "+16505559999", "type": "WORK", "wa_id": "16505559999"}],
            }
        ],
    ),
    "button": interactive(
        "button",
        {"buttons": [_reply("yes", "Yes"), _reply("no", "No")]},
        header={"type": "text", "text": "Delivery"},
        footer={"text": "No hurry"},
    ),
    "button under a picture": interactive("button", {"buttons": [_reply("yes", "Yes")]}, header=_PICTURE),
    "list": interactive(
        "list",
        {
            "button": "Open",
            "sections": [{"title": "Sizes", "rows": [{"id": "s", "title": "Small", "description": "Fits"}]}],
        },
    ),
    "cta_url": interactive(
        "cta_url", {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://example.com"}}
    ),
    "request_contact_info": interactive("request_contact_info", {"name": "request_contact_info"}),
    "flow": interactive(
        "flow",
        {
            "name": "flow",
            "parameters": {
                "flow_message_version": "3",
                "flow_id": "1",
                "flow_cta": "Book",
                "flow_token": "t",
            },
        },
    ),
    "product": interactive("product", {"catalog_id": "1", "product_retailer_id": "SKU1"}),
    "product_list": interactive(
        "product_list",
        {
            "catalog_id": "1",
            "sections": [{"title": "Popular", "product_items": [{"product_retailer_id": "SKU1"}]}],
        },
        header={"type": "text", "text": "Ours"},
    ),
    "catalog_message": interactive(
        "catalog_message",
        {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "SKU1"}},
    ),
    "location_request_message": interactive("location_request_message", {"name": "send_location"}),
    "address_message": interactive(
        "address_message", {"name": "address_message", "parameters": {"country": "IN"}}
    ),
    "voice_call": interactive(
        "voice_call", {"name": "voice_call", "parameters": {"display_text": "Call us", "ttl_minutes": 100}}
    ),
    "call_permission_request": interactive("call_permission_request", {"name": "call_permission_request"}),
    "carousel": interactive("carousel", {"cards": [_card(0), _card(1)]}),
    "template": template(
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Pablo"}]},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "optout:marketing:v1"}],
        },
        {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "x"}]},
    ),
    "template without components": request("template", template={"name": "p", "language": {"code": "fr"}}),
    "carousel template": template(
        {
            "type": "carousel",
            "cards": [
                {
                    "card_index": index,
                    "components": [
                        {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}
                    ],
                }
                for index in range(2)
            ],
        }
    ),
    "read": {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.ID"},
    "typing": {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.ID",
        "typing_indicator": {"type": "text"},
    },
}
NOT_PUBLISHED = frozenset(
    {
        "location_request_message",
        "address_message",
        "voice_call",
        "carousel",
        "request_contact_info",
        "cta_url",
    }
)
"""Interactive types that Meta uses and its published schema of v23.0 leaves out."""
