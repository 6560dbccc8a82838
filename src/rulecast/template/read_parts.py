"""Reading Cloud API component JSON: what the workspace declares strictly, what Meta lists kindly."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rulecast.template.opt_out_words import says_opt_out
from rulecast.template.parts import (
    BUTTON_KINDS,
    COUPON_PARAMETER,
    HEADER_FORMATS,
    OTP_TYPES,
    Button,
    Card,
    LimitedTimeOffer,
    Parts,
    card_parameter,
)
from rulecast.values.fields import FieldInvalidError, Fields

TEXT_LENGTH_MAX = 4096
"""Far above every published limit of a part: those are findings of the check, with a hint; this bounds the reading."""
BUTTONS_MAX = 100
CARDS_MAX = 100
COMPONENTS_MAX = 20
"""Bounds of the reading as well; the published ones (10 buttons, 10 cards) are findings."""
COMPONENT_KINDS = ("HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER")
AUTHENTICATION_BODY = "*{{1}}* is your verification code."
SECURITY_RECOMMENDATION = "For your security, do not share this code."
"""Meta writes the text of authentication templates itself, in each language; English stands for it here."""
FIXED_TEXTS = {
    "COPY_CODE": "Copy offer code",
    "CATALOG": "View catalog",
    "MPM": "View items",
    "SPM": "View",
    "OTP": "Copy code",
    "VOICE_CALL": "Call on WhatsApp",
    "REQUEST_CONTACT_INFO": "Share contact info",
    "CALL_PERMISSION_REQUEST": "Choose preference",
}
"""What a phone shows on buttons whose label Meta sets where none is given."""
# Meta lists the button of an authentication template as a URL of this form.
_ONE_TIME_CODE = re.compile(r"https://www\.whatsapp\.com/otp/[^?]*\?(?:.*&)?otp_type=(?P<type>[A-Za-z_]+)")


def read_parts(components: Sequence[Mapping[str, Any]], place: str = "components") -> Parts:
    """Read what a workspace declares.

    Raises:
        FieldInvalidError: a component is unknown, given twice, or has no usable field; the error names the place.
    """
    found: dict[str, Fields] = {}
    if len(components) > COMPONENTS_MAX:
        raise FieldInvalidError(place, f"at most {COMPONENTS_MAX} components are expected")
    for count, component in enumerate(components, 1):
        fields = Fields(component, f"{place}[{count}]")
        kind = fields.choice("type", COMPONENT_KINDS)
        if kind in found:
            raise FieldInvalidError(fields.where("type"), f"a second {kind}")
        found[kind] = fields
    if "BODY" not in found:
        raise FieldInvalidError(place, "a BODY is required")
    return _parts(found, unknown=())


def read_listed_parts(components: Sequence[object]) -> Parts:
    """Read what Meta lists or the database keeps; what cannot be read is named in `unknown` and stops nothing."""
    found: dict[str, Fields] = {}
    unknown: list[str] = []
    for component in components:
        kind = str(component.get("type", "")).upper() if isinstance(component, Mapping) else ""
        if kind not in COMPONENT_KINDS or kind in found:
            unknown.append(f"component {kind or 'without a type'}")
            continue
        fields = Fields(component, kind.lower())
        try:
            _parts({"BODY": Fields({"text": "-"}, "body"), kind: fields}, unknown=())
        except FieldInvalidError as error:
            unknown.append(f"{error.place}: {error.what}"[:200])
        else:
            found[kind] = fields
    found.setdefault("BODY", Fields({"text": "-"}, "body"))
    return _parts(found, unknown=tuple(unknown))


def _parts(found: Mapping[str, Fields], *, unknown: tuple[str, ...]) -> Parts:
    header_format, header = _header(found.get("HEADER"))
    footer = found.get("FOOTER")
    is_one_time_code = footer is not None and footer.has("code_expiration_minutes")
    body = found["BODY"]
    recommends = body.flag("add_security_recommendation", default=False)
    offer = found.get("LIMITED_TIME_OFFER")
    buttons = _buttons(found["BUTTONS"], card=0) if "BUTTONS" in found else ()
    return Parts(
        header_format=header_format,
        header=header,
        body=_body(body, is_preset=recommends or any(button.kind == "OTP" for button in buttons)),
        footer=footer.text("text", default="" if is_one_time_code else None, length_max=TEXT_LENGTH_MAX)
        if footer
        else "",
        buttons=buttons,
        cards=_cards(found["CAROUSEL"]) if "CAROUSEL" in found else (),
        limited_time_offer=None if offer is None else _offer(offer),
        has_security_recommendation=recommends,
        code_expiration_minutes=footer.whole("code_expiration_minutes", low=0, high=100_000)
        if footer and is_one_time_code
        else None,
        unknown=unknown,
    )


def _header(fields: Fields | None) -> tuple[str, str]:
    if fields is None:
        return "", ""
    header_format = fields.choice("format", HEADER_FORMATS, default="TEXT")
    text = fields.text("text", length_max=TEXT_LENGTH_MAX) if header_format == "TEXT" else ""
    return header_format, text


def _body(fields: Fields, *, is_preset: bool) -> str:
    if fields.has("text") or not is_preset:
        return fields.text("text", length_max=TEXT_LENGTH_MAX)
    recommends = fields.flag("add_security_recommendation", default=False)
    return f"{AUTHENTICATION_BODY} {SECURITY_RECOMMENDATION}" if recommends else AUTHENTICATION_BODY


def _offer(fields: Fields) -> LimitedTimeOffer:
    offer = fields.table("limited_time_offer")
    return LimitedTimeOffer(
        text=offer.text("text", length_max=TEXT_LENGTH_MAX),
        has_expiration=offer.flag("has_expiration", default=False),
    )


def _cards(fields: Fields) -> tuple[Card, ...]:
    tables = fields.tables("cards")
    if not 1 <= len(tables) <= CARDS_MAX:
        raise FieldInvalidError(fields.where("cards"), f"1 to {CARDS_MAX} cards are expected")
    return tuple(_card(table, number) for number, table in enumerate(tables, 1))


def _card(fields: Fields, number: int) -> Card:
    header: Fields | None = None
    body = ""
    buttons: tuple[Button, ...] = ()
    for component in fields.tables("components"):
        match component.choice("type", ("HEADER", "BODY", "BUTTONS")):
            case "HEADER":
                header = component
            case "BODY":
                body = component.text("text", length_max=TEXT_LENGTH_MAX)
            case _:
                buttons = _buttons(component, card=number)
    return Card(header_format=_header(header)[0], body=body, buttons=buttons)


def _buttons(fields: Fields, *, card: int) -> tuple[Button, ...]:
    tables = fields.tables("buttons")
    if not 1 <= len(tables) <= BUTTONS_MAX:
        raise FieldInvalidError(fields.where("buttons"), f"1 to {BUTTONS_MAX} buttons are expected")
    return tuple(_button(table, position, card=card) for position, table in enumerate(tables))


def _button(fields: Fields, position: int, *, card: int) -> Button:
    kind = fields.choice("type", BUTTON_KINDS)
    url = fields.text("url", length_max=TEXT_LENGTH_MAX) if kind == "URL" else ""
    one_time_code = _ONE_TIME_CODE.match(url)
    if one_time_code is not None:
        kind = "OTP"
    text = fields.text("text", default=FIXED_TEXTS.get(kind), length_max=TEXT_LENGTH_MAX)
    link = fields.text("link", default="", length_max=60)
    return Button(
        kind=kind,
        text=text,
        position=position,
        url=url,
        link=link,
        is_opt_out=kind == "QUICK_REPLY" and fields.flag("opt_out", default=says_opt_out(text)),
        parameter=_parameter(kind, url, link, position=position, card=card),
        phone_number=fields.text("phone_number", length_max=TEXT_LENGTH_MAX)
        if kind == "PHONE_NUMBER"
        else "",
        otp_type=_otp_type(fields, one_time_code) if kind == "OTP" else "",
        example=_example(fields),
        flow_id=str(fields.raw("flow_id") or "") if kind == "FLOW" else "",
    )


def _parameter(kind: str, url: str, link: str, *, position: int, card: int) -> str:
    if kind == "COPY_CODE":
        name = COUPON_PARAMETER
    elif kind == "URL" and url.endswith("{{1}}") and not link:
        name = f"url{position + 1}"
    else:
        return ""
    return card_parameter(card, name) if card else name


def _otp_type(fields: Fields, listed: re.Match[str] | None) -> str:
    if listed is not None:
        return listed["type"].upper()
    return fields.choice("otp_type", OTP_TYPES)


def _example(fields: Fields) -> str:
    """Return the first example of a button; Meta takes a text for codes and a list for addresses."""
    given = fields.raw("example")
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else ""
