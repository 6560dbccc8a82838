"""A template and a person's values become the components of a request.

Names of the values: a variable's own name for texts of header and body, `card2_name` on the second card; `header` and
`card2_header` for the upload of a media header; `header_latitude`, `header_longitude`, `header_name` and
`header_address` for a place; `header_product` and `header_catalog` for a product; `offer_expires_at` for the end of
an offer, `coupon_code` for the code to copy, `products` for a list of products, `catalog_product` for the picture of
a catalogue. Source of every shape: Cloud API, send templates (v26.0).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from rulecast.template.errors import ParameterMissingError
from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import text_within, token_within
from rulecast.template.messages.location import label_fields, point_fields
from rulecast.template.messages.media import MediaHandle
from rulecast.template.parts import (
    COUPON_PARAMETER,
    HEADER_PARAMETER,
    MEDIA_FORMATS,
    OFFER_PARAMETER,
    OPT_OUT_PAYLOAD,
    PRODUCTS_PARAMETER,
    VARIABLE,
    Button,
    Card,
    card_parameter,
    variables_of,
)
from rulecast.template.product_list import read_product_list
from rulecast.template.records import MessageTemplate
from rulecast.values.quickly_made import quickly_made

Component: TypeAlias = dict[str, object]
Value: TypeAlias = str | MediaHandle

CATALOG_PRODUCT_PARAMETER = "catalog_product"
BODY_LENGTH_MAX = 1024
HEADER_LENGTH_MAX = 60
"""Longest body and header with their values in place; longer ones are refused (132005)."""
COUPON_LENGTH_MAX = 15
CODE_LENGTH_MAX = 15
PAYLOAD_LENGTH_MAX = 128
"""Meta's pages say 128 or 256: the smaller one is safe."""
PRODUCT_ID_LENGTH_MAX = 100
"""Retailer ids in catalogues (Meta: product catalogue, `retailer_id`)."""
# Letters of an address that stay as they are in the end of a URL; Meta appends what it is given.
URL_SAFE = "/?&=-._~:@!$'()*+,;"
_ESCAPED_TWICE = re.compile(r"%25([0-9A-Fa-f]{2})")


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one send fills in: values by name, tokens by link, and the mark a flow answers with."""

    template_name: str
    values: Mapping[str, Value] = field(repr=False)
    link_tokens: Mapping[str, str] = field(repr=False)
    flow_token: str = ""

    def text(self, name: str) -> str:
        """Return a value that is a text.

        Raises:
            ParameterMissingError: it is not there, or a medium stands in its place.
        """
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise ParameterMissingError(f"The template {self.template_name} has no value for `{name}`.")
        return value

    def medium(self, name: str) -> MediaHandle:
        """Return an upload.

        Raises:
            ParameterMissingError: there is none; the example of the registration is never sent in its place.
        """
        value = self.values.get(name)
        if not isinstance(value, MediaHandle):
            raise ParameterMissingError(f"The template {self.template_name} has no upload for `{name}`.")
        return value

    def token(self, link: str) -> str:
        """Return the token of a link.

        Raises:
            ParameterMissingError: it has none.
        """
        if link not in self.link_tokens:
            raise ParameterMissingError(
                f"The template {self.template_name} has no token for the link `{link}`."
            )
        return self.link_tokens[link]


Maker: TypeAlias = Callable[[Given], Component | None]


class ComponentForm:
    """What is the same for every message of a template, worked out once; `render` fills in one person's values."""

    def __init__(self, template: MessageTemplate) -> None:
        """Look at each part once; parts without a variable are left out of requests."""
        self._name = template.name
        self._makers: tuple[Maker, ...] = tuple(_makers(template))

    def render(
        self,
        values: Mapping[str, Value],
        *,
        link_tokens: Mapping[str, str] | None = None,
        flow_token: str = "",
    ) -> list[Component]:
        """Return the `components` of one message.

        Raises:
            ParameterMissingError: a variable, an upload or a link has no value.
            MessageInvalidError: a value cannot be sent as it is, or a text becomes too long with it.
        """
        given = Given(
            template_name=self._name, values=values, link_tokens=link_tokens or {}, flow_token=flow_token
        )
        return [made for make in self._makers if (made := make(given)) is not None]


def render_components(
    template: MessageTemplate,
    parameters: Mapping[str, Value],
    *,
    link_tokens: Mapping[str, str] | None = None,
    flow_token: str = "",
) -> list[Component]:
    """Return the `components` of one message of a template; see `ComponentForm.render`.

    `parameters` holds cleaned values by the names above; `link_tokens` the token of each named link.

    Raises:
        ParameterMissingError: a variable, an upload or a link has no value.
        MessageInvalidError: a value cannot be sent as it is, or a text becomes too long with it.
    """
    return ComponentForm(template).render(parameters, link_tokens=link_tokens, flow_token=flow_token)


