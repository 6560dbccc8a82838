"""The workspace file, read: catalogue, numbers, templates and sending policy as a company declares them in TOML."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rulecast.account import BusinessNumber, Portfolio
from rulecast.account.records import Signup, read_number, read_portfolio, read_signup
from rulecast.policy import SendingPolicy, read_sending_policy
from rulecast.template import MessageTemplate, read_parts
from rulecast.template.parts import HEADER_FORMATS, Parts
from rulecast.template.records import CATEGORIES, PARAMETER_FORMATS, STATUSES, TTL_SECONDS_MAX
from rulecast.values.catalogue import Attribute, AttributeType, DataClass, EventDefinition
from rulecast.values.errors import RulecastError
from rulecast.values.fields import FieldInvalidError, Fields
from rulecast.values.ids import TemplateId
from rulecast.values.purpose import Purpose
from rulecast.wiring.declared_names import DeclaredNames, read_names

FILE_BYTES_MAX = 1024 * 1024
"""Some thousand templates; larger files are another file given by mistake."""
RETENTION_DAYS_MAX = 3660
PURPOSES = tuple(purpose.value for purpose in Purpose)
TYPES = tuple(kind.value for kind in AttributeType)
# A place is what a contact has; events have none.
PROPERTY_TYPES = tuple(kind for kind in TYPES if kind != AttributeType.PLACE)
LETTER_CASES = ("folded", "exact")


class WorkspaceFileError(RulecastError):
    """The workspace file cannot be used."""

    code = "RC-WORKSPACE-010"
    summary = "The workspace file cannot be used."
    remedy = "Correct the named line and apply the file again; nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceDeclaration:
    """Everything a workspace file says; what it leaves out stays as it is in the workspace."""

    billing_currency: str | None
    sending_policy: Mapping[str, Any] | None
    attributes: tuple[Attribute, ...]
    events: tuple[EventDefinition, ...]
    names: DeclaredNames
    portfolios: tuple[Portfolio, ...]
    numbers: tuple[BusinessNumber, ...]
    templates: tuple[MessageTemplate, ...]
    signups: tuple[Signup, ...] = ()

    def policy(self) -> SendingPolicy:
        """Return the sending policy as a record."""
        return read_sending_policy(self.sending_policy or {})


def read_workspace_file(text: str, *, source: str, link_base: str) -> WorkspaceDeclaration:
    """Return what a workspace file declares; `link_base` is the address our own redirects begin with.

    Raises:
        WorkspaceFileError: the file is too long, no TOML, or a field cannot be used; names file, line and
        field.
    """
    if len(text.encode()) > FILE_BYTES_MAX:
        raise WorkspaceFileError(f"{source} is longer than {FILE_BYTES_MAX} bytes.")
    try:
        data = tomllib.loads(text)
        return _read(Fields(data, ""), link_base)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceFileError(f"{source} is no TOML: {error}.") from error
    except FieldInvalidError as error:
        raise WorkspaceFileError(f"{source} line {line_of(text, error.place)}: {error.what}") from error


def _read(fields: Fields, link_base: str) -> WorkspaceDeclaration:
    workspace = fields.table("workspace")
    currency = workspace.text("billing_currency", length_max=3) if workspace.has("billing_currency") else None
    workspace.finish()
    policy_names = fields.table("sending_policy")
    policy = (
        {name: policy_names.raw(name) for name in policy_names.names()}
        if fields.has("sending_policy")
        else None
    )
    read_sending_policy(policy or {})
    declaration = WorkspaceDeclaration(
        billing_currency=currency,
        sending_policy=policy,
        attributes=tuple(_attribute(table) for table in fields.tables("attributes")),
        events=tuple(_event(table) for table in fields.tables("events")),
        names=read_names(fields),
        portfolios=tuple(read_portfolio(table) for table in fields.tables("portfolios")),
        numbers=tuple(read_number(table) for table in fields.tables("numbers")),
        templates=tuple(
            template for table in fields.tables("templates") for template in _templates(table, link_base)
        ),
        signups=tuple(read_signup(table) for table in fields.tables("signups")),
    )
    fields.finish()
    return declaration


def _attribute(fields: Fields) -> Attribute:
    attribute = Attribute(
        name=fields.text("name", length_max=60),
        type=AttributeType(fields.choice("type", TYPES)),
        data_class=DataClass(fields.choice("class", tuple(DataClass), default="public")),
        purpose=_purpose(fields),
        may_reveal=fields.flag("may_reveal", default=False),
        derived_from=fields.text("derived_from") if fields.has("derived_from") else None,
        letter_case=_letter_case(fields),
        about=fields.text("about", default=""),
    )
    fields.finish()
    return attribute


def _letter_case(fields: Fields) -> Literal["folded", "exact"]:
    return "exact" if fields.choice("letter_case", LETTER_CASES, default="folded") == "exact" else "folded"


def _event(fields: Fields) -> EventDefinition:
    properties = fields.table("properties")
    event = EventDefinition(
        name=fields.text("name", length_max=60),
        properties={
            name: AttributeType(properties.choice(name, PROPERTY_TYPES)) for name in properties.names()
        },
        retention_days=fields.whole("retention_days", low=1, high=RETENTION_DAYS_MAX)
        if fields.has("retention_days")
        else None,
        purpose=_purpose(fields),
        aliases=fields.texts("aliases"),
        about=fields.text("about", default=""),
    )
    fields.finish()
    return event


def _purpose(fields: Fields) -> str | None:
    return fields.choice("purpose", PURPOSES) if fields.has("purpose") else None


def _templates(fields: Fields, link_base: str) -> list[MessageTemplate]:
    name = fields.text("name", length_max=512)
    if re.fullmatch(r"[a-z0-9_]+", name) is None:
        raise FieldInvalidError(fields.where("name"), "small letters, digits and underscores are expected")
    category = fields.choice("category", CATEGORIES)
    links = fields.table("links")
    destinations = {link: links.text(link, length_max=2000) for link in links.names()}
    parameter_format = fields.choice("parameter_format", ("", *PARAMETER_FORMATS), default="")
    ttl_seconds = (
        fields.whole("ttl_seconds", low=-1, high=TTL_SECONDS_MAX) if fields.has("ttl_seconds") else None
    )
    translations = fields.tables("languages")
    if not translations:
        raise FieldInvalidError(fields.where("languages"), "at least one language is expected")
    found = []
    for translation in translations:
        components = _components(translation, link_base)
        found.append(
            MessageTemplate(
                template_id=TemplateId(0),
                name=name,
                language=translation.text("language", length_max=10),
                category=category,
                status=translation.choice("status", STATUSES, default="pending"),
                components=tuple(components),
                links=destinations,
                parts=_parts(translation, components),
                parameter_format=parameter_format,
                ttl_seconds=ttl_seconds,
            )
        )
        translation.finish()
    fields.finish()
    return found


def _components(fields: Fields, link_base: str) -> list[dict[str, Any]]:
    """Return Cloud API components, given as such or written shorter as header, body, footer and buttons."""
    if fields.has("components"):
        given = fields.raw_list("components")
        places = [f"{fields.where('components')}[{count}]" for count in range(1, len(given) + 1)]
        read = [Fields(one, place).mapping() for one, place in zip(given, places, strict=True)]
        return [_with_addresses(component, link_base) for component in read]
    components: list[dict[str, Any]] = []
    if fields.has("header_format"):
        header_format = fields.choice("header_format", HEADER_FORMATS)
        components.append({"type": "HEADER", "format": header_format})
        if fields.has("header_example"):
            components[0]["example_file"] = fields.text("header_example", length_max=255)
    elif fields.has("header"):
        components.append({"type": "HEADER", "format": "TEXT", "text": fields.text("header")})
    components.append({"type": "BODY", "text": fields.text("body", length_max=1024)})
    if fields.has("footer"):
        components.append({"type": "FOOTER", "text": fields.text("footer")})
    if fields.has("buttons"):
        buttons = [_button(table, link_base) for table in fields.tables("buttons")]
        components.append({"type": "BUTTONS", "buttons": buttons})
    return components


def _parts(translation: Fields, components: Sequence[Mapping[str, Any]]) -> Parts:
    place = translation.where("components")
    try:
        return read_parts(components, place=place)
    except FieldInvalidError as error:
        if translation.has("components"):
            raise
        # Written shorter there are no components: the place is that of the field they were made of.
        found = re.match(rf"{re.escape(place)}\[(\d+)\]\.(?:buttons)?", error.place)
        if found is None:
            raise
        kind = str(components[int(found[1]) - 1]["type"]).lower()
        inside = error.place[found.end() :] if kind == "buttons" else ""
        what = error.what.removeprefix(f"{error.place}: ").removesuffix(".")
        raise FieldInvalidError(translation.where(kind) + inside, what) from error


def _with_addresses(value: Any, link_base: str) -> Any:
    """Return a component in which each button that names a link leads to our own redirect, those of cards too."""
    if isinstance(value, list):
        return [_with_addresses(one, link_base) for one in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: _with_addresses(one, link_base) for name, one in value.items()}
    return _addressed(found, link_base) if found.get("type") == "URL" else found


def _button(fields: Fields, link_base: str) -> dict[str, Any]:
    return _addressed(fields.mapping(), link_base)


def _addressed(given: Mapping[str, Any], link_base: str) -> dict[str, Any]:
    button = dict(given)
    if button.get("type") == "URL" and "link" in button and "url" not in button:
        button["url"] = f"{link_base}/l/{{{{1}}}}"
    return button


_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<count>\d+)\])?[^.]*")
_TABLE = re.compile(r"\s*\[{1,2}\s*(?P<path>[A-Za-z0-9_.\-\"]+)\s*\]{1,2}")


def line_of(text: str, place: str) -> int:
    """Return the line of a dotted place such as `templates[2].languages[1].body`, or of the nearest table above it."""
    steps = [(found["name"], int(found["count"] or 1)) for found in _STEP.finditer(place)]
    lines = text.splitlines()
    found, start = 1, 0
    for depth in range(1, len(steps) + 1):
        path = ".".join(name for name, _ in steps[:depth])
        wanted = steps[depth - 1][1]
        for number in range(start, len(lines)):
            header = _TABLE.match(lines[number])
            wanted -= header is not None and header["path"] == path
            if header is not None and wanted == 0:
                found, start = number + 1, number + 1
                break
        else:
            return _field_line(lines, start, steps[depth - 1][0]) or found
    return found


def _field_line(lines: list[str], start: int, name: str) -> int | None:
    for number in range(start, len(lines)):
        if number > start and _TABLE.match(lines[number]):
            return None
        if re.match(rf"\s*\"?{re.escape(name)}\"?\s*=", lines[number]):
            return number + 1
    return None
