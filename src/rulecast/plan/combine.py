"""What an audience shares: for each country, language and zone the template, the hours and the price, decided once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rulecast.account import RateCard
from rulecast.account.undelivered import is_undelivered
from rulecast.plan.records import Combination
from rulecast.policy import SendingPolicy, local_clock
from rulecast.policy.checks import closing_reason, is_usable, latest_birth_date
from rulecast.policy.facts import TemplateState, strictest_category
from rulecast.policy.local_time import (
    LocalClock,
    QuietHours,
    SendingWindow,
    end_of_allowance,
    next_allowed_instant,
)
from rulecast.policy.rule_window import (
    WEEKDAY_NUMBERS,
    sending_window,
    validity_span,
    window_of_person,
)
from rulecast.rule.language.condition import Duration, Weekday
from rulecast.rule.language.document import CarryOver, Rule, Schedule, send_for
from rulecast.template import MessageTemplate, choose_language
from rulecast.template.media import Grade
from rulecast.values.ids import TemplateId
from rulecast.values.purpose import Purpose
from rulecast.values.reason import NUMBERS, Reason
from rulecast.values.zone_offsets import utc_of_local

NO_TEMPLATE = TemplateId(0)
CARRIED_MAX = timedelta(days=90)
"""How long a run can carry its rest over: a standing approval lasts as long at most, and so does what it allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all combinations of one plan share; templates by name and language.

    A plan as of the past (`evaluated_at`) is priced as of the day it was made: nothing is sent before, and rate
    cards do not reach back. It can be launched until `expires_at`, and its first window opens before; only what a
    rule carries over is sent later. The run of a recurring rule is for one date: each person is written to in the
    window that opens on that date where they live, or not at all. `account_zone` is where the days of the number's
    account change, empty where Meta has not told.
    """

    rule: Rule
    purpose: Purpose
    policy: SendingPolicy
    templates: Mapping[tuple[str, str], MessageTemplate]
    rate_card: RateCard
    billing_currency: str
    workspace_zone: str
    evaluated_at: datetime
    made_at: datetime
    expires_at: datetime
    run_day: date | None = None
    account_zone: str = ""

    @property
    def billing_zone(self) -> str:
        """Return the zone in which prices and months change."""
        return self.account_zone or self.workspace_zone


def combine(  # noqa: PLR0913 - one argument per column of a combination
    terms: Terms,
    *,
    country: str,
    language: str,
    zone: str,
    quiet_hours: str = "",
    variant: str = "",
    media: str = "",
) -> Combination:
    """Return the decisions that depend on country, language, zone, own quiet hours, variant and form of the file alone.

    Raises:
        RateUnknownError: a message of this template to this country has no price.
    """
    clock = local_clock(zone, country, workspace_zone=terms.workspace_zone)
    zone_of_day = clock.zones[0].zone
    window = window_of(terms, country=country, zone=zone)
    send_from, send_until, hours = sending_span(
        terms, clock, window, quiet_hours=terms.policy.quiet_hours_for(terms.purpose, country, quiet_hours)
    )
    template = _template(terms, language, variant, media)
    state = None if template is None else template_state(template)
    decision_day = local_day(clock_zone=zone_of_day, at=send_from, workspace_zone=terms.workspace_zone)
    return Combination(
        country=country,
        language=language,
        zone=zone,
        quiet_hours=quiet_hours,
        variant=variant,
        media=media,
        template_id=NO_TEMPLATE if template is None else template.template_id,
        template_reason=_number(_template_reason(state, terms, country)),
        hours_reason=_number(hours),
        send_from=send_from,
        send_until=send_until,
        decision_day=decision_day,
        day_ends_at=utc_of_local(zone_of_day, decision_day + timedelta(days=1)),
        price_e4=0 if template is None else _price_e4(terms, template, country, at=send_from),
        latest_birth_date=latest_birth_date(send_from, terms.policy.age_minimum_for(country)),
    )


def _price_e4(terms: Terms, template: MessageTemplate, country: str, *, at: datetime) -> int:
    at = max(at, terms.made_at)
    day = local_day(clock_zone=terms.billing_zone, at=at, workspace_zone=terms.workspace_zone)
    return terms.rate_card.find(country, template.category, currency=terms.billing_currency, on=day).price_e4


def template_state(template: MessageTemplate, *, is_unchanged: bool = True) -> TemplateState:
    """Return what the policy looks at in a template."""
    return TemplateState(
        status=template.usable_status,
        category=strictest_category(template.category, template.correct_category),
        counted_as=template.category,
        has_opt_out=template.has_opt_out,
        is_unchanged=is_unchanged,
    )


def window_of(terms: Terms, *, country: str, zone: str) -> SendingWindow | None:
    """Return the rule's window as it is for a person of a country and zone."""
    schedule = terms.rule.schedule
    return window_of_person(
        sending_window(schedule),
        skips_holidays=schedule is not None and schedule.skips_holidays,
        country=country,
        zone=zone,
        workspace_zone=terms.workspace_zone,
        at=terms.evaluated_at,
    )


