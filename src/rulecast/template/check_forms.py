"""Offers that end, carousels and one-time codes against the published limits (Cloud API: component catalogue)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rulecast.template.finding import ContentFinding, finding
from rulecast.template.parts import CARD_HEADER_FORMATS, Card
from rulecast.template.records import MessageTemplate

OFFER_TEXT_LENGTH_MAX = 16
OFFER_BODY_LENGTH_MAX = 600
CARDS_MIN = 2
CARDS_MAX = 10
CARD_BUTTONS_MAX = 2
CODE_MINUTES_MAX = 90
TTL_FOREVER = -1
TTL_SECONDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"authentication": (30, 900), "utility": (30, 43_200), "marketing": (43_200, 2_592_000)}
)
"""Shortest and longest `message_send_ttl_seconds` of a category; -1 means 30 days, outside marketing."""


def check_forms(template: MessageTemplate) -> Iterator[ContentFinding]:
    """Yield what is wrong with the special forms of a template and with its time to live."""
    yield from _offer(template)
    yield from _carousel(template.parts.cards)
    yield from _one_time_code(template)
    ttl = template.ttl_seconds
    shortest, longest = TTL_SECONDS[template.category]
    is_forever = ttl == TTL_FOREVER and template.category != "marketing"
    if ttl is not None and not is_forever and not shortest <= ttl <= longest:
        yield finding("RT-041", place="ttl_seconds")
    if template.parts.unknown:
        yield finding("RT-111", f"Not known to this version: {'; '.join(template.parts.unknown)}.")


def _offer(template: MessageTemplate) -> Iterator[ContentFinding]:
    parts = template.parts
    if parts.limited_time_offer is None:
        return
    yield finding("RT-107", place="limited_time_offer")
    if template.category != "marketing":
        yield finding("RT-028", place="category")
    if len(parts.limited_time_offer.text) > OFFER_TEXT_LENGTH_MAX:
        yield finding("RT-029", place="limited_time_offer.text")
    if parts.footer:
        yield finding("RT-030", place="footer")
    if len(parts.body) > OFFER_BODY_LENGTH_MAX:
        yield finding("RT-031", place="body")
    kinds = [button.kind for button in parts.buttons]
    if "URL" not in kinds or ("COPY_CODE" in kinds and kinds[0] != "COPY_CODE"):
        yield finding("RT-032", place="buttons")


def _carousel(cards: tuple[Card, ...]) -> Iterator[ContentFinding]:
    if not cards:
        return
    if not CARDS_MIN <= len(cards) <= CARDS_MAX:
        yield finding("RT-033", place="cards")
    for number, card in enumerate(cards, 1):
        if not 1 <= len(card.buttons) <= CARD_BUTTONS_MAX:
            yield finding("RT-036", place=f"cards[{number}].buttons")
        if card.header_format not in CARD_HEADER_FORMATS:
            yield finding("RT-037", place=f"cards[{number}].header")
        if _structure(card) != _structure(cards[0]):
            message = f"Card {number} is built otherwise than card 1."
            yield finding("RT-034", message, place=f"cards[{number}]")


def _structure(card: Card) -> tuple[str, bool, tuple[tuple[str, bool], ...]]:
    buttons = tuple((button.kind, "{{" in button.url) for button in card.buttons)
    return card.header_format, bool(card.body), buttons


def _one_time_code(template: MessageTemplate) -> Iterator[ContentFinding]:
    parts = template.parts
    kinds = [button.kind for button in parts.all_buttons]
    if template.category != "authentication":
        if "OTP" in kinds or parts.has_security_recommendation or parts.code_expiration_minutes is not None:
            yield finding("RT-040", place="category")
        return
    body = next((one for one in template.components if one.get("type") == "BODY"), {})
    is_preset = "text" not in body or bool(template.meta_id)
    if parts.header_format or parts.cards or parts.limited_time_offer or kinds != ["OTP"] or not is_preset:
        yield finding("RT-038")
    minutes = parts.code_expiration_minutes
    if minutes is not None and not 1 <= minutes <= CODE_MINUTES_MAX:
        yield finding("RT-039", place="footer.code_expiration_minutes")
