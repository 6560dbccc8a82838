"""Templates as Meta approves them, read into the parts a phone shows."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulecast.template.opt_out_words import says_opt_out
from rulecast.values.fields import FieldInvalidError, Fields
from rulecast.values.ids import TemplateId

CATEGORIES = ("marketing", "utility", "authentication")
STATUSES = ("approved", "pending", "rejected", "paused", "disabled")
HEADER_FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BUTTON_KINDS = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE")
BODY_LENGTH_MAX = 1024
HEADER_LENGTH_MAX = 60
FOOTER_LENGTH_MAX = 60
BUTTON_TEXT_LENGTH_MAX = 25
BUTTONS_MAX = 10
URL_LENGTH_MAX = 2000
"""Longest parts of a template (Cloud API: message templates, component catalogue)."""
OPT_OUT_PAYLOAD = "optout:marketing:v1"
"""One payload for the stop button in every language, so that the answer needs no reading."""

VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button; `link` names its destination in the template's links where the URL ends in a variable."""

    kind: str
    text: str
    url: str = ""
    link: str = ""
    is_opt_out: bool = False

    @property
    def takes_suffix(self) -> bool:
        """Return whether each send appends its own token to the URL."""
        return self.kind == "URL" and self.url.endswith("{{1}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a phone shows, from top to bottom."""

    header_format: str
    header: str
    body: str
    footer: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """A template in one language; `components` are Meta's own JSON, `links` the named destinations of its buttons."""

    template_id: TemplateId
    name: str
    language: str
    category: str
    status: str
    components: tuple[Mapping[str, Any], ...]
    links: Mapping[str, str]
    parts: Parts

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the variables of header and body, in the order of the text."""
        return tuple(dict.fromkeys(VARIABLE.findall(self.parts.header) + VARIABLE.findall(self.parts.body)))

    @property
    def link_names(self) -> tuple[str, ...]:
        """Return the destination of each button that takes a token, in the order of the buttons."""
        return tuple(button.link for button in self.parts.buttons if button.takes_suffix)

    @property
    def has_opt_out(self) -> bool:
        """Return whether a person can see in the message itself how to stop it."""
        return any(button.is_opt_out for button in self.parts.buttons) or says_opt_out(self.parts.footer)

    @property
    def components_hash(self) -> bytes:
        """Return the SHA-256 of everything that was approved: 32 bytes."""
        return content_hash(self)


def content_hash(template: MessageTemplate) -> bytes:
    """Return the SHA-256 of name, language, category, components and links in canonical JSON."""
    kept = {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "components": list(template.components),
        "links": dict(template.links),
    }
    return hashlib.sha256(
        json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).digest()


def read_parts(components: Sequence[Mapping[str, Any]], place: str = "components") -> Parts:
    """Read Cloud API component JSON.

    Raises:
        FieldInvalidError: a component is unknown, not built yet, or too long; the error names the place.
    """
    found: dict[str, Fields] = {}
    for count, component in enumerate(components, 1):
        fields = Fields(component, f"{place}[{count}]")
        kind = fields.choice("type", ("HEADER", "BODY", "FOOTER", "BUTTONS"))
        if kind in found:
            raise FieldInvalidError(fields.where("type"), f"a second {kind}")
        found[kind] = fields
    if "BODY" not in found:
        raise FieldInvalidError(place, "a BODY is required")
    header = found.get("HEADER")
    header_format = "" if header is None else header.choice("format", HEADER_FORMATS, default="TEXT")
    return Parts(
        header_format=header_format,
        header=header.text("text", length_max=HEADER_LENGTH_MAX)
        if header and header_format == "TEXT"
        else "",
        body=found["BODY"].text("text", length_max=BODY_LENGTH_MAX),
        footer=found["FOOTER"].text("text", length_max=FOOTER_LENGTH_MAX) if "FOOTER" in found else "",
        buttons=_buttons(found["BUTTONS"]) if "BUTTONS" in found else (),
    )


def _buttons(fields: Fields) -> tuple[Button, ...]:
    tables = fields.tables("buttons")
    if not 1 <= len(tables) <= BUTTONS_MAX:
        raise FieldInvalidError(fields.where("buttons"), f"1 to {BUTTONS_MAX} buttons are expected")
    return tuple(_button(table) for table in tables)


def _button(fields: Fields) -> Button:
    kind = fields.choice("type", BUTTON_KINDS)
    text = fields.text("text", length_max=BUTTON_TEXT_LENGTH_MAX)
    return Button(
        kind=kind,
        text=text,
        url=fields.text("url", length_max=URL_LENGTH_MAX) if kind == "URL" else "",
        link=fields.text("link", default="", length_max=60),
        is_opt_out=kind == "QUICK_REPLY" and fields.flag("opt_out", default=says_opt_out(text)),
    )
