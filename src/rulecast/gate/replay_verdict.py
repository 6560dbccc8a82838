"""A stored verdict decided again from the facts it keeps: the same facts give the same answer (P15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import inf
from typing import Any

import msgspec

from rulecast.gate.verdict_json import NO_ZONE
from rulecast.gate.without_request import when_without_request
from rulecast.policy import Allowed, Deferred, Denied, Facts, decide, local_clock
from rulecast.policy.facts import (
    ConsentState,
    HoldState,
    LostTo,
    RestState,
    SuppressionState,
    TemplateState,
    Use,
)
from rulecast.policy.local_time import QuietHours, SendingWindow
from rulecast.values.ids import ConsentId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.reason import Reason

_DECODER = msgspec.json.Decoder(dict[str, Any])
_PLAIN = (
    "lease_held",
    "is_archived",
    "number_state",
    "objects_to_profiling",
    "reads_behaviour",
    "age_minimum",
    "is_restricted",
    "is_reachable",
    "has_all_parameters",
    "matches",
    "in_holdout",
    "price_e4",
    "budget_left_e4",
    "portfolio_left",
    "is_delivered_there",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decision came to, in the words of the ledger; `until` is None unless it is put off."""

    outcome: str
    reason: str
    until: datetime | None


def replay_verdict(facts_text: str, decided_at: datetime) -> Answer:
    """Decide again on the facts of a verdict, at its instant; pure.

    Raises:
        KeyError: the verdict was written before every fact was kept.
        msgspec.DecodeError: the text is not JSON.
    """
    data = _DECODER.decode(facts_text)
    match decide(_facts(data), decided_at):
        case Denied(reason=reason):
            return Answer("denied", reason.value, None)
        case Deferred(reason=reason, until=until):
            return Answer("deferred", reason.value, until)
        case Allowed():
            if not data.get("problem"):
                return Answer("allowed", "", None)
            told, again_at = when_without_request(Reason(data["problem"]), decided_at)
            return Answer("denied" if again_at is None else "deferred", told.value, again_at)


def _facts(data: Mapping[str, Any]) -> Facts:
    """Return the facts as they were when the decision was made."""
    valid_from, valid_until = data["valid"]
    return Facts(
        **{name: data[name] for name in _PLAIN},
        purpose=Purpose(data["purpose"]),
        stops=frozenset(data["stops"]),
        plan_expires_at=_instant(data["plan_expires_at"]),
        holds=tuple(
            HoldState(kind=kind, cause=cause, until=_maybe(until)) for kind, cause, until in data["holds"]
        ),
        consent=None if data["consent"] is None else _consent(*data["consent"]),
        suppressions=tuple(
            SuppressionState(scope=scope, cause=cause) for scope, cause in data["suppressions"]
        ),
        birth_date=None if data["birth_date"] is None else date.fromisoformat(data["birth_date"]),
        template=None if data["template"] is None else _template(*data["template"]),
        lost_to=None if data["lost_to"] is None else _lost_to(*data["lost_to"]),
        rule_limit=_use(data["rule_limit"]),
        workspace_limit=_use(data["workspace_limit"]),
        caps=tuple(Use(count_max=one[0], window_hours=one[1], used=one[2]) for one in data["caps"]),
        valid_from=_maybe(valid_from),
        valid_until=_maybe(valid_until),
        local_clock=local_clock(
            data["zone"], data["country"], workspace_zone=data.get("fallback_zone", NO_ZONE)
        ),
        quiet_hours=None if data["quiet_hours"] is None else _quiet_hours(*data["quiet_hours"]),
        window=None if data["window"] is None else _window(*data["window"]),
        send_until=_instant(data["send_until"]),
        rests=tuple(
            RestState(kind=kind, code=code, until=_instant(until)) for kind, code, until in data["rests"]
        ),
        ramp_next_at=_maybe(data["ramp_next_at"]),
        warm_up_left=data.get("warm_up_left"),
        portfolio_free_at=_maybe(data.get("portfolio_free_at")),
        coupons_left=data.get("coupons_left"),
        is_coupon_spent=data.get("is_coupon_spent", False),
        is_reply="is_in_window" in data,
        is_in_window=data.get("is_in_window", False),
        unknown=frozenset(data["unknown"]),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)


def _consent(consent_id: int, status: str, is_proven: bool, is_expired: bool) -> ConsentState:  # noqa: FBT001 - a row of the ledger
    return ConsentState(
        consent_id=ConsentId(consent_id),
        status=ConsentStatus(status),
        is_proven=is_proven,
        is_expired=is_expired,
    )


def _template(*kept: Any) -> TemplateState:
    status, category, has_opt_out, is_unchanged, counted_as, paused_until = kept
    return TemplateState(
        status=status,
        category=category,
        has_opt_out=has_opt_out,
        is_unchanged=is_unchanged,
        counted_as=counted_as,
        paused_until=_maybe(paused_until),
    )


def _lost_to(rule_name: str, margin: int, score_margin: float | None) -> LostTo:
    return LostTo(
        rule_name=rule_name, margin=margin, score_margin=inf if score_margin is None else score_margin
    )


def _use(kept: list[int] | None) -> Use | None:
    return None if kept is None else Use(count_max=kept[0], window_hours=kept[1], used=kept[2])


def _quiet_hours(start_minute: int, end_minute: int, *own: int) -> QuietHours:
    return QuietHours(
        start_minute=start_minute, end_minute=end_minute, own=_quiet_hours(*own) if own else None
    )


def _window(
    weekdays: list[int], start_minute: int, end_minute: int, closed_days: list[str] | None
) -> SendingWindow:
    return SendingWindow(
        weekdays=frozenset(weekdays),
        start_minute=start_minute,
        end_minute=end_minute,
        closed_days=None
        if closed_days is None
        else frozenset(date.fromisoformat(one) for one in closed_days),
    )
