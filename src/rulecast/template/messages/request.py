"""The envelope of every message: to whom, what kind, and our own mark that every status brings back."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from rulecast.template.messages.errors import PhoneRequiredError
from rulecast.template.messages.limits import wamid_of
from rulecast.values.ids import OpaqueId
from rulecast.values.recipient import Recipient

Body = dict[str, object]
"""A request as JSON will hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, by its kind on the wire; `value` holds personal data and does not show itself.

    `needs_phone` marks what Meta refuses to deliver to a BSUID (131062).
    """

    kind: str
    value: object = field(repr=False)
    needs_phone: bool = False


def message_request(
    content: Content, recipient: Recipient, *, opaque_id: OpaqueId, quotes: str | None = None
) -> Body:
    """Return the body of `POST /{phone number id}/messages`; `quotes` is the wamid of a message it answers.

    Source: Cloud API, send messages (v26.0): common envelope.

    Raises:
        PhoneRequiredError: the content cannot be addressed by BSUID.
        MessageInvalidError: `quotes` is no wamid.
    """
    if content.needs_phone and recipient.phone is None:
        raise PhoneRequiredError
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient.wire_fields,
        "type": content.kind,
        content.kind: content.value,
        **({"context": {"message_id": wamid_of("quotes", quotes)}} if quotes is not None else {}),
        "biz_opaque_callback_data": opaque_text(opaque_id),
    }


def opaque_text(opaque_id: OpaqueId) -> str:
    """Return our mark as it travels: 22 characters of base64url, of the 512 that Meta allows."""
    return base64.urlsafe_b64encode(opaque_id).rstrip(b"=").decode()


def marketing_request(request: Mapping[str, object]) -> Body:
    """Return the same message for `POST /{phone number id}/marketing_messages`.

    Everything Meta may do beyond delivering is said no to in the request itself: what people read and click is not
    shared, and text and images stay as the person who approved them saw them. A recipient to whom the product does
    not apply gets the message as an ordinary one. Source: Marketing Messages API for WhatsApp, send (2026-05-05).
    """
    return {
        **request,
        "product_policy": "CLOUD_API_FALLBACK",
        "message_activity_sharing": False,
        "degrees_of_freedom_spec": creative_opt_out(),
    }


CREATIVE_FEATURES = (
    "add_text_overlay", "auto_promotion_tag", "dynamic_cta_text", "hyperlink_formatting", "image_animation",
    "image_background_gen", "image_banner", "image_brightness_and_contrast", "image_touchups", "product_extensions",
    "text_extraction_for_headline", "text_extraction_for_tap_target", "text_formatting_optimization",
)  # fmt: skip
"""Every way in which Meta offers to change a marketing message (automatic creative optimisations, May 2026)."""


def creative_opt_out() -> Body:
    """Return the `degrees_of_freedom_spec` that refuses every creative change.

    Meta's pages contradict each other about the default, and about the level at which it is read: so it is said
    with each template and with each message.
    """
    return {"creative_features_spec": {name: {"enroll_status": "OPT_OUT"} for name in CREATIVE_FEATURES}}
