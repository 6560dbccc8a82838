"""Templates as Meta approves them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulecast.template.opt_out_words import says_opt_out
from rulecast.template.parts import (
    OFFER_PARAMETER,
    Parts,
    card_parameter,
    structured_parameters,
    variables_of,
)
from rulecast.values.ids import TemplateId

CATEGORIES = ("marketing", "utility", "authentication")
STATUSES = ("approved", "pending", "rejected", "paused", "disabled")
"""States a workspace file may declare."""
LISTED_STATUSES = (*STATUSES, "in_appeal", "archived", "pending_deletion", "deleted", "limit_exceeded")
"""States Meta lists (Cloud API: message templates); `deleted` also marks one that is no longer listed."""
QUALITIES = ("unknown", "green", "yellow", "red")
PARAMETER_FORMATS = ("POSITIONAL", "NAMED")
TTL_SECONDS_MAX = 2_592_000
"""Thirty days, the longest time WhatsApp keeps trying (Cloud API: `message_send_ttl_seconds`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """A template in one language; `components` are Meta's own JSON, `links` the named destinations of its buttons.

    `meta_id` is Meta's id in the account `waba_id`, empty before the registration. `correct_category` is what Meta
    says the template should be (a change announced), `previous_category` what it was. `obstacle` says why rulecast
    does not send it although Meta would: content that differs from the workspace's, or a part not known here.
    """

    template_id: TemplateId
    name: str
    language: str
    category: str
    status: str
    components: tuple[Mapping[str, Any], ...]
    links: Mapping[str, str]
    parts: Parts
    parameter_format: str = ""
    meta_id: str = ""
    waba_id: str = ""
    quality: str = "unknown"
    correct_category: str = ""
    previous_category: str = ""
    rejected_reason: str = ""
    paused_until: datetime | None = None
    pause_title: str = ""
    ttl_seconds: int | None = None
    obstacle: str = ""
    is_adopted: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the values each send gives: variables of header, body, offer and buttons, then those of the cards.

        Media of headers and tokens of links are not among them.
        """
        parts = self.parts
        names = [*variables_of(parts.header), *variables_of(parts.body)]
        if parts.limited_time_offer is not None and parts.limited_time_offer.has_expiration:
            names.append(OFFER_PARAMETER)
        for number, card in enumerate(parts.cards, 1):
            names += [card_parameter(number, name) for name in variables_of(card.body)]
        names += [button.parameter for button in parts.all_buttons if button.parameter]
        names += structured_parameters(parts)
        return tuple(dict.fromkeys(names))

    @property
    def link_names(self) -> tuple[str, ...]:
        """Return the destination of each button that takes a token, in the order of the buttons."""
        return tuple(button.link for button in self.parts.all_buttons if button.takes_suffix and button.link)

    @property
    def has_opt_out(self) -> bool:
        """Return whether a person can see in the message itself how to stop it."""
        parts = self.parts
        # Where no footer is allowed, the body may say it.
        told = parts.body if parts.cards or parts.limited_time_offer else parts.footer
        return any(button.is_opt_out for button in parts.all_buttons) or says_opt_out(told)

    @property
    def format(self) -> str:
        """Return POSITIONAL or NAMED, as declared or as the variables of the text say."""
        parts = self.parts
        texts = (parts.header, parts.body, *(card.body for card in parts.cards))
        is_named = any(not name.isdigit() for text in texts for name in variables_of(text))
        return self.parameter_format or ("NAMED" if is_named else "POSITIONAL")

    @property
    def is_sendable(self) -> bool:
        """Return whether Meta takes messages of this template and rulecast knows how to make them."""
        return self.usable_status == "approved"

    @property
    def usable_status(self) -> str:
        """Return the status by which policy decides: what rulecast cannot send counts as disabled."""
        return "disabled" if self.obstacle or self.parts.unknown else self.status

    @property
    def components_hash(self) -> bytes:
        """Return the SHA-256 of everything that was approved: 32 bytes."""
        return content_hash(self)


def content_hash(template: MessageTemplate) -> bytes:
    """Return the SHA-256 of name, language, category, components, links, format and lifetime in canonical JSON.

    Format and lifetime count only where they are declared, so that earlier hashes hold.
    """
    kept: dict[str, Any] = {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "components": list(template.components),
        "links": dict(template.links),
    }
    if template.parameter_format:
        kept["parameter_format"] = template.parameter_format
    if template.ttl_seconds is not None:
        kept["ttl_seconds"] = template.ttl_seconds
    return hashlib.sha256(
        json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).digest()
