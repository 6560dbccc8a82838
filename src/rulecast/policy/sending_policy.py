"""The workspace's sending policy: quiet hours, caps, ages, and how long plans and consents count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from types import MappingProxyType

from rulecast.account.warm_up import USUAL_TERMS, WarmUpTerms
from rulecast.policy.facts import Use
from rulecast.policy.local_time import QuietHours
from rulecast.policy.own_quiet_hours import with_own_hours
from rulecast.values.fields import FieldInvalidError, Fields
from rulecast.values.purpose import Purpose

CAPS_MAX = 8
"""Each cap is one more count over a person's permits at every send."""
CAP_HOURS_MAX = 24 * 90
"""Permits older than a quarter of a year are no longer near at hand."""
RAMP_BATCHES_MAX = 10
"""Each batch waits an hour: more of them would not end in a day's window."""
RAMP_BATCH_MAX = 1_000_000
"""Larger first batches are none."""
RESERVE_PERCENT_MAX = 90
"""A larger reserve would be a ban on marketing, which a held rule says better."""
AGE_MAX = 30
"""No law known to us forbids marketing above 21; a higher figure is a typing error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count_max` marketing messages per person in any `window_hours`."""

    count_max: int
    window_hours: int

    @property
    def window(self) -> timedelta:
        """Return how far back messages count."""
        return timedelta(hours=self.window_hours)

    def used(self, count: int) -> Use:
        """Return this cap with how much of it a person has used."""
        return Use(count_max=self.count_max, window_hours=self.window_hours, used=count)