def reply_payload(template_name: str, position: int, *, card: int = 0) -> str:
    """Return what comes back when a quick reply is tapped: the same in every language, so that nobody reads labels."""
    place = f":{card}:{position}" if card else f":{position}"
    return f"reply:{template_name[: PAYLOAD_LENGTH_MAX - len('reply:') - len(place)]}{place}"


def _makers(template: MessageTemplate) -> Iterator[Maker]:
    parts = template.parts
    header = _header_maker(parts.header_format, parts.header, prefix="")
    if header is not None:
        yield header
    if variables_of(parts.body):
        yield _text_maker("body", parts.body, length_max=BODY_LENGTH_MAX)
    if parts.limited_time_offer is not None and parts.limited_time_offer.has_expiration:
        yield _offer
    if parts.cards:
        yield _carousel_maker(template.name, parts.cards)
    yield from _button_makers(template.name, parts.buttons, card=0)


def _carousel_maker(template_name: str, cards: tuple[Card, ...]) -> Maker:
    forms = [tuple(_card_makers(template_name, card, number)) for number, card in enumerate(cards, 1)]

    def make(given: Given) -> Component:
        return {
            "type": "carousel",
            "cards": [
                {
                    "card_index": index,
                    "components": [made for one in makers if (made := one(given)) is not None],
                }
                for index, makers in enumerate(forms)
            ],
        }

    return make


def _card_makers(template_name: str, card: Card, number: int) -> Iterator[Maker]:
    prefix = card_parameter(number, "")
    header = _header_maker(card.header_format, "", prefix=prefix)
    if header is not None:
        yield header
    if variables_of(card.body):
        yield _text_maker("body", card.body, length_max=BODY_LENGTH_MAX, prefix=prefix)
    yield from _button_makers(template_name, card.buttons, card=number)


def _text_maker(kind: str, text: str, *, length_max: int, prefix: str = "") -> Maker:
    names = variables_of(text)
    is_positional = all(name.isdigit() for name in names)
    ordered = [(name, prefix + name) for name in (sorted(names, key=int) if is_positional else names)]
    # What stays of the text, and how often each variable stands in it.
    fixed_length = len(VARIABLE.sub("", text))
    written = VARIABLE.findall(text)
    counts = [(prefix + name, written.count(name)) for name in names]

    def make(given: Given) -> Component:
        parameters: list[Component] = []
        for name, key in ordered:
            value = flat(key, given.text(key))
            parameters.append(
                {"type": "text", "text": value}
                if is_positional
                else {"type": "text", "parameter_name": name, "text": value}
            )
        length = fixed_length + sum(count * len(given.text(key)) for key, count in counts)
        if length > length_max:
            raise MessageInvalidError(
                f"{prefix}{kind}", f"{length} characters with its values, at most {length_max} are allowed"
            )
        return {"type": kind, "parameters": parameters}

    return make


def flat(place: str, value: str) -> str:
    """Return a value that Meta takes inside a text: no line break, no tab, no more than four spaces in a row.

    Raises:
        MessageInvalidError: it is none (132018); `clean_value` makes values so.
    """
    if value.isspace() or "     " in value or any(char in value for char in "\n\r\t"):
        raise MessageInvalidError(
            place, "line breaks, tabs and more than four spaces in a row are not allowed"
        )
    return value


def _header_maker(header_format: str, text: str, *, prefix: str) -> Maker | None:
    name = prefix + HEADER_PARAMETER
    if header_format == "TEXT":
        return _text_maker("header", text, length_max=HEADER_LENGTH_MAX) if variables_of(text) else None
    if header_format in MEDIA_FORMATS:
        kind = header_format.lower()
        return lambda given: _header(kind, given.medium(name).wire_fields)
    if header_format == "LOCATION":
        return lambda given: _header("location", _place(given, name))
    if header_format == "PRODUCT":
        return lambda given: _header("product", _product(given, name))
    return None


def _header(kind: str, value: Component) -> Component:
    return {"type": "header", "parameters": [{"type": kind, kind: value}]}