def sending_span(
    terms: Terms, clock: LocalClock, window: SendingWindow | None, *, quiet_hours: QuietHours | None
) -> tuple[datetime, datetime, Reason | None]:
    """Return from when until when a person may be written to, and the reason where that is never."""
    now = terms.evaluated_at
    valid_from, valid_until = validity_span(terms.rule.validity, workspace_zone=terms.workspace_zone)
    ends_at = terms.expires_at if valid_until is None else min(terms.expires_at, valid_until)
    if ends_at <= now or (valid_from is not None and _is_too_early(terms, valid_from)):
        return now, terms.expires_at, Reason.NOT_VALID
    opens_at, closes_at = _run_span(terms, clock)
    first = next_allowed_instant(clock, quiet_hours, window, at=max(opens_at, valid_from or opens_at))
    if first is not None and first >= closes_at:
        return now, ends_at, closing_reason(clock, quiet_hours, window, at=opens_at, until=closes_at)
    until = ends_at if first is None else _send_until(terms, clock, window, first, ends_at=ends_at)
    if first is not None and first < min(until, ends_at):
        return first, until if valid_until is None else min(until, valid_until), None
    until = min(until, ends_at)
    if valid_from is not None and now < valid_from:
        return now, until, Reason.NOT_VALID
    return now, until, closing_reason(clock, quiet_hours, window, at=now, until=until)


def _is_too_early(terms: Terms, valid_from: datetime) -> bool:
    """Return whether a plan does not live until its rule holds; an event before that day sets off nothing."""
    now = terms.evaluated_at
    return valid_from >= terms.expires_at or (terms.rule.trigger is not None and now < valid_from)


def _run_span(terms: Terms, clock: LocalClock) -> tuple[datetime, datetime]:
    """Return from when on a plan's window is looked for, and before when it must have opened."""
    schedule, day = terms.rule.schedule, terms.run_day
    if schedule is None or day is None:
        return terms.evaluated_at, datetime.max.replace(tzinfo=UTC)
    last_day = day if schedule.start < schedule.end else day + timedelta(days=1)
    zones = [one.zone for one in clock.zones]
    opens_at = max(utc_of_local(zone, day, schedule.start) for zone in zones)
    return max(terms.evaluated_at, opens_at), min(
        utc_of_local(zone, last_day, schedule.end) for zone in zones
    )


def _send_until(
    terms: Terms, clock: LocalClock, window: SendingWindow | None, first: datetime, *, ends_at: datetime
) -> datetime:
    """Return until when what first can go at an instant may be sent: beyond the plan's end where it is carried over."""
    schedule = terms.rule.schedule
    if schedule is None:
        return ends_at
    if isinstance(schedule.leftover, CarryOver):
        return min(_end_of_carry(schedule, clock, first), terms.evaluated_at + CARRIED_MAX)
    end = end_of_allowance(clock, None, window, at=first)
    return ends_at if end is None else min(end, ends_at)


def _end_of_carry(schedule: Schedule, clock: LocalClock, first: datetime) -> datetime:
    """Return the end of the last local day to which the rest is carried over, where it comes first for the person."""
    assert isinstance(schedule.leftover, CarryOver)
    until = schedule.leftover.until
    if isinstance(until, Duration):
        return first + until.length
    return min(_end_of_day(until, one.zone, first) for one in clock.zones)


def _end_of_day(until: Weekday | date, zone: str, first: datetime) -> datetime:
    if isinstance(until, Weekday):
        start = local_day(clock_zone=zone, at=first, workspace_zone=zone)
        until = start + timedelta(days=(WEEKDAY_NUMBERS[until] - start.weekday()) % 7)
    return utc_of_local(zone, until + timedelta(days=1))


def local_day(*, clock_zone: str, at: datetime, workspace_zone: str) -> date:
    """Return the local date at an instant; the earlier one where a clock that is set back shows two."""
    return min(local_clock(clock_zone, "", workspace_zone=workspace_zone).readings(at)).date()


def _template(terms: Terms, language: str, variant: str, media: str) -> MessageTemplate | None:
    send = send_for(terms.rule, variant)
    chosen = choose_language(language, send.languages, send.fallback_language)
    name = send.template
    if media == Grade.NONE and send.media is not None and send.media.fallback is not None:
        name = send.media.fallback
    return None if chosen is None else terms.templates.get((name, chosen))


def _template_reason(state: TemplateState | None, terms: Terms, country: str) -> Reason | None:
    if state is None:
        return Reason.MISSING_TRANSLATION
    if not is_usable(state, terms.purpose):
        return Reason.TEMPLATE_UNUSABLE
    return None if is_delivered(state, terms, country) else Reason.NOT_DELIVERED_THERE


def is_delivered(state: TemplateState, terms: Terms, country: str) -> bool:
    """Return whether Meta delivers templates of this category to a country on the day of the plan."""
    return not is_undelivered(state.category, country, on=terms.made_at.date())


def _number(reason: Reason | None) -> int:
    return 0 if reason is None else NUMBERS[reason]