def _usual_quiet_hours() -> QuietHours:
    return QuietHours(start_minute=21 * 60, end_minute=9 * 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPolicy:
    """What the workspace allows, whatever a rule says; the defaults hold where nobody said otherwise."""

    quiet_hours: QuietHours = field(default_factory=_usual_quiet_hours)
    quiet_hours_by_country: Mapping[str, QuietHours] = field(default_factory=lambda: MappingProxyType({}))
    marketing_caps: tuple[Cap, ...] = (
        Cap(count_max=2, window_hours=24),
        Cap(count_max=5, window_hours=24 * 7),
    )
    age_minimum: int = 18
    age_minimum_by_country: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    plan_expiry_hours: int = 72
    freshness_seconds_max: int = 60
    consent_valid_days: int | None = None
    withdrawn_wordings: frozenset[str] = frozenset()
    budget_rates: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    portfolio_percent: int = 90
    reserve_percent: int = 20
    template_ramp: tuple[int, ...] | None = None
    warm_up: WarmUpTerms | None = None

    def quiet_hours_for(self, purpose: Purpose, country: str = "", own: str = "") -> QuietHours | None:
        """Return the quiet hours that bind a purpose in a country: what a person waits for comes at any hour.

        `own` are the hours the person named, as `with_own_hours` reads them.
        """
        if purpose is Purpose.TRANSACTIONAL:
            return None
        return with_own_hours(self.quiet_hours_by_country.get(country, self.quiet_hours), own)

    def caps_for(self, purpose: Purpose) -> tuple[Cap, ...]:
        """Return the caps that bind a purpose: marketing only."""
        return self.marketing_caps if purpose is Purpose.MARKETING else ()

    def age_minimum_for(self, country: str) -> int:
        """Return the age from which marketing is allowed in a country (ISO 3166 two letters)."""
        return self.age_minimum_by_country.get(country, self.age_minimum)

    def people_per_day(self, declared: int | None, told: int | None) -> int | None:
        """Return how many people a portfolio may write to in 24 hours; None is unlimited.

        What Meta told is kept a share below: it counts people other tools write to, and shows no counter. What is
        declared is the workspace's own ceiling.
        """
        known = [] if declared is None else [declared]
        known += [] if told is None else [told * self.portfolio_percent // 100]
        return min(known, default=None)

    def reserved_of(self, people: int) -> int:
        """Return how many of a portfolio's people in 24 hours marketing leaves to messages somebody waits for."""
        return people * self.reserve_percent // 100

    def is_consent_expired(self, effective_at: datetime, wording_version: str, *, now: datetime) -> bool:
        """Return whether a grant no longer counts: too old, or under a wording that was withdrawn (F53)."""
        if wording_version in self.withdrawn_wordings:
            return True
        return self.consent_valid_days is not None and now - effective_at >= timedelta(
            days=self.consent_valid_days
        )


def read_sending_policy(data: Mapping[str, object], *, place: str = "sending_policy") -> SendingPolicy:
    """Return the policy that a table describes; what it leaves out keeps its default.

    Raises:
        FieldInvalidError: a field is unknown or its value cannot be used; the error names the place.
    """
    fields = Fields(data, place)
    usual = SendingPolicy()
    ages = fields.table("age_minimum_by_country")
    hours = fields.table("quiet_hours_by_country")
    policy = SendingPolicy(
        quiet_hours=_quiet_hours(fields.table("quiet_hours"))
        if fields.has("quiet_hours")
        else usual.quiet_hours,
        quiet_hours_by_country=MappingProxyType(
            {_country(hours, name): _quiet_hours(hours.table(name)) for name in hours.names()}
        ),
        marketing_caps=_caps(fields) if fields.has("marketing_caps") else usual.marketing_caps,
        age_minimum=fields.whole("age_minimum", low=0, high=AGE_MAX, default=usual.age_minimum),
        age_minimum_by_country=MappingProxyType({name: _age(ages, name) for name in ages.names()}),
        plan_expiry_hours=fields.whole("plan_expiry_hours", low=1, high=72, default=usual.plan_expiry_hours),
        freshness_seconds_max=fields.whole("freshness_seconds_max", low=1, high=3600, default=60),
        consent_valid_days=fields.whole("consent_valid_days", low=1, high=3660)
        if fields.has("consent_valid_days")
        else None,
        withdrawn_wordings=frozenset(fields.texts("withdrawn_wordings")),
        budget_rates=_budget_rates(fields.table("budget_rates")),
        template_ramp=_ramp(fields) if fields.has("template_ramp") else None,
        warm_up=_warm_up(fields.table("warm_up")) if fields.has("warm_up") else None,
        portfolio_percent=fields.whole("portfolio_percent", low=1, high=100, default=usual.portfolio_percent),
        reserve_percent=fields.whole(
            "reserve_percent", low=0, high=RESERVE_PERCENT_MAX, default=usual.reserve_percent
        ),
    )
    fields.finish()
    return policy


def _quiet_hours(table: Fields) -> QuietHours:
    start, end = table.minute_of_day("start") % (24 * 60), table.minute_of_day("end") % (24 * 60)
    table.finish()
    if start == end:
        raise FieldInvalidError(
            table.place, "start and end are the same; quiet hours can be short but not absent"
        )
    return QuietHours(start_minute=start, end_minute=end)


def _caps(fields: Fields) -> tuple[Cap, ...]:
    tables = fields.tables("marketing_caps")
    if not 1 <= len(tables) <= CAPS_MAX:
        raise FieldInvalidError(fields.where("marketing_caps"), f"1 to {CAPS_MAX} caps are expected")
    caps = []
    for table in tables:
        count_max = table.whole("count", low=1, high=1000)
        caps.append(
            Cap(count_max=count_max, window_hours=table.whole("per_hours", low=1, high=CAP_HOURS_MAX))
        )
        table.finish()
    return tuple(caps)


def _ramp(fields: Fields) -> tuple[int, ...]:
    """Return the growing batches of a new template; none switches them off."""
    found = fields.raw_list("template_ramp")
    batches = tuple(one for one in found if type(one) is int and 1 <= one <= RAMP_BATCH_MAX)
    is_usable = len(batches) == len(found) <= RAMP_BATCHES_MAX
    if not is_usable or any(two < one for one, two in pairwise(batches)):
        raise FieldInvalidError(
            fields.where("template_ramp"),
            f"at most {RAMP_BATCHES_MAX} whole numbers are expected, each at least the one before",
        )
    return batches


def _warm_up(table: Fields) -> WarmUpTerms:
    """Return how young numbers grow; a start of 0 switches it off."""
    terms = WarmUpTerms(
        start=table.whole("start", low=0, high=RAMP_BATCH_MAX, default=USUAL_TERMS.start),
        step=table.whole("step", low=1, high=RAMP_BATCH_MAX, default=USUAL_TERMS.step),
        until=table.whole("until", low=1, high=RAMP_BATCH_MAX, default=USUAL_TERMS.until),
    )
    table.finish()
    return terms


def _budget_rates(table: Fields) -> Mapping[str, Decimal]:
    """Return what one unit of another currency counts as in budgets, in the billing currency."""
    found = {}
    for currency in table.names():
        try:
            rate = Decimal(table.text(currency, length_max=20))
        except InvalidOperation:
            rate = Decimal(0)
        if not rate.is_finite() or rate <= 0:
            raise FieldInvalidError(
                table.where(currency), 'a positive figure in quotes is expected, such as "0.10"'
            )
        found[currency] = rate
    return MappingProxyType(found)


def _age(ages: Fields, country: str) -> int:
    return ages.whole(_country(ages, country), low=0, high=AGE_MAX)


def _country(table: Fields, country: str) -> str:
    if len(country) != 2 or not country.isascii() or not country.isupper():  # noqa: PLR2004 - ISO 3166-1 alpha-2
        raise FieldInvalidError(table.where(country), "a country is named by two capital letters")
    return country
