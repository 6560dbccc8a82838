"""From database rows to the facts the policy decides on, and to the JSON a verdict keeps of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

from rulecast.account.undelivered import is_undelivered
from rulecast.gate.coupons.share import CouponShare
from rulecast.gate.draft import PreparedDraft
from rulecast.gate.people_chunks import PeopleShare
from rulecast.gate.ramps import Ramps
from rulecast.gate.store import PersonRow, SharedRow, TemplateRow
from rulecast.gate.terms import RunTerms
from rulecast.policy import Facts, SendingPolicy, local_clock
from rulecast.policy.facts import (
    ConsentState,
    HoldKind,
    HoldState,
    LostTo,
    NumberState,
    RestState,
    StopScope,
    SuppressionState,
    TemplateState,
    Use,
    strictest_category,
)
from rulecast.policy.local_time import QuietHours, SendingWindow
from rulecast.policy.rule_window import validity_span, window_of_person
from rulecast.values.ids import ConsentId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.reason import Reason

_STATUSES = {status.value: status for status in ConsentStatus}
NO_RECORD = ConsentId(0)
"""In the place of a consent record where the person asked for the message itself."""


@dataclass(slots=True, kw_only=True)
class GroupState:
    """What one group of drafts shares, and what it has used up so far while it is decided.

    Two drafts of one group for one person see each other through `granted_now`.
    """

    now: datetime
    lease_held: bool
    shared: SharedRow
    policy: SendingPolicy
    templates: Mapping[int, TemplateRow]
    budget_left_e4: dict[str, int]
    people: PeopleShare | None
    warm_up_left: int | None
    granted_now: dict[int, list[tuple[str, str]]]
    workspace_zone: str
    matches: Mapping[int, bool | None]
    ramps: Ramps
    coupons: CouponShare


def facts_of(prepared: PreparedDraft, terms: RunTerms, row: PersonRow | None, group: GroupState) -> Facts:
    """Return the facts of one draft; whatever could not be read stands in `unknown`."""
    unknown = _unknown(prepared, terms, row, group)
    zone, country = ("", "") if row is None else (row.zone, row.country)
    template = _template(prepared, terms, group)
    valid_from, valid_until = validity_span(terms.validity, workspace_zone=group.workspace_zone)
    return Facts(
        purpose=terms.purpose,
        lease_held=group.lease_held,
        stops=_stops(terms, group.shared),
        is_archived=_is_archived(terms, group.shared),
        plan_expires_at=terms.expires_at,
        number_state=_number_state(group.shared.state),
        holds=_holds(group, country),
        consent=_consent(row, terms, group),
        suppressions=_suppressions(row),
        objects_to_profiling=row is not None and row.objects_to_profiling,
        reads_behaviour=terms.checked is not None and terms.checked.reads_behaviour,
        birth_date=_birth_date(row, unknown),
        age_minimum=group.policy.age_minimum_for(country),
        is_restricted=row is None or row.is_restricted,
        is_reachable=row is not None and row.is_reachable and prepared.problem is not Reason.UNREACHABLE,
        template=template,
        has_all_parameters=prepared.problem is not Reason.MISSING_PARAMETER,
        matches=group.matches.get(prepared.draft.message_id) is True,
        lost_to=_lost_to(row, terms),
        in_holdout=_in_holdout(row, terms),
        rule_limit=_rule_limit(row, terms, group),
        workspace_limit=_workspace_limit(row, terms, group),
        caps=_caps(row, terms, group),
        valid_from=None if terms.is_test else valid_from,
        valid_until=None if terms.is_test else valid_until,
        local_clock=local_clock(zone, country, workspace_zone=group.workspace_zone),
        quiet_hours=_quiet_hours(row, terms, group),
        window=_window(row, terms, group),
        send_until=prepared.draft.send_until,
        price_e4=row.price_e4 or 0 if row is not None else 0,
        budget_left_e4=group.budget_left_e4.get(terms.budget_key),
        portfolio_left=_portfolio_left(row, terms, group),
        warm_up_left=_warm_up_left(row, terms, group),
        portfolio_free_at=None if group.people is None else group.people.free_at,
        rests=_rests(row),
        is_delivered_there=_is_delivered(template, prepared.country or country, group.now),
        ramp_next_at=group.ramps.next_at(prepared.draft.template_id),
        coupons_left=group.coupons.left(prepared, terms.rule_name),
        is_coupon_spent=group.coupons.is_spent(prepared, terms.rule_name),
        is_reply=terms.reply is not None,
        is_in_window=row is not None and row.is_in_window,
        unknown=frozenset(unknown),
    )


def _unknown(prepared: PreparedDraft, terms: RunTerms, row: PersonRow | None, group: GroupState) -> set[str]:
    """Return the names of the facts that could not be read."""
    unknown: set[str] = set()
    if row is None:
        unknown |= {"consent", "suppressions", "is_restricted", "is_reachable", "caps", "in_holdout", "rests"}
    elif row.in_holdout is None:
        unknown |= {"in_holdout", "price_e4"}
    if terms.checked is None and terms.reply is None:
        unknown |= {"reads_behaviour", "window", "rule_limit", "workspace_limit", "valid_from"}
    if group.matches.get(prepared.draft.message_id) is None:
        unknown.add("matches")
    if prepared.problem is Reason.FACTS_UNKNOWN:
        unknown.add("has_all_parameters")
    elif row is not None and prepared.problem is None and prepared.lookup not in row.lookups:
        # The address changed after the request was frozen: it is made again, never sent as it is.
        unknown.add("is_reachable")
    return unknown


def _stops(terms: RunTerms, shared: SharedRow) -> frozenset[StopScope]:
    found: set[StopScope] = set()
    for stop in shared.stops:
        scope, _, target = stop.partition(":")
        if scope == "all":
            found.add("all")
        elif scope == "rule" and target == terms.rule_name:
            found.add("rule")
        elif scope == "sender" and target == shared.business_number_id:
            found.add("sender")
    return frozenset(found)


def _is_archived(terms: RunTerms, shared: SharedRow) -> bool:
    """Return whether the version was archived after the plan; staff may still try its text."""
    archived_at = shared.archived.get(str(terms.rule_version_id))
    return not terms.is_test and archived_at is not None and terms.evaluated_at.timestamp() <= archived_at


def _holds(group: GroupState, country: str) -> tuple[HoldState, ...]:
    """Return what Meta forbids at this instant: to the number, its account, its portfolio, or for this country."""
    found = []
    for hold in group.shared.holds:
        kind, until, scope, scope_id, cause = hold.split("|", 4)
        if scope == "country" and scope_id != country:
            continue
        ends_at = datetime.fromtimestamp(float(until), UTC) if until else None
        if ends_at is None or ends_at > group.now:
            found.append(HoldState(kind=cast("HoldKind", kind), cause=cause, until=ends_at))
    return tuple(found)


def _number_state(state: str) -> NumberState:
    return "active" if state == "active" else "held" if state == "held" else "missing"


def _consent(row: PersonRow | None, terms: RunTerms, group: GroupState) -> ConsentState | None:
    if terms.is_asked_for or _is_answer(row, terms):
        return ConsentState(
            consent_id=NO_RECORD, status=ConsentStatus.GRANTED, is_proven=True, is_expired=False
        )
    if row is None or row.consent_id is None or row.status is None or row.effective_at is None:
        return None
    return ConsentState(
        consent_id=ConsentId(row.consent_id),
        status=_STATUSES[row.status],
        is_proven=bool(row.is_proven),
        is_expired=group.policy.is_consent_expired(
            row.effective_at, row.wording_version or "", now=group.now
        ),
    )


def _is_answer(row: PersonRow | None, terms: RunTerms) -> bool:
    """Return whether the person's own message in the open window is all the consent it needs, unless they said no."""
    said_no = row is not None and row.status in {ConsentStatus.DENIED, ConsentStatus.WITHDRAWN}
    return terms.reply is not None and terms.purpose is Purpose.SERVICE and not said_no


