"""The facts of a decision as a verdict keeps them."""

from datetime import datetime, timedelta

import msgspec

from rulecast.policy import Facts, local_clock
from rulecast.policy.facts import ConsentState, TemplateState, Use
from rulecast.policy.local_time import CLOSED_DAYS_MARGIN, SEARCH_DAYS_MAX, QuietHours, SendingWindow
from rulecast.values.reason import Reason

_ENCODER = msgspec.json.Encoder()


NO_ZONE = "UTC"
"""Stands where the zone of the workspace had no part in the clock of a person."""


def facts_json(facts: Facts, *, zone: str, country: str, now: datetime, problem: Reason | None = None) -> str:
    """Return what a verdict keeps: every fact, the clock as zone and country, offsets by name only.

    `problem` is why no request could be made. `replay_verdict` decides on what stands here again (P15).
    """
    template = facts.template
    return _ENCODER.encode(
        {
            "purpose": facts.purpose.value,
            "lease_held": facts.lease_held,
            "stops": sorted(facts.stops),
            "is_archived": facts.is_archived,
            "plan_expires_at": facts.plan_expires_at,
            "number_state": facts.number_state,
            "holds": [[one.kind, one.cause, one.until] for one in facts.holds],
            "consent": None if facts.consent is None else _consent_json(facts.consent),
            "suppressions": [[one.scope, one.cause] for one in facts.suppressions],
            "objects_to_profiling": facts.objects_to_profiling,
            "reads_behaviour": facts.reads_behaviour,
            "birth_date": facts.birth_date,
            "age_minimum": facts.age_minimum,
            "is_restricted": facts.is_restricted,
            "is_reachable": facts.is_reachable,
            "template": None if template is None else _template_json(template),
            "has_all_parameters": facts.has_all_parameters,
            "matches": facts.matches,
            "lost_to": None
            if facts.lost_to is None
            # JSON knows no infinite number: a margin over nothing is null.
            else [facts.lost_to.rule_name, facts.lost_to.margin, facts.lost_to.score_margin],
            "in_holdout": facts.in_holdout,
            "rule_limit": None if facts.rule_limit is None else _use(facts.rule_limit),
            "caps": [_use(one) for one in facts.caps],
            "zone": zone,
            "country": country,
            "quiet_hours": None if facts.quiet_hours is None else _quiet_json(facts.quiet_hours),
            "workspace_limit": None if facts.workspace_limit is None else _use(facts.workspace_limit),
            "valid": [facts.valid_from, facts.valid_until],
            "window": None if facts.window is None else _window_json(facts.window, now),
            "send_until": facts.send_until,
            "price_e4": facts.price_e4,
            "budget_left_e4": facts.budget_left_e4,
            **_coupon_json(facts),
            **_platform_json(facts),
            **_exceptions_json(facts, zone, country, problem),
            "unknown": sorted(facts.unknown),
        }
    ).decode()


def _coupon_json(facts: Facts) -> dict[str, object]:
    """Return what stands about the code of a message that holds one."""
    found: dict[str, object] = {"is_coupon_spent": True} if facts.is_coupon_spent else {}
    return found if facts.coupons_left is None else {**found, "coupons_left": facts.coupons_left}


def _platform_json(facts: Facts) -> dict[str, object]:
    """Return what Meta's own ways say about a message; the window matters to replies alone."""
    return {
        "rests": [[one.kind, one.code, one.until] for one in facts.rests],
        "is_delivered_there": facts.is_delivered_there,
        "ramp_next_at": facts.ramp_next_at,
        "portfolio_left": facts.portfolio_left,
        **({"is_in_window": facts.is_in_window} if facts.is_reply else {}),
        **({} if facts.warm_up_left is None else {"warm_up_left": facts.warm_up_left}),
        **({} if facts.portfolio_free_at is None else {"portfolio_free_at": facts.portfolio_free_at}),
    }


def _exceptions_json(facts: Facts, zone: str, country: str, problem: Reason | None) -> dict[str, object]:
    """Return what is rare: the workspace's zone in the place of the person's, and that there was no request."""
    found: dict[str, object] = {} if problem is None else {"problem": problem.value}
    clock = facts.local_clock
    if local_clock(zone, country, workspace_zone=NO_ZONE).zones != clock.zones:
        found["fallback_zone"] = clock.zones[0].zone
    return found


def _template_json(template: TemplateState) -> list[object]:
    return [
        template.status,
        template.category,
        template.has_opt_out,
        template.is_unchanged,
        template.counted_as,
        template.paused_until,
    ]


def _consent_json(consent: ConsentState) -> list[object]:
    return [consent.consent_id, consent.status.value, consent.is_proven, consent.is_expired]


def _window_json(window: SendingWindow, now: datetime) -> list[object]:
    """Return days, minutes, and the closed days near enough to have mattered; None where nobody knows them."""
    margin = timedelta(days=CLOSED_DAYS_MARGIN)
    first, last = (now - margin).date(), (now + timedelta(days=SEARCH_DAYS_MAX) + margin).date()
    closed = window.closed_days
    near = None if closed is None else sorted(day for day in closed if first <= day <= last)
    return [sorted(window.weekdays), window.start_minute, window.end_minute, near]


def _quiet_json(hours: QuietHours) -> list[int]:
    """Return the minutes of the workspace's hours, and after them those of the person's own where they named some."""
    own = [] if hours.own is None else [hours.own.start_minute, hours.own.end_minute]
    return [hours.start_minute, hours.end_minute, *own]


def _use(use: Use) -> list[int]:
    return [use.count_max, use.window_hours, use.used]
