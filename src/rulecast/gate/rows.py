"""Rows of the gate, as the database gives and takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rulecast.values.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """The facts about one person and message, as the database gives them."""

    message_id: int
    contact_id: int
    is_restricted: bool
    objects_to_profiling: bool
    is_reachable: bool
    birth_date: str | None
    country: str
    zone: str
    # What the person named for themselves: `from-until`, either side empty; empty where nothing.
    quiet_hours: str
    consent_id: int | None
    status: str | None
    is_proven: bool | None
    effective_at: datetime | None
    wording_version: str | None
    stops: list[str]
    granted: list[datetime]
    rules: list[str]
    purposes: list[str]
    is_counted: bool
    in_holdout: bool | None
    price_e4: int | None
    lost_to: str | None
    lost_by: int
    lost_by_score: float
    lookups: list[bytes] = field(repr=False)
    rests: list[str]
    is_in_window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRow:
    """The facts that concern no single person; `archived` holds when versions were archived, in seconds since 1970."""

    business_number_id: str
    state: str
    portfolio_id: str
    people_per_day_max: int | None
    told_people_per_day_max: int | None
    stops: list[str]
    holds: list[str]
    archived: Mapping[str, float]
    sending_policy: str | None
    # Where the account's months change; empty where Meta has not told.
    billing_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsRow:
    """What a run was approved with."""

    run_id: int
    plan_id: int
    rule_name: str
    is_test: bool
    launched_at: datetime
    step: int
    first_run_id: int
    rule_version_id: int
    purpose: str
    evaluated_at: datetime
    expires_at: datetime
    document: dict[str, Any]
    rule_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRow:
    """What became of the message before a step, and whether the person has answered anything since the first one."""

    contact_id: int
    first_accepted_at: datetime
    was_delivered: bool
    was_read: bool
    was_clicked: bool
    has_failed: bool
    has_replied: bool
    has_opted_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingNumberRow:
    """What of a business number shapes its requests."""

    portfolio_id: str
    marketing_messages: bool


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """Address and values of one person, sealed where they are personal."""

    contact_id: int
    kind: str | None
    lookup: bytes | None = field(repr=False)
    sealed_value: bytes | None = field(repr=False)
    sealed_attributes: bytes | None = field(repr=False)
    attributes: str = field(repr=False)
    country: str
    language: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PermitRow:
    """One permit to be written; `consent_id` 0 where the purpose needs none, `budget_month` where a month pays."""

    message_id: int
    contact_id: int
    plan_id: int
    rule_name: str
    rule_version_id: int
    category: str
    purpose: str
    consent_id: int
    is_test: bool
    price_e4: int
    budget_month: date | None
    step: int
    is_in_window: bool


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One verdict to be written; `facts` is JSON text."""

    message_id: int
    contact_id: int
    outcome: str
    reason: str
    deferred_until: datetime | None
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A template as it stands; `correct_category` is what Meta says it should count as, or empty.

    Files of its messages count where they were uploaded after `files_since`.
    """

    template_id: int
    status: str
    category: str
    correct_category: str
    paused_until: datetime | None
    components_hash: bytes
    quality: str
    files_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedRow:
    """A message with a live permit, as far as its price goes; `at` is when it was let through."""

    message_id: int
    country: str
    category: str
    price_e4: int
    at: datetime
    business_number_id: str = ""
