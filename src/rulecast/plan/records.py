"""A plan, the decision on each of its people, and what they are decided by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rulecast.plan.hours import OpenHours
from rulecast.values.ids import BusinessNumberId, ContactId, PlanId, RuleVersionId, TemplateId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stored plan: everything it shows in `document`, and a hash over that and over every decision."""

    plan_id: PlanId
    rule_version_id: RuleVersionId
    rule_name: str
    purpose: str
    state: str
    evaluated_at: datetime
    as_of: datetime | None
    known_at: datetime | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    business_number_id: BusinessNumberId
    document: Mapping[str, Any]
    content_hash: bytes
    previous_plan_id: PlanId | None
    is_test: bool
    author: str
    approved_by: str
    signature: bytes | None = field(repr=False)

    @property
    def is_of_past(self) -> bool:
        """Return whether the plan shows what would have been at an earlier time."""
        return self.as_of is not None or self.known_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The decision on one person of the audience; `reason_number` 0 is planned, unless a launch since lost them."""

    plan_id: PlanId
    contact_id: ContactId
    reason_number: int
    template_id: TemplateId
    batch: int
    send_from: datetime
    send_until: datetime
    lost_to_plan_id: int
    margin: int
    score_margin: float
    in_holdout: bool
    variant: str
    price_e4: int
    decision_day: date
    # The form of the file: empty is in full, or no file where the template shows none.
    media: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """What depends on a person's country, language, zone, own quiet hours, variant and form of the file alone."""

    country: str
    language: str
    zone: str
    quiet_hours: str
    variant: str
    media: str
    template_id: TemplateId
    template_reason: int
    hours_reason: int
    send_from: datetime
    send_until: datetime
    decision_day: date
    day_ends_at: datetime
    price_e4: int
    latest_birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LateSend:
    """From when on people of a country, zone and own quiet hours can be written to by a late launch, and the day."""

    country: str
    zone: str
    quiet_hours: str
    send_from: datetime
    decision_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """So many messages that may start at one instant, until another; in `hours` of their own where they are known."""

    send_from: datetime
    send_until: datetime
    batch: int
    messages: int
    hours: OpenHours | None = None

    def span_from(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Return when these messages may go next, from an instant on; None where that is never."""
        at = max(at, self.send_from)
        found = (at, self.send_until) if self.hours is None else self.hours.span_from(at)
        if found is None or max(at, found[0]) >= self.send_until:
            return None
        return max(at, found[0]), min(found[1], self.send_until)