def _place(given: Given, name: str) -> Component:
    try:
        latitude, longitude = (float(given.text(f"{name}_{axis}")) for axis in ("latitude", "longitude"))
    except ValueError:
        raise MessageInvalidError(name, "latitude and longitude are degrees") from None
    point = point_fields(name, latitude, longitude)
    label = label_fields(name, name=given.text(f"{name}_name"), address=given.text(f"{name}_address"))
    # Templates want the degrees as texts, messages as numbers.
    return {axis: str(degrees) for axis, degrees in point.items()} | label


def _product(given: Given, name: str) -> Component:
    return {
        field: token_within(key, given.text(key), length_max=PRODUCT_ID_LENGTH_MAX)
        for field, key in (("product_retailer_id", f"{name}_product"), ("catalog_id", f"{name}_catalog"))
    }


def _offer(given: Given) -> Component:
    value = {"expiration_time_ms": expiration_ms(given.text(OFFER_PARAMETER))}
    parameter: Component = {"type": "limited_time_offer", "limited_time_offer": value}
    return {"type": "limited_time_offer", "parameters": [parameter]}


def expiration_ms(instant: str) -> int:
    """Return the end of an offer in milliseconds since 1970, not seconds.

    Raises:
        MessageInvalidError: it is no instant in ISO 8601 with its offset from UTC.
    """
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise MessageInvalidError(
            OFFER_PARAMETER, "an instant with its offset is expected: 2026-12-31T23:59+01:00"
        )
    return round(moment.timestamp() * 1000)


def _button_makers(template_name: str, buttons: tuple[Button, ...], *, card: int) -> Iterator[Maker]:
    for button in buttons:
        make = _button_maker(template_name, button, card=card)
        if make is not None:
            yield make


def _button_maker(template_name: str, button: Button, *, card: int) -> Maker | None:
    index = str(button.position)
    match button.kind:
        case "QUICK_REPLY":
            payload = (
                OPT_OUT_PAYLOAD
                if button.is_opt_out
                else reply_payload(template_name, button.position, card=card)
            )
            fixed = _button("quick_reply", index, {"type": "payload", "payload": payload})
            return lambda _: fixed
        case "URL" if button.takes_suffix:
            return lambda given: _button("url", index, {"type": "text", "text": _suffix(given, button)})
        case "COPY_CODE":
            return lambda given: _button(
                "copy_code", index, _coupon(given, button.parameter or COUPON_PARAMETER)
            )
        case "OTP":
            # The code a second time: what the button copies or fills in.
            return lambda given: _button("url", index, {"type": "text", "text": _code(given)})
        case "FLOW" | "CATALOG" | "MPM" as kind:
            action = _ACTIONS[kind]
            return lambda given: (
                None
                if (made := action(given)) is None
                else _button(kind.lower(), index, {"type": "action", "action": made})
            )
        case _:
            return None


def _button(sub_type: str, index: str, parameter: Component) -> Component:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def _suffix(given: Given, button: Button) -> str:
    if button.link:
        return given.token(button.link)
    written = quote(flat(button.parameter, given.text(button.parameter)), safe=URL_SAFE)
    # What was escaped already is not escaped again.
    return _ESCAPED_TWICE.sub(r"%\1", written)


def _coupon(given: Given, name: str) -> Component:
    code = token_within(name, given.text(name), length_max=COUPON_LENGTH_MAX)
    return {"type": "coupon_code", "coupon_code": code}


def _code(given: Given) -> str:
    return token_within("1", given.text("1"), length_max=CODE_LENGTH_MAX)


def _flow(given: Given) -> Component:
    # The flow's answer carries the token back: without one nobody knows which message it answers.
    return {"flow_token": text_within("flow_token", given.flow_token, length_max=PRODUCT_ID_LENGTH_MAX)}


def _catalog(given: Given) -> Component | None:
    # Without it the phone shows the first product of the catalogue.
    if CATALOG_PRODUCT_PARAMETER not in given.values:
        return None
    product = given.text(CATALOG_PRODUCT_PARAMETER)
    return {
        "thumbnail_product_retailer_id": token_within(
            CATALOG_PRODUCT_PARAMETER, product, length_max=PRODUCT_ID_LENGTH_MAX
        )
    }


def _products(given: Given) -> Component:
    sections = read_product_list(PRODUCTS_PARAMETER, given.text(PRODUCTS_PARAMETER))
    return {
        "thumbnail_product_retailer_id": sections[0][1][0],
        "sections": [
            {"title": title, "product_items": [{"product_retailer_id": one} for one in products]}
            for title, products in sections
        ],
    }


_ACTIONS: Mapping[str, Callable[[Given], Component | None]] = {
    "FLOW": _flow,
    "CATALOG": _catalog,
    "MPM": _products,
}
