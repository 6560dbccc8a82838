"""Templates as one of Meta's accounts lists them, and what changed since the last reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulecast.template.parts import Parts
from rulecast.values.ids import TemplateId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """One row of an account's listing, in the words of the workspace."""

    waba_id: str
    meta_id: str
    name: str
    language: str
    status: str
    category: str
    components: tuple[Mapping[str, Any], ...]
    parts: Parts
    parameter_format: str
    quality: str
    correct_category: str
    previous_category: str
    rejected_reason: str
    ttl_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """One thing a reading found: `adopted`, `deleted`, `differs`, `same again`, or the field that changed."""

    kind: str
    name: str
    language: str
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The copy of a template in one account."""

    waba_id: str
    meta_id: str
    template_id: TemplateId
    status: str
    category: str
    quality: str
    correct_category: str
    rejected_reason: str
    is_same: bool
    components: list[dict[str, Any]]
    ttl_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """When an account was read last, and until when Meta wants no further question."""

    waba_id: str
    read_at: datetime | None
    blocked_until: datetime | None
    template_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedChange:
    """A change that was asked of Meta; `was_status` is what the template was then."""

    kind: str
    was_status: str
    changed_at: datetime
