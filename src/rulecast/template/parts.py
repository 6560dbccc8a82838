"""The parts of a template, as a phone shows them from top to bottom."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEADER_FORMATS = ("TEXT", "IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT")
MEDIA_FORMATS = frozenset({"IMAGE", "VIDEO", "GIF", "DOCUMENT"})
"""Headers that need a file with each send; the example of the registration is never used as one."""
CARD_HEADER_FORMATS = ("IMAGE", "VIDEO", "PRODUCT")
BUTTON_KINDS = (
    "QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM", "OTP", "VOICE_CALL", "APP",
    "CALL_PERMISSION_REQUEST", "REQUEST_CONTACT_INFO",
)  # fmt: skip
OTP_TYPES = ("ONE_TAP", "COPY_CODE", "ZERO_TAP")
"""Formats of headers, kinds of buttons and of one-time-code buttons (Cloud API: component catalogue)."""
OPT_OUT_PAYLOAD = "optout:marketing:v1"
"""One payload for the stop button in every language, so that the answer needs no reading."""
VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")

HEADER_PARAMETER = "header"
"""Name under which a send gives the file of a media header; that of card 2 is `card2_header`."""
COUPON_PARAMETER = "coupon_code"
OFFER_PARAMETER = "offer_expires_at"
PRODUCTS_PARAMETER = "products"
"""Names of the parameters that no text of the template names: the code to copy, when an offer ends (ISO 8601), and the
products of a list (`Popular: SKU1, SKU2; New: SKU3`)."""
HEADER_FIELDS = {
    "LOCATION": ("latitude", "longitude", "name", "address"),
    "PRODUCT": ("product", "catalog"),
}
"""What each send gives for a header that is neither text nor file: `header_latitude`, `card2_header_product`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button; `link` names its destination in the template's links where the URL ends in a variable.

    `parameter` is the name of the parameter that each send fills into the button: a coupon code, or the end of a
    URL that leads to no declared link. `position` counts from 0 in its row, as Meta's `index` does.
    """

    kind: str
    text: str
    position: int = 0
    url: str = ""
    link: str = ""
    is_opt_out: bool = False
    parameter: str = ""
    phone_number: str = ""
    otp_type: str = ""
    example: str = ""
    flow_id: str = ""

    @property
    def takes_suffix(self) -> bool:
        """Return whether each send appends its own token to the URL."""
        return self.kind == "URL" and self.url.endswith("{{1}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedTimeOffer:
    """The strip of an offer that ends; with `has_expiration` each send says when."""

    text: str
    has_expiration: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of a carousel."""

    header_format: str
    body: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a phone shows, from top to bottom; `unknown` names what this version cannot send and keeps as it came."""

    header_format: str
    header: str
    body: str
    footer: str
    buttons: tuple[Button, ...]
    cards: tuple[Card, ...] = ()
    limited_time_offer: LimitedTimeOffer | None = None
    has_security_recommendation: bool = False
    code_expiration_minutes: int | None = None
    unknown: tuple[str, ...] = ()

    @property
    def all_buttons(self) -> tuple[Button, ...]:
        """Return the buttons of the message and of its cards."""
        return (*self.buttons, *(button for card in self.cards for button in card.buttons))


def variables_of(text: str) -> tuple[str, ...]:
    """Return the names of the variables in a text, in the order of their first appearance."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def card_parameter(number: int, name: str) -> str:
    """Return the parameter that fills a variable of a card; cards count from 1, and each counts its own variables."""
    return f"card{number}_{name}"


def card_number(parameter: str) -> int:
    """Return the card of such a parameter."""
    return int(parameter.removeprefix("card").partition("_")[0])


def file_parameters(parts: Parts) -> tuple[str, ...]:
    """Return the names under which each send gives the files of a message: `header`, `card2_header`."""
    own = (HEADER_PARAMETER,) if parts.header_format in MEDIA_FORMATS else ()
    cards = (
        card_parameter(number, HEADER_PARAMETER)
        for number, card in enumerate(parts.cards, 1)
        if card.header_format in MEDIA_FORMATS
    )
    return (*own, *cards)


def structured_parameters(parts: Parts) -> Iterator[str]:
    """Yield the parameters of places and products in headers, and of a list of products."""
    headers = [("", parts.header_format)]
    headers += [
        (card_parameter(number, ""), card.header_format) for number, card in enumerate(parts.cards, 1)
    ]
    for prefix, header_format in headers:
        for field in HEADER_FIELDS.get(header_format, ()):
            yield f"{prefix}{HEADER_PARAMETER}_{field}"
    if any(button.kind == "MPM" for button in parts.all_buttons):
        yield PRODUCTS_PARAMETER