def _suppressions(row: PersonRow | None) -> tuple[SuppressionState, ...]:
    if row is None:
        return ()
    found = []
    for stop in row.stops:
        scope, _, cause = stop.partition(":")
        found.append(SuppressionState(scope="all" if scope == "all" else "marketing", cause=cause))
    return tuple(found)


def _rests(row: PersonRow | None) -> tuple[RestState, ...]:
    if row is None:
        return ()
    found = []
    for rest in row.rests:
        kind, code, until = rest.split("|")
        ends_at = datetime.fromtimestamp(float(until), UTC)
        found.append(RestState(kind="all" if kind == "all" else "marketing", code=int(code), until=ends_at))
    return tuple(found)


def _is_delivered(template: TemplateState | None, country: str, now: datetime) -> bool:
    return template is None or not is_undelivered(template.category, country, on=now.date())


def _birth_date(row: PersonRow | None, unknown: set[str]) -> date | None:
    if row is None or not row.birth_date:
        return None
    try:
        return date.fromisoformat(row.birth_date)
    except ValueError:
        unknown.add("birth_date")
        return None


def _template(prepared: PreparedDraft, terms: RunTerms, group: GroupState) -> TemplateState | None:
    found = group.templates.get(prepared.draft.template_id)
    if found is None or prepared.problem is Reason.MISSING_TRANSLATION:
        return None
    approved = terms.template_hashes.get(prepared.draft.template_id)
    return TemplateState(
        status="disabled" if prepared.problem is Reason.TEMPLATE_UNUSABLE else found.status,
        category=strictest_category(found.category, found.correct_category),
        counted_as=found.category,
        paused_until=found.paused_until,
        has_opt_out=prepared.has_opt_out or prepared.problem is not None,
        is_unchanged=approved == found.components_hash
        and (prepared.problem is not None or prepared.components_hash == found.components_hash),
    )


