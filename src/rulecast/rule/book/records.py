"""A rule as kept: its versions, the steps of each, and what was signed for those that run by themselves."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rulecast.rule.book.states import RuleState
from rulecast.values.ids import PlanId, RuleVersionId, StandingApprovalId


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule: its canonical text, who saved it, and when."""

    rule_version_id: RuleVersionId
    rule_name: str
    version: int
    text: str
    content_hash: bytes
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """One version with the state it is in; `held_from` is set while it is held."""

    rule_version_id: RuleVersionId
    rule_name: str
    version: int
    text: str
    content_hash: bytes
    author: str
    created_at: datetime
    is_head: bool
    state: RuleState
    held_from: RuleState | None
    reason: str
    why: str
    since: datetime
    activated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How far a rule may go by itself: people, cost per run in minor units, sensitive fields, an end."""

    people_per_run: int
    people_per_day: int
    cost_per_run: int
    currency: str
    sensitive_fields: tuple[str, ...]
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingApproval:
    """What somebody signed: a version by its hash, its templates by theirs, the purpose and the envelope."""

    standing_approval_id: StandingApprovalId
    rule_version_id: RuleVersionId
    rule_hash: bytes
    template_hashes: Mapping[str, str]
    purpose: str
    envelope: Envelope
    approved_by: str
    approved_at: datetime
    signature: bytes = field(repr=False)

    @property
    def signed_text(self) -> bytes:
        """Return what the signature is over, as canonical JSON."""
        return signed_text(
            rule_version_id=self.rule_version_id,
            rule_hash=self.rule_hash,
            template_hashes=self.template_hashes,
            purpose=self.purpose,
            envelope=self.envelope,
            approved_by=self.approved_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRule:
    """A version that may start runs, with the approval under which it does."""

    rule_name: str
    rule_version_id: RuleVersionId
    version: int
    text: str
    activated_at: datetime
    approval: StandingApproval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """What the runs of a rule used of one local day; money in minor units times 10^4."""

    runs: int = 0
    people: int = 0
    cost_e4: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step in the life of a version."""

    rule_version_id: RuleVersionId
    version: int
    act: str
    from_state: str
    state: str
    reason: str
    why: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRun:
    """The run of a version for one local day; `outcome` open means that it is being planned."""

    rule_version_id: RuleVersionId
    rule_name: str
    run_day: date
    due_at: datetime
    plan_id: PlanId | None
    outcome: str
    detail: str


def content_hash(canonical_text: str) -> bytes:
    """Return the SHA-256 of a rule's canonical text: 32 bytes."""
    return hashlib.sha256(canonical_text.encode()).digest()


def signed_text(
    *,
    rule_version_id: RuleVersionId,
    rule_hash: bytes,
    template_hashes: Mapping[str, str],
    purpose: str,
    envelope: Envelope,
    approved_by: str,
) -> bytes:
    """Return what a standing approval signs, as canonical JSON."""
    return json.dumps(
        {
            "rule_version": rule_version_id,
            "rule_hash": rule_hash.hex(),
            "templates": dict(template_hashes),
            "purpose": purpose,
            "people_per_run": envelope.people_per_run,
            "people_per_day": envelope.people_per_day,
            "cost_per_run": envelope.cost_per_run,
            "currency": envelope.currency,
            "sensitive_fields": sorted(envelope.sensitive_fields),
            "valid_until": int(envelope.valid_until.timestamp()),
            "approved_by": approved_by,
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
