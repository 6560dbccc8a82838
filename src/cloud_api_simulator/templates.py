"""Message templates as registered with the simulator."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.errors import JsonObject

STATUSES = frozenset(
    {
        "PENDING",
        "APPROVED",
        "REJECTED",
        "PAUSED",
        "DISABLED",
        "IN_APPEAL",
        "ARCHIVED",
        "PENDING_DELETION",
        "DELETED",
        "LIMIT_EXCEEDED",
    }
)
CATEGORIES = frozenset({"MARKETING", "UTILITY", "AUTHENTICATION"})
BODY_CHARACTERS_MAX = 1024
"""Longest body, before and after its parameters are filled in (Cloud API docs: template components)."""
BUTTONS_MAX = 10
"""Most buttons of a template (Cloud API docs: template components)."""

_FIRST_TEMPLATE_ID = 594425479261000
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_STOP_WORDS = re.compile(r"stop|unsubscribe|opt.?out|d[ée]sabonn|arr[êe]t|إلغاء|إيقاف|توقف", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button of a template."""

    kind: str
    text: str
    url: str = ""

    @property
    def takes_suffix(self) -> bool:
        """Whether the URL ends in a variable that each send fills in."""
        return "{{" in self.url

    @property
    def is_stop(self) -> bool:
        """Whether a person would read the button as a way to stop."""
        return self.kind == "QUICK_REPLY" and _STOP_WORDS.search(self.text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template in one language (Cloud API docs: message templates)."""

    template_id: str
    name: str
    language: str
    category: str
    status: str
    components: Sequence[JsonObject]
    header_format: str | None = None
    header_text: str = ""
    header_variables: tuple[str, ...] = ()
    body_text: str = ""
    body_variables: tuple[str, ...] = ()
    footer_text: str = ""
    buttons: tuple[Button, ...] = ()
    parameter_format: str = "POSITIONAL"

    @property
    def is_marketing(self) -> bool:
        """Whether the template is of category MARKETING."""
        return self.category == "MARKETING"

    def event_fields(self) -> JsonObject:
        """Return the fields by which template webhooks name a template; the id is a number there."""
        return {
            "message_template_id": int(self.template_id),
            "message_template_name": self.name,
            "message_template_language": self.language,
        }

    def as_json(self) -> JsonObject:
        """Return the node as the management API lists it."""
        return {
            "id": self.template_id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": list(self.components),
            "quality_score": {"score": "GREEN"},
        }


@dataclass(slots=True)
class TemplateBook:
    """The templates of the account by name and language."""

    _by_key: dict[tuple[str, str], Template] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Template]:
        """Yield the templates in the order they were registered."""
        return iter(self._by_key.values())

    def find(self, name: str, language: str) -> Template | None:
        """Return the template or None; a language has no fallback (Cloud API docs: template message)."""
        return self._by_key.get((name, language))

    def has_name(self, name: str) -> bool:
        """Return whether the name exists in any language."""
        return name in self._names

    def put(self, template: Template) -> None:
        """Register or replace a template."""
        self._by_key[template.name, template.language] = template
        self._names.add(template.name)

    def remove(self, name: str) -> int:
        """Remove a name in all its languages and return how many were removed."""
        keys = [key for key in self._by_key if key[0] == name]
        for key in keys:
            del self._by_key[key]
        self._names.discard(name)
        return len(keys)

    def clear(self) -> None:
        """Remove all templates."""
        self._by_key.clear()
        self._names.clear()


def new_template_id(count: int) -> str:
    """Return the id of the `count`-th template: digits, as Meta's."""
    return str(_FIRST_TEMPLATE_ID + count)


def read_template(row: Mapping[str, Any], *, template_id: str, status: str) -> Template:
    """Return the template a registration describes.

    `row` holds name, language, category, components and perhaps parameter_format and status, as in Meta's
    creation request. Raises ValueError naming the wrong field.
    """
    name, language, category = row.get("name"), row.get("language"), row.get("category", "MARKETING")
    status = row.get("status", status)
    components = row.get("components")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        message = "name: expected up to 512 lowercase letters, digits and _"
        raise ValueError(message)
    if not isinstance(language, str) or not language:
        message = "language: expected a code such as en_US"
        raise ValueError(message)
    if category not in CATEGORIES:
        message = f"category: expected one of {', '.join(sorted(CATEGORIES))}"
        raise ValueError(message)
    if status not in STATUSES:
        message = f"status: expected one of {', '.join(sorted(STATUSES))}"
        raise ValueError(message)
    if not isinstance(components, list) or not all(isinstance(item, dict) for item in components):
        message = "components: expected a list of objects"
        raise ValueError(message)
    return Template(
        template_id=template_id,
        name=name,
        language=language,
        category=category,
        status=status,
        components=components,
        parameter_format=str(row.get("parameter_format", "POSITIONAL")).upper(),
        **_parts(components),
    )


def _parts(components: Sequence[JsonObject]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for component in components:
        text = str(component.get("text", ""))
        match str(component.get("type", "")).upper():
            case "HEADER":
                parts["header_format"] = str(component.get("format", "TEXT")).upper()
                parts["header_text"] = text
                parts["header_variables"] = variables_of(text)
            case "BODY":
                if not 0 < len(text) <= BODY_CHARACTERS_MAX:
                    message = f"components: BODY text must have 1 to {BODY_CHARACTERS_MAX} characters"
                    raise ValueError(message)
                parts["body_text"] = text
                parts["body_variables"] = variables_of(text)
            case "FOOTER":
                parts["footer_text"] = text
            case "BUTTONS":
                parts["buttons"] = _buttons(component.get("buttons"))
            case _:
                # Carousels, limited-time offers and the like are kept as they came, unchecked.
                pass
    if "body_text" not in parts:
        message = "components: a BODY is required"
        raise ValueError(message)
    return parts


def _buttons(rows: object) -> tuple[Button, ...]:
    if (
        not isinstance(rows, list)
        or len(rows) > BUTTONS_MAX
        or not all(isinstance(row, dict) for row in rows)
    ):
        message = f"components: BUTTONS must hold a list of at most {BUTTONS_MAX} objects"
        raise ValueError(message)
    return tuple(
        Button(
            kind=str(row.get("type", "")).upper(), text=str(row.get("text", "")), url=str(row.get("url", ""))
        )
        for row in rows
    )


def variables_of(text: str) -> tuple[str, ...]:
    """Return the variable names of a text in order of first appearance."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables replaced."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
