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
NAME = re.compile(r"[a-z0-9_]{1,512}")
"""What a template may be called (platform reference 8.1)."""
NAME_LOCK_SECONDS = 30 * 86_400
"""Virtual seconds the name of a deleted approved template stays taken (platform reference 8.1)."""
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_CODE_BODY = "*{{1}}* is your verification code."
_STOP_WORDS = re.compile(r"stop|unsubscribe|opt.?out|d[ée]sabonn|arr[êe]t|إلغاء|إيقاف|توقف", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button of a template; `otp_kind` is the way an OTP button hands over its code."""

    kind: str
    text: str
    url: str = ""
    otp_kind: str = ""

    @property
    def takes_suffix(self) -> bool:
        """Whether the URL ends in a variable that each send fills in."""
        return "{{" in self.url

    @property
    def needs_parameter(self) -> bool:
        """Whether a send must fill the button: a URL with a variable, a one-time code, a coupon."""
        return self.takes_suffix or self.kind in ("OTP", "COPY_CODE")

    @property
    def is_stop(self) -> bool:
        """Whether a person would read the button as a way to stop."""
        return self.kind == "QUICK_REPLY" and _STOP_WORDS.search(self.text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of a carousel (platform reference 8.1)."""

    header_format: str = "IMAGE"
    body_text: str = ""
    body_variables: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template in one language (platform reference 8.1); times are virtual seconds, 0 for never.

    `offer_expires` is None without a limited-time offer, else whether each send names its end.
    """

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
    cards: tuple[Card, ...] = ()
    offer_expires: bool | None = None
    parameter_format: str = "POSITIONAL"
    quality: str = "GREEN"
    previous_category: str | None = None
    correct_category: str | None = None
    sub_category: str | None = None
    rejected_reason: str = "NONE"
    paused_at: float = 0.0
    created_at: float = 0.0
    approved_at: float = 0.0
    edited_at: tuple[float, ...] = ()
    ttl_seconds: int | None = None
    library_template_name: str | None = None
    creative_features: JsonObject | None = None

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
        """Return every field of the node, as the management API names them (platform reference 8.1)."""
        return {
            "id": self.template_id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "sub_category": self.sub_category,
            "previous_category": self.previous_category,
            "correct_category": self.correct_category,
            "parameter_format": self.parameter_format,
            "components": list(self.components),
            "quality_score": {"score": self.quality, "date": int(self.created_at)},
            "rejected_reason": self.rejected_reason,
            "message_send_ttl_seconds": self.ttl_seconds,
            "library_template_name": self.library_template_name,
            "degrees_of_freedom_spec": self.creative_features,
            "cta_url_link_tracking_opted_out": False,
        }


@dataclass(slots=True)
class TemplateBook:
    """The templates of the account by name and language."""

    _by_key: dict[tuple[str, str], Template] = field(default_factory=dict)
    _by_id: dict[str, Template] = field(default_factory=dict)
    _deleted: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Template]:
        """Yield the templates in the order they were registered."""
        return iter(self._by_key.values())

    def __len__(self) -> int:
        """Return how many there are, each language counted (platform reference 4.8)."""
        return len(self._by_key)

    def find(self, name: str, language: str) -> Template | None:
        """Return the template or None; a language has no fallback (Cloud API docs: template message)."""
        return self._by_key.get((name, language))

    def find_id(self, template_id: str) -> Template | None:
        """Return the template of an id, or None."""
        return self._by_id.get(template_id)

    def languages_of(self, name: str) -> list[Template]:
        """Return the templates of a name in every language."""
        return [template for template in self._by_key.values() if template.name == name]

    def put(self, template: Template) -> None:
        """Register or replace a template."""
        before = self._by_key.get((template.name, template.language))
        if before is not None:
            self._by_id.pop(before.template_id, None)
        self._by_key[template.name, template.language] = template
        self._by_id[template.template_id] = template

    def remove(self, template: Template, now: float = 0.0) -> None:
        """Remove one language; the name of an approved one stays taken for a while."""
        self._by_key.pop((template.name, template.language), None)
        self._by_id.pop(template.template_id, None)
        if template.approved_at:
            self._deleted[template.name] = now

    def is_locked(self, name: str, now: float) -> bool:
        """Return whether a name was an approved template's, deleted too short a time ago to be used again."""
        deleted_at = self._deleted.get(name)
        return deleted_at is not None and now < deleted_at + NAME_LOCK_SECONDS

    def clear(self) -> None:
        """Remove all templates."""
        self._by_key.clear()
        self._by_id.clear()
        self._deleted.clear()


def new_template_id(count: int) -> str:
    """Return the id of the `count`-th template: digits, as Meta's."""
    return str(_FIRST_TEMPLATE_ID + count)


def read_template(row: Mapping[str, Any], *, template_id: str, status: str) -> Template:
    """Return the template a registration describes, its texts and counts unchecked.

    `row` holds name, language, category, components and perhaps parameter_format and status, as in Meta's
    creation request. Raises ValueError naming the wrong field.
    """
    category = row.get("category", "MARKETING")
    status = row.get("status", status)
    components = row.get("components")
    _check_head(row, category, status)
    if not isinstance(components, list) or not all(isinstance(item, dict) for item in components):
        message = "components: expected a list of objects"
        raise ValueError(message)
    parts = read_parts(components, is_code=category == "AUTHENTICATION")
    if "body_text" not in parts:
        message = "components: a BODY is required"
        raise ValueError(message)
    return Template(
        template_id=template_id,
        name=str(row["name"]),
        language=str(row["language"]),
        category=category,
        status=status,
        components=components,
        parameter_format=str(row.get("parameter_format") or "POSITIONAL").upper(),
        ttl_seconds=row.get("message_send_ttl_seconds"),
        creative_features=row.get("degrees_of_freedom_spec"),
        sub_category=row.get("sub_category"),
        **parts,
    )


def _check_head(row: Mapping[str, Any], category: object, status: object) -> None:
    name, language = row.get("name"), row.get("language")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        message = "name: expected up to 512 lowercase letters, digits and _"
        raise ValueError(message)
    if not isinstance(language, str) or not language:
        message = "language: expected a code such as en_US"
        raise ValueError(message)
    if not isinstance(category, str) or category not in CATEGORIES:
        message = f"category: expected one of {', '.join(sorted(CATEGORIES))}"
        raise ValueError(message)
    if not isinstance(status, str) or status not in STATUSES:
        message = f"status: expected one of {', '.join(sorted(STATUSES))}"
        raise ValueError(message)


def read_parts(components: Sequence[JsonObject], *, is_code: bool = False) -> dict[str, Any]:
    """Return the fields of a template that its components hold; raises ValueError naming the wrong one.

    With `is_code` a BODY without text gets the platform's own wording of a one-time code.
    """
    parts: dict[str, Any] = {}
    for component in components:
        text = str(component.get("text") or "")
        match str(component.get("type", "")).upper():
            case "HEADER":
                parts["header_format"] = str(component.get("format", "TEXT")).upper()
                parts["header_text"] = text
                parts["header_variables"] = variables_of(text)
            case "BODY":
                text = text or (_CODE_BODY if is_code else "")
                if not 0 < len(text) <= BODY_CHARACTERS_MAX:
                    message = f"components: BODY text must have 1 to {BODY_CHARACTERS_MAX} characters"
                    raise ValueError(message)
                parts["body_text"] = text
                parts["body_variables"] = variables_of(text)
            case "FOOTER":
                parts["footer_text"] = text
            case "BUTTONS":
                parts["buttons"] = read_buttons(component.get("buttons"))
            case "CAROUSEL":
                parts["cards"] = tuple(_card(card) for card in objects(component.get("cards"), "cards"))
            case "LIMITED_TIME_OFFER":
                offer = component.get("limited_time_offer")
                parts["offer_expires"] = bool(isinstance(offer, dict) and offer.get("has_expiration"))
            case _:
                # Kinds of the future are kept as they came, unchecked.
                pass
    return parts


def _card(row: JsonObject) -> Card:
    parts = read_parts(objects(row.get("components"), "cards.components"))
    return Card(
        header_format=parts.get("header_format") or "IMAGE",
        body_text=parts.get("body_text", ""),
        body_variables=parts.get("body_variables", ()),
        buttons=parts.get("buttons", ()),
    )


def objects(value: object, place: str) -> list[JsonObject]:
    """Return `value` as a list of objects; raises ValueError."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        message = f"components: {place} must be a list of objects"
        raise ValueError(message)
    return value


def read_buttons(rows: object) -> tuple[Button, ...]:
    """Return the buttons of a component; raises ValueError."""
    read = objects(rows, "BUTTONS")
    if len(read) > BUTTONS_MAX:
        message = f"components: BUTTONS must hold a list of at most {BUTTONS_MAX} objects"
        raise ValueError(message)
    return tuple(
        Button(
            kind=str(row.get("type", "")).upper(),
            text=str(row.get("text") or ""),
            url=str(row.get("url") or ""),
            otp_kind=str(row.get("otp_type") or ""),
        )
        for row in read
    )


def variables_of(text: str) -> tuple[str, ...]:
    """Return the variable names of a text in order of first appearance."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables replaced."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
