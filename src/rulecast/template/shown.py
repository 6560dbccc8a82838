"""A message as a phone shows it: everything filled in, part by part, for whatever draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rulecast.template.errors import ParameterMissingError
from rulecast.template.parts import OFFER_PARAMETER, VARIABLE, Button, card_parameter
from rulecast.template.records import MessageTemplate

RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")
"""Languages of WhatsApp's templates that are written from right to left."""
FOLDED_LINES = 5
"""A phone folds the body of a marketing message after about so many lines; the number is not published."""
LINE_CELLS = 38
"""Characters of a line on a phone of common size; a Chinese one counts double."""
WIDE_FROM = 0x1100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownButton:
    """One button with its kind, by which a phone chooses the sign beside the label."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """One card of a carousel."""

    header_format: str
    body: str
    buttons: tuple[ShownButton, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """What a phone shows; `offer` is the strip of an offer that ends, `offer_code` the code it carries."""

    header_format: str
    header: str
    body: str
    footer: str
    buttons: tuple[ShownButton, ...]
    cards: tuple[ShownCard, ...]
    offer: str
    offer_ends: str
    offer_code: str
    is_right_to_left: bool
    is_folded: bool

    def to_json(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        return asdict(self)


def show_message(
    template: MessageTemplate, values: Mapping[str, str], *, keeps_missing: bool = False
) -> ShownMessage:
    """Return the message with its values filled in; with `keeps_missing` a variable without one stays as written.

    Raises:
        ParameterMissingError: a variable has no value.
    """
    parts = template.parts
    filler = _Filler(template=template, values=values, keeps_missing=keeps_missing)
    body = filler.fill(parts.body)
    offer = parts.limited_time_offer
    coupon = next((button for button in parts.buttons if button.kind == "COPY_CODE"), None)
    return ShownMessage(
        header_format=parts.header_format,
        header=filler.fill(parts.header),
        body=body,
        footer=_footer(template),
        buttons=_buttons(parts.buttons),
        cards=tuple(
            ShownCard(
                header_format=card.header_format,
                body=filler.fill(card.body, card=number),
                buttons=_buttons(card.buttons),
            )
            for number, card in enumerate(parts.cards, 1)
        ),
        offer="" if offer is None else offer.text,
        offer_ends=_end_of_offer(values) if offer is not None and offer.has_expiration else "",
        offer_code=values.get(coupon.parameter, coupon.example) if offer is not None and coupon else "",
        is_right_to_left=template.language.partition("_")[0] in RIGHT_TO_LEFT,
        is_folded=template.category == "marketing" and lines_of(body) > FOLDED_LINES,
    )


def read_shown(kept: Mapping[str, Any]) -> ShownMessage:
    """Return a message from the JSON values of a plan."""
    return ShownMessage(
        **{
            **kept,
            "buttons": _kept_buttons(kept["buttons"]),
            "cards": tuple(
                ShownCard(**{**card, "buttons": _kept_buttons(card["buttons"])}) for card in kept["cards"]
            ),
        }
    )


def _kept_buttons(kept: Sequence[Mapping[str, str]]) -> tuple[ShownButton, ...]:
    return tuple(ShownButton(**button) for button in kept)


def lines_of(text: str) -> int:
    """Return about how many lines a text takes on a phone."""
    return sum(max(1, -(-_cells(line) // LINE_CELLS)) for line in text.split("\n"))


def _cells(line: str) -> int:
    return sum(2 if ord(char) >= WIDE_FROM and not "\u2000" <= char <= "\u2bff" else 1 for char in line)


def _buttons(buttons: tuple[Button, ...]) -> tuple[ShownButton, ...]:
    return tuple(ShownButton(kind=one.kind, text=one.text) for one in buttons)


def _end_of_offer(values: Mapping[str, str]) -> str:
    """Return when an offer ends as a clock where it ends shows it; what is no instant stays as it is written.

    A phone writes it in its own words and time; Meta shows no example of them, so the digits are the same everywhere.
    """
    written = values.get(OFFER_PARAMETER, "")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return written if moment.tzinfo is None else f"{moment:%Y-%m-%d %H:%M}"


def _footer(template: MessageTemplate) -> str:
    minutes = template.parts.code_expiration_minutes
    if template.parts.footer or minutes is None:
        return template.parts.footer
    return f"This code expires in {minutes} minutes."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filler:
    template: MessageTemplate
    values: Mapping[str, str]
    keeps_missing: bool

    def fill(self, text: str, *, card: int = 0) -> str:
        """Return a text with its variables filled in, once: a value is never looked through again."""
        return VARIABLE.sub(
            lambda match: self._value(card_parameter(card, match[1]) if card else match[1], match[0]), text
        )

    def _value(self, name: str, written: str) -> str:
        if name in self.values:
            return self.values[name]
        if self.keeps_missing:
            return written
        raise ParameterMissingError(f"The template {self.template.name} has no value for `{name}`.")
