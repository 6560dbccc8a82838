"""The facts of one person as a plan sees them, for the policy's own verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, cast

from rulecast.plan.combine import Terms, combine, is_delivered, template_state, window_of
from rulecast.plan.records import Combination
from rulecast.plan.rendering import Rendering
from rulecast.policy import Facts, local_clock
from rulecast.policy.facts import ConsentState, LostTo, RestState, SuppressionState, Use
from rulecast.policy.rule_window import validity_span
from rulecast.rule.language.document import PersonLimit, send_for
from rulecast.template import MessageTemplate
from rulecast.values.ids import ConsentId, ContactId
from rulecast.values.purpose import ConsentStatus

FAR_AWAY = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """What is stored of one person and bears on sending; `personal` holds opened values."""

    contact_id: ContactId
    country: str
    language: str
    zone: str
    # What the person named for themselves: `from-until`, either side empty; empty where nothing.
    quiet_hours: str
    attributes: dict[str, Any] = field(repr=False)
    sealed_attributes: bytes | None = field(repr=False)
    birth_date: str | None = field(repr=False)
    is_restricted: bool
    is_reachable: bool
    objects_to_profiling: bool
    consent_id: int | None
    status: str | None
    is_proven: bool | None
    effective_at: datetime | None
    wording_version: str | None
    stops: list[str]
    # When live permits were granted: to this rule's first messages, to marketing, to anything.
    own_granted: list[datetime]
    marketing_granted: list[datetime]
    granted: list[datetime]
    # What rests after failures: kind, code, and until when in seconds since 1970.
    rests: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person stands in one plan beside others: matched, drawn out, lost, and what was left at their turn."""

    matches: bool
    in_holdout: bool
    variant: str
    reads_behaviour: bool
    lost_to: LostTo | None
    budget_left_e4: int | None
    portfolio_left: int | None
    coupons_left: int | None = None
    media: str = ""


def forecast_facts(
    terms: Terms, row: PersonRow, personal: dict[str, object], standing: Standing
) -> tuple[Facts, datetime]:
    """Return the facts, and the instant of the first possible send, for which the plan forecasts its verdict."""
    combination = _combination(terms, row, standing)
    at = terms.evaluated_at if combination.hours_reason else combination.send_from
    template = _template(terms, combination)
    valid_from, valid_until = validity_span(terms.rule.validity, workspace_zone=terms.workspace_zone)
    facts = Facts(
        purpose=terms.purpose,
        lease_held=True,
        stops=frozenset(),
        is_archived=False,
        plan_expires_at=FAR_AWAY,
        number_state="active",
        holds=(),
        consent=_consent(terms, row),
        suppressions=tuple(_suppression(stop) for stop in row.stops),
        objects_to_profiling=row.objects_to_profiling,
        reads_behaviour=standing.reads_behaviour,
        birth_date=None if row.birth_date is None else date.fromisoformat(row.birth_date),
        age_minimum=terms.policy.age_minimum_for(row.country),
        is_restricted=row.is_restricted,
        is_reachable=row.is_reachable,
        template=None if template is None else template_state(template),
        has_all_parameters=_has_all(terms, template, standing.variant, {**row.attributes, **personal}),
        matches=standing.matches,
        lost_to=standing.lost_to,
        in_holdout=standing.in_holdout,
        rule_limit=_use(terms.rule.person_limit, row.own_granted, at),
        workspace_limit=_use(terms.rule.workspace_limit, row.granted, at),
        caps=tuple(
            cap.used(_count(row.marketing_granted, since=at - cap.window))
            for cap in terms.policy.caps_for(terms.purpose)
        ),
        valid_from=valid_from,
        valid_until=valid_until,
        local_clock=local_clock(row.zone, row.country, workspace_zone=terms.workspace_zone),
        quiet_hours=terms.policy.quiet_hours_for(terms.purpose, row.country, row.quiet_hours),
        window=window_of(terms, country=row.country, zone=row.zone),
        send_until=combination.send_until,
        price_e4=combination.price_e4,
        budget_left_e4=standing.budget_left_e4,
        portfolio_left=standing.portfolio_left,
        coupons_left=standing.coupons_left,
        rests=tuple(_rest(one) for one in row.rests),
        ramp_next_at=None,
        is_delivered_there=template is None or is_delivered(template_state(template), terms, row.country),
    )
    return facts, at


def _combination(terms: Terms, row: PersonRow, standing: Standing) -> Combination:
    return combine(
        terms,
        country=row.country,
        language=row.language,
        zone=row.zone,
        quiet_hours=row.quiet_hours,
        variant=standing.variant,
        media=standing.media,
    )


def _template(terms: Terms, combination: Combination) -> MessageTemplate | None:
    offered = terms.templates.values()
    return next((one for one in offered if one.template_id == combination.template_id), None)


def _has_all(
    terms: Terms, template: MessageTemplate | None, variant: str, known: Mapping[str, object]
) -> bool:
    if template is None:
        return False
    return Rendering.of(template, send_for(terms.rule, variant).parameters).succeeds(known)


def _use(limit: PersonLimit | None, granted: Sequence[datetime], at: datetime) -> Use | None:
    if limit is None:
        return None
    hours = int(limit.per.length.total_seconds() // 3600)
    used = _count(granted, since=at - limit.per.length)
    return Use(count_max=limit.count, window_hours=hours, used=used)


def _count(granted: Sequence[datetime], *, since: datetime) -> int:
    return sum(one > since for one in granted)


def _consent(terms: Terms, row: PersonRow) -> ConsentState | None:
    if row.consent_id is None or row.status is None or row.effective_at is None:
        return None
    return ConsentState(
        consent_id=ConsentId(row.consent_id),
        status=ConsentStatus(row.status),
        is_proven=bool(row.is_proven),
        is_expired=terms.policy.is_consent_expired(
            row.effective_at, row.wording_version or "", now=terms.evaluated_at
        ),
    )


def _rest(rest: str) -> RestState:
    kind, code, until = rest.split("|")
    return RestState(
        kind="all" if kind == "all" else "marketing",
        code=int(code),
        until=datetime.fromtimestamp(float(until), UTC),
    )


def _suppression(stop: str) -> SuppressionState:
    scope, _, cause = stop.partition(":")
    return SuppressionState(scope=cast('Literal["marketing", "all"]', scope), cause=cause)
