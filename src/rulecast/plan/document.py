"""What a plan shows, as one document: the waterfall, cost, calendar, samples and findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rulecast.plan.calendar import Calendar
from rulecast.template import ContentFinding, MessageTemplate
from rulecast.values.ids import PlanId, TemplateId
from rulecast.values.reason import DESCRIPTIONS, NUMBERS, Reason

FORMAT = 1
PLANNED = 0

WATERFALL: tuple[Reason, ...] = (
    Reason.NO_CONSENT,
    Reason.CONSENT_WITHDRAWN,
    Reason.UNPROVEN_CONSENT,
    Reason.CONSENT_EXPIRED,
    Reason.SUPPRESSED,
    Reason.OPTED_OUT,
    Reason.OBJECTS_TO_PROFILING,
    Reason.UNDER_AGE,
    Reason.RESTRICTED,
    Reason.UNREACHABLE,
    Reason.UNDELIVERABLE,
    Reason.MARKETING_RESTS,
    Reason.MISSING_TRANSLATION,
    Reason.TEMPLATE_UNUSABLE,
    Reason.NOT_DELIVERED_THERE,
    Reason.MISSING_PARAMETER,
    Reason.ALREADY_IN_RUN,
    Reason.LOST_TO_RULE,
    Reason.HOLDOUT,
    Reason.LIMIT,
    Reason.WORKSPACE_LIMIT,
    Reason.CAPPED,
    Reason.NOT_VALID,
    Reason.QUIET_HOURS,
    Reason.PUBLIC_HOLIDAY,
    Reason.OUTSIDE_WINDOW,
    Reason.BUDGET,
    Reason.PORTFOLIO_LIMIT,
    Reason.COUPON_POOL_LOW,
)
"""The exclusions of a plan, in the order in which they are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted of a stored plan."""

    reasons: Mapping[int, int]
    losses: Sequence[tuple[int, int, bool, int]]
    rule_names: Mapping[int, str]
    arms: Sequence[tuple[bool, str, int, int]]
    messages: Sequence[tuple[str, int, str, int, int]]
    templates: Mapping[TemplateId, MessageTemplate]
    calendar: Calendar | None
    sends_until: datetime | None
    samples: Sequence[Mapping[str, Any]]
    findings: Sequence[ContentFinding]
    previous: tuple[PlanId, int, int] | None


def waterfall(reasons: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the exclusions that happened, in order, with their sentence."""
    return [
        {"reason": reason.value, "count": count, "means": DESCRIPTIONS[reason]}
        for reason in WATERFALL
        if (count := reasons.get(NUMBERS[reason], 0))
    ]


def build_document(terms: Mapping[str, Any], figures: Figures) -> dict[str, Any]:
    """Return the document of a plan: the terms it was made under, and what came of it.

    Only JSON values; no personal data: people are counted, samples are masked.
    """
    return {
        "format": FORMAT,
        **terms,
        "audience": sum(figures.reasons.values()),
        "planned": figures.reasons.get(PLANNED, 0),
        "exclusions": waterfall(figures.reasons),
        "lost_to": [
            {
                "plan_id": plan_id,
                "rule": figures.rule_names.get(plan_id, ""),
                "margin": margin,
                "by_score": is_by_score,
                "count": count,
            }
            for plan_id, margin, is_by_score, count in figures.losses
        ],
        "arms": [
            {"holdout": in_holdout, "variant": variant, "audience": people, "planned": planned}
            for in_holdout, variant, people, planned in figures.arms
        ],
        "messages": [_messages(figures.templates, row) for row in figures.messages],
        "cost_e4": sum(row[-1] for row in figures.messages),
        "calendar": None if figures.calendar is None else _calendar(figures.calendar),
        # What is carried over goes on after the plan can no longer be launched.
        "sends_until": instant(figures.sends_until),
        "samples": list(figures.samples),
        "findings": _findings(figures.findings),
        "template_hashes": {
            str(template_id): template.components_hash.hex()
            for template_id, template in sorted(figures.templates.items())
        },
        "difference": None
        if figures.previous is None
        else {"plan_id": figures.previous[0], "in": figures.previous[1], "out": figures.previous[2]},
    }


def instant(at: datetime | None) -> str | None:
    """Return an instant as the document holds it."""
    return None if at is None else at.isoformat()


def _messages(
    templates: Mapping[TemplateId, MessageTemplate], row: tuple[str, int, str, int, int]
) -> dict[str, Any]:
    country, template_id, variant, count, cost_e4 = row
    template = templates[TemplateId(template_id)]
    return {
        "country": country,
        "language": template.language,
        "template": template.name,
        "category": template.category,
        "variant": variant,
        "count": count,
        "cost_e4": cost_e4,
    }


def _calendar(calendar: Calendar) -> dict[str, Any]:
    return {
        "binding_limit": calendar.binding_limit,
        "starts_at": instant(calendar.starts_at),
        "finishes_at": instant(calendar.finishes_at),
        "messages_too_late": calendar.messages_too_late,
    }


def _findings(findings: Iterable[ContentFinding]) -> list[dict[str, str]]:
    unique = {(one.code, one.severity, one.message) for one in findings}
    return [
        {"code": code, "severity": severity, "message": message} for code, severity, message in sorted(unique)
    ]