def _lost_to(row: PersonRow | None, terms: RunTerms) -> LostTo | None:
    if row is None or row.lost_to is None or terms.is_test:
        return None
    return LostTo(rule_name=row.lost_to, margin=row.lost_by, score_margin=row.lost_by_score)


def _in_holdout(row: PersonRow | None, terms: RunTerms) -> bool:
    return row is not None and not terms.is_test and row.in_holdout is True


def _count(
    row: PersonRow | None, group: GroupState, *, since: datetime, keep: Callable[[str, str], bool]
) -> int:
    if row is None or not (row.granted or row.contact_id in group.granted_now):
        return 0
    earlier = sum(
        1
        for granted_at, rule, purpose in zip(row.granted, row.rules, row.purposes, strict=True)
        if granted_at > since and keep(rule, purpose)
    )
    now_granted: Sequence[tuple[str, str]] = group.granted_now.get(row.contact_id, ())
    return earlier + sum(1 for rule, purpose in now_granted if keep(rule, purpose))


def _rule_limit(row: PersonRow | None, terms: RunTerms, group: GroupState) -> Use | None:
    if terms.limit is None or terms.is_test:
        return None
    window = terms.limit.per.length
    return Use(
        count_max=terms.limit.count,
        window_hours=int(window / timedelta(hours=1)),
        used=_count(
            row, group, since=group.now - window, keep=lambda rule, _purpose: rule == terms.rule_name
        ),
    )


def _workspace_limit(row: PersonRow | None, terms: RunTerms, group: GroupState) -> Use | None:
    limit = terms.workspace_limit
    if limit is None or terms.is_test:
        return None
    window = limit.per.length
    return Use(
        count_max=limit.count,
        window_hours=int(window / timedelta(hours=1)),
        used=_count(row, group, since=group.now - window, keep=lambda _rule, _purpose: True),
    )


def _quiet_hours(row: PersonRow | None, terms: RunTerms, group: GroupState) -> QuietHours | None:
    country, own = ("", "") if row is None else (row.country, row.quiet_hours)
    return group.policy.quiet_hours_for(terms.purpose, country, own)


def _window(row: PersonRow | None, terms: RunTerms, group: GroupState) -> SendingWindow | None:
    # Staff try a rule at any hour that is not quiet.
    if terms.is_test:
        return None
    return window_of_person(
        terms.window,
        skips_holidays=terms.skips_holidays,
        country=row.country if row is not None else "",
        zone=row.zone if row is not None else "",
        workspace_zone=group.workspace_zone,
        at=group.now,
    )


def _caps(row: PersonRow | None, terms: RunTerms, group: GroupState) -> tuple[Use, ...]:
    if terms.is_test:
        return ()
    return tuple(
        cap.used(
            _count(
                row,
                group,
                since=group.now - timedelta(hours=cap.window_hours),
                keep=lambda _rule, purpose: purpose == Purpose.MARKETING.value,
            )
        )
        for cap in group.policy.caps_for(terms.purpose)
    )


def _portfolio_left(row: PersonRow | None, terms: RunTerms, group: GroupState) -> int | None:
    if group.people is None:
        return None
    is_free = row is not None and (row.is_counted or row.is_in_window or row.contact_id in group.granted_now)
    return None if is_free else group.people.left(is_marketing=terms.purpose is Purpose.MARKETING)


def _warm_up_left(row: PersonRow | None, terms: RunTerms, group: GroupState) -> int | None:
    """Return what is left of a young number's day; an answer in the window and a second message take nothing of it."""
    if group.warm_up_left is None or terms.is_test:
        return None
    is_free = row is not None and (row.is_in_window or row.contact_id in group.granted_now)
    return None if is_free else group.warm_up_left
