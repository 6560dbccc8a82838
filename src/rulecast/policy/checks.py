"""The checks in the order in which they are made; the first that does not pass gives the verdict.

What concerns no person (lease, stop, plan, number) comes first, then the order of a plan's exclusions.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rulecast.policy.facts import Facts, TemplateState
from rulecast.policy.local_time import (
    LocalClock,
    QuietHours,
    SendingWindow,
    is_open,
    is_quiet,
    next_allowed_instant,
)
from rulecast.policy.verdict import Deferred, Denied
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.reason import Reason

RETRY = timedelta(seconds=60)
"""After which time a decision that waits for a fact, a person or another sender is made again."""
HOLD_RETRY = timedelta(minutes=5)
"""A hold without an end waits for a person; senders do not ask at all where it covers everything."""
PORTFOLIO_RETRY = timedelta(minutes=15)
"""A rolling limit of 24 hours frees a little all the time; asking more often would only cost."""
# The latest place on earth to begin a day is 12 hours behind UTC: nobody turns of age earlier than there.
BIRTHDAY_MARGIN = timedelta(hours=12)

Finding = Denied | Deferred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStep:
    """One check: its name, the facts it reads, and how it finds."""

    name: str
    reads: tuple[str, ...]
    find: Callable[[Facts, datetime], Finding]


def _lease(facts: Facts, now: datetime) -> Finding:
    return None if facts.lease_held else Deferred(Reason.LEASE_LOST, now + RETRY)


def _stopped(facts: Facts, now: datetime) -> Finding:
    return Deferred(Reason.STOPPED, now + RETRY) if facts.stops else None


def _archived(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.RULE_ARCHIVED) if facts.is_archived else None


def _plan_expired(facts: Facts, now: datetime) -> Finding:
    return Denied(Reason.PLAN_EXPIRED) if now >= facts.plan_expires_at else None


def _number(facts: Facts, now: datetime) -> Finding:
    return None if facts.number_state == "active" else Deferred(Reason.NUMBER_HELD, now + RETRY)


def _holds(facts: Facts, now: datetime) -> Finding:
    """Find what Meta forbids: until a date, for good where that is too late, or until somebody lifts it."""
    template = facts.template
    counted = {"business_initiated", "marketing", "utility"}
    if template is not None:
        counted = {"business_initiated", template.category, template.counted_as or template.category}
    if facts.is_reply:
        counted = {"customer_initiated", facts.purpose.value}
    covering = [one for one in facts.holds if one.kind == "all" or one.kind in counted]
    if not covering:
        return None
    ends = [one.until for one in covering if one.until is not None]
    if len(ends) < len(covering):
        return Deferred(Reason.ACCOUNT_HELD, now + HOLD_RETRY)
    last = max(ends)
    return (
        Denied(Reason.ACCOUNT_HELD)
        if last >= facts.send_until
        else Deferred(Reason.ACCOUNT_HELD, max(last, now + RETRY))
    )


def _consent(facts: Facts, _now: datetime) -> Finding:
    consent = facts.consent
    if consent is None:
        return Denied(Reason.NO_CONSENT)
    if consent.status is not ConsentStatus.GRANTED:
        return Denied(Reason.CONSENT_WITHDRAWN)
    if not consent.is_proven:
        return Denied(Reason.UNPROVEN_CONSENT)
    return Denied(Reason.CONSENT_EXPIRED) if consent.is_expired else None


def _suppression(facts: Facts, _now: datetime) -> Finding:
    in_force = [one for one in facts.suppressions if one.scope == "all" or facts.purpose is Purpose.MARKETING]
    if any(not one.asked_by_person for one in in_force):
        return Denied(Reason.SUPPRESSED)
    return Denied(Reason.OPTED_OUT) if in_force else None


def _profiling(facts: Facts, _now: datetime) -> Finding:
    return (
        Denied(Reason.OBJECTS_TO_PROFILING) if facts.objects_to_profiling and facts.reads_behaviour else None
    )


def latest_birth_date(now: datetime, age_minimum: int) -> date:
    """Return the last day of birth with which a person is certainly of that age, wherever they live."""
    today = (now - BIRTHDAY_MARGIN).date()
    year = today.year - age_minimum
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February: whoever was born on 1 March is not of age yet.
        return date(year, 2, 28)


def _age(facts: Facts, now: datetime) -> Finding:
    if facts.purpose is not Purpose.MARKETING or facts.birth_date is None:
        return None
    return Denied(Reason.UNDER_AGE) if facts.birth_date > latest_birth_date(now, facts.age_minimum) else None


def _restricted(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.RESTRICTED) if facts.is_restricted else None


def _reachable(facts: Facts, _now: datetime) -> Finding:
    return None if facts.is_reachable else Denied(Reason.UNREACHABLE)


def _rests(facts: Facts, now: datetime) -> Finding:
    """Find what waits after failures; it is final, because the rule is asked again, not the message."""
    lasting = {one.kind for one in facts.rests if one.until > now}
    if "all" in lasting:
        return Denied(Reason.UNDELIVERABLE)
    is_resting = "marketing" in lasting and facts.purpose is Purpose.MARKETING
    return Denied(Reason.MARKETING_RESTS) if is_resting else None


def is_usable(template: TemplateState, purpose: Purpose) -> bool:
    """Return whether a template may be used for a purpose, its being paused for a while apart.

    A template that Meta counts as marketing needs a marketing purpose, and with it that consent, and a way
    to opt out.
    """
    if template.status not in {"approved", "paused"}:
        return False
    return template.category != "marketing" or (purpose is Purpose.MARKETING and template.has_opt_out)


def _service_window(facts: Facts, _now: datetime) -> Finding:
    """Find a free-form message outside the window, which Meta would refuse later (131047)."""
    return Denied(Reason.WINDOW_CLOSED) if facts.is_reply and not facts.is_in_window else None


def _template(facts: Facts, now: datetime) -> Finding:
    template = facts.template
    if facts.is_reply:
        return None
    if template is None:
        return Denied(Reason.MISSING_TRANSLATION)
    if not is_usable(template, facts.purpose):
        return Denied(Reason.TEMPLATE_UNUSABLE)
    if not template.is_unchanged:
        return Denied(Reason.TEMPLATE_CHANGED)
    if template.status != "paused":
        return None
    return Deferred(Reason.TEMPLATE_UNUSABLE, max(template.paused_until or now, now + RETRY))


def _country(facts: Facts, _now: datetime) -> Finding:
    return None if facts.is_delivered_there else Denied(Reason.NOT_DELIVERED_THERE)


def _parameters(facts: Facts, _now: datetime) -> Finding:
    return None if facts.has_all_parameters else Denied(Reason.MISSING_PARAMETER)


def _matches(facts: Facts, _now: datetime) -> Finding:
    return None if facts.matches else Denied(Reason.NO_LONGER_MATCHES)


def _contention(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.LOST_TO_RULE) if facts.lost_to is not None else None


def _holdout(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.HOLDOUT) if facts.in_holdout else None


def _rule_limit(facts: Facts, _now: datetime) -> Finding:
    limit = facts.rule_limit
    return Denied(Reason.LIMIT) if limit is not None and limit.used >= limit.count_max else None


def _workspace_limit(facts: Facts, _now: datetime) -> Finding:
    limit = facts.workspace_limit
    return Denied(Reason.WORKSPACE_LIMIT) if limit is not None and limit.used >= limit.count_max else None


def _caps(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.CAPPED) if any(cap.used >= cap.count_max for cap in facts.caps) else None


def closing_reason(
    clock: LocalClock,
    quiet_hours: QuietHours | None,
    window: SendingWindow | None,
    *,
    at: datetime,
    until: datetime,
) -> Reason:
    """Return why nothing is sent at an instant at which hours forbid it.

    It is a public holiday where sending could begin earlier, and before `until`, without the closed days.
    """
    if is_quiet(clock, quiet_hours, at):
        return Reason.QUIET_HOURS
    if window is not None and window.closed_days != frozenset():
        usual = replace(window, closed_days=frozenset())
        first = next_allowed_instant(clock, quiet_hours, usual, at=at)
        allowed = next_allowed_instant(clock, quiet_hours, window, at=at)
        if first is not None and first < until and first != allowed:
            return Reason.PUBLIC_HOLIDAY
    return Reason.OUTSIDE_WINDOW


def _hours(facts: Facts, now: datetime) -> Finding:
    clock, quiet_hours, window = facts.local_clock, facts.quiet_hours, facts.window
    reason = closing_reason(clock, quiet_hours, window, at=now, until=facts.send_until)
    allowed_at = next_allowed_instant(clock, quiet_hours, window, at=now)
    if allowed_at is None or allowed_at >= facts.send_until:
        return Denied(reason)
    return Deferred(reason, allowed_at)


def _validity(facts: Facts, now: datetime) -> Finding:
    if facts.valid_until is not None and now >= facts.valid_until:
        return Denied(Reason.NOT_VALID)
    if facts.valid_from is None or now >= facts.valid_from:
        return None
    if facts.valid_from >= facts.send_until:
        return Denied(Reason.NOT_VALID)
    return Deferred(Reason.NOT_VALID, facts.valid_from)


def _quiet_hours(facts: Facts, now: datetime) -> Finding:
    return _hours(facts, now) if is_quiet(facts.local_clock, facts.quiet_hours, now) else None


def _window(facts: Facts, now: datetime) -> Finding:
    if now >= facts.send_until:
        return Denied(Reason.OUTSIDE_WINDOW)
    return None if is_open(facts.local_clock, facts.window, now) else _hours(facts, now)


def _budget(facts: Facts, _now: datetime) -> Finding:
    left = facts.budget_left_e4
    return Denied(Reason.BUDGET) if left is not None and facts.price_e4 > left else None


def _portfolio(facts: Facts, now: datetime) -> Finding:
    left = facts.portfolio_left
    if left is None or left > 0:
        return None
    return Deferred(
        Reason.PORTFOLIO_LIMIT, max(now + PORTFOLIO_RETRY, facts.portfolio_free_at or now + PORTFOLIO_RETRY)
    )


def _warm_up(facts: Facts, now: datetime) -> Finding:
    left = facts.warm_up_left
    if left is None or left > 0 or facts.purpose is not Purpose.MARKETING:
        return None
    return Deferred(Reason.WARM_UP, now + PORTFOLIO_RETRY)


def _coupon_of_person(facts: Facts, _now: datetime) -> Finding:
    return Denied(Reason.COUPON_SPENT) if facts.is_coupon_spent else None


def _coupon_pool(facts: Facts, now: datetime) -> Finding:
    left = facts.coupons_left
    return Deferred(Reason.COUPON_POOL_LOW, now + PORTFOLIO_RETRY) if left is not None and left <= 0 else None


def _ramp(facts: Facts, now: datetime) -> Finding:
    next_at = facts.ramp_next_at
    return None if next_at is None else Deferred(Reason.TEMPLATE_RAMP, max(next_at, now + RETRY))


CHECKS: tuple[CheckStep, ...] = (
    CheckStep(name="lease", reads=("lease_held",), find=_lease),
    CheckStep(name="stop", reads=("stops",), find=_stopped),
    CheckStep(name="version", reads=("is_archived",), find=_archived),
    CheckStep(name="plan", reads=("plan_expires_at",), find=_plan_expired),
    CheckStep(name="number", reads=("number_state",), find=_number),
    CheckStep(name="account", reads=("holds", "template", "send_until", "is_reply", "purpose"), find=_holds),
    CheckStep(name="consent", reads=("purpose", "consent"), find=_consent),
    CheckStep(name="suppression", reads=("purpose", "suppressions"), find=_suppression),
    CheckStep(name="profiling", reads=("objects_to_profiling", "reads_behaviour"), find=_profiling),
    CheckStep(name="age", reads=("purpose", "birth_date", "age_minimum"), find=_age),
    CheckStep(name="restriction", reads=("is_restricted",), find=_restricted),
    CheckStep(name="reachability", reads=("is_reachable",), find=_reachable),
    CheckStep(name="rests after failures", reads=("rests", "purpose"), find=_rests),
    CheckStep(name="service window", reads=("is_reply", "is_in_window"), find=_service_window),
    CheckStep(name="template", reads=("purpose", "template", "is_reply"), find=_template),
    CheckStep(name="delivery to the country", reads=("is_delivered_there",), find=_country),
    CheckStep(name="parameters", reads=("has_all_parameters",), find=_parameters),
    CheckStep(name="condition", reads=("matches",), find=_matches),
    CheckStep(name="contention", reads=("lost_to",), find=_contention),
    CheckStep(name="holdout", reads=("in_holdout",), find=_holdout),
    CheckStep(name="rule limit", reads=("rule_limit",), find=_rule_limit),
    CheckStep(name="limit of all rules", reads=("workspace_limit",), find=_workspace_limit),
    CheckStep(name="caps", reads=("caps",), find=_caps),
    CheckStep(name="validity", reads=("valid_from", "valid_until", "send_until"), find=_validity),
    CheckStep(
        name="quiet hours", reads=("local_clock", "quiet_hours", "window", "send_until"), find=_quiet_hours
    ),
    CheckStep(name="window", reads=("local_clock", "window", "send_until"), find=_window),
    CheckStep(name="budget", reads=("price_e4", "budget_left_e4"), find=_budget),
    CheckStep(name="portfolio", reads=("portfolio_left", "portfolio_free_at"), find=_portfolio),
    CheckStep(name="coupon of the person", reads=("is_coupon_spent",), find=_coupon_of_person),
    CheckStep(name="stock of coupons", reads=("coupons_left",), find=_coupon_pool),
    CheckStep(name="warm-up of the number", reads=("warm_up_left", "purpose"), find=_warm_up),
    CheckStep(name="batches of a new template", reads=("ramp_next_at",), find=_ramp),
)
