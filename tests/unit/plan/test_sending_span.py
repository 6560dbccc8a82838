"""From when until when a person may be written to: windows, feast days and the end of what is carried over."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.spec.problem_case import RULE

from rulecast.account import shipped_rate_card
from rulecast.plan import Terms
from rulecast.plan.combine import sending_span, window_of
from rulecast.policy import local_clock, read_sending_policy
from rulecast.rule.language import Rule, parse_rule
from rulecast.values.purpose import Purpose
from rulecast.values.reason import Reason

THURSDAY = datetime(2026, 11, 12, 9, tzinfo=UTC)


def span(
    schedule: str, *, country: str, zone: str = "", now: datetime = THURSDAY, plan_days: int = 30
) -> tuple[datetime, datetime, Reason | None]:
    rule = parse_rule(f"{RULE}  {schedule}\n")
    assert isinstance(rule, Rule)
    terms = Terms(
        rule=rule,
        purpose=Purpose.MARKETING,
        policy=read_sending_policy({"quiet_hours": {"start": "05:00", "end": "05:01"}}),
        templates={},
        rate_card=shipped_rate_card(),
        billing_currency="USD",
        workspace_zone="Africa/Casablanca",
        evaluated_at=now,
        made_at=now,
        expires_at=now + timedelta(days=plan_days),
    )
    clock = local_clock(zone, country, workspace_zone="Africa/Casablanca")
    quiet_hours = terms.policy.quiet_hours_for(terms.purpose, country)
    return sending_span(terms, clock, window_of(terms, country=country, zone=zone), quiet_hours=quiet_hours)


@pytest.mark.parametrize(
    ("country", "zone", "ends_at"),
    [
        ("US", "America/New_York", datetime(2026, 11, 14, 5, tzinfo=UTC)),
        ("US", "Pacific/Honolulu", datetime(2026, 11, 14, 10, tzinfo=UTC)),
        # Anywhere in Indonesia: Friday ends first in Jayapura, nine hours ahead of UTC.
        ("ID", "", datetime(2026, 11, 13, 15, tzinfo=UTC)),
    ],
)
def test_what_is_carried_over_ends_with_the_day_where_the_person_may_be(
    country: str, zone: str, ends_at: datetime
) -> None:
    everyday = "once on day at 00:00..00:00 local time of the contact; carry over until friday"
    assert span(everyday, country=country, zone=zone)[1:] == (ends_at, None)


@pytest.mark.parametrize(
    ("clauses", "ends_at"),
    [
        ("carry over until 2026-11-30", datetime(2026, 12, 1, tzinfo=UTC)),
        ("carry over until saturday", datetime(2026, 11, 15, tzinfo=UTC)),
        ("carry over for 10 days", datetime(2026, 11, 22, 20, tzinfo=UTC)),
        ("carry over for 200 days", THURSDAY + timedelta(days=90)),
        # The rule ends before; a rule that does not carry over ends with its window, or with its plan.
        ("carry over until 2026-11-30\n  valid until 2026-11-20", datetime(2026, 11, 21, tzinfo=UTC)),
        ("drop the rest", datetime(2026, 11, 12, 22, tzinfo=UTC)),
    ],
)
def test_what_is_carried_over_outlives_a_plan_of_three_days(clauses: str, ends_at: datetime) -> None:
    evening = "once on day at 20:00..22:00 local time of the contact; "
    home = {"country": "MA", "zone": "Africa/Casablanca"}
    found = span(evening + clauses, **home, plan_days=3)
    assert found == (datetime(2026, 11, 12, 20, tzinfo=UTC), ends_at, None)


def test_a_first_window_after_the_end_of_the_plan_is_none_whatever_is_carried_over() -> None:
    monday = "once on monday at 10:00..12:00 local time of the contact; carry over until 2026-12-31"
    found = span(monday, country="MA", zone="Africa/Casablanca", plan_days=3)
    assert found[2] is Reason.OUTSIDE_WINDOW


def test_a_feast_day_before_the_end_leaves_only_the_days_before_it() -> None:
    # 18 November, a Wednesday, is a holiday of Morocco, whose clocks show UTC by then.
    monday, tuesday = (datetime(2026, 11, day, 22, tzinfo=UTC) for day in (16, 17))
    evening = "once on weekdays at 20:00..22:00 local time of the contact; not on public holidays; carry over until "
    home = {"country": "MA", "zone": "Africa/Casablanca"}
    assert span(evening + "wednesday", now=monday, **home) == (
        datetime(2026, 11, 17, 20, tzinfo=UTC),
        datetime(2026, 11, 19, tzinfo=UTC),
        None,
    )
    # Made after the window of the eve, it begins after the feast, and its Wednesday is the next one.
    assert span(evening + "wednesday", now=tuesday, **home) == (
        datetime(2026, 11, 19, 20, tzinfo=UTC),
        datetime(2026, 11, 26, tzinfo=UTC),
        None,
    )
    assert span(evening + "2026-11-18", now=tuesday, **home)[2] is not None


def test_a_window_inside_the_missing_hour_is_skipped_and_one_around_it_begins_after_it() -> None:
    eve = datetime(2026, 3, 28, 12, tzinfo=UTC)
    paris = {"country": "FR", "zone": "Europe/Paris", "now": eve}
    inside = span("once on day at 02:00..03:00 local time of the contact; drop the rest", **paris)
    assert inside[0] == datetime(2026, 3, 30, 0, tzinfo=UTC)
    around = span("once on day at 02:30..04:00 local time of the contact; drop the rest", **paris)
    assert around[:2] == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))


def test_a_person_without_zone_and_country_is_at_home_and_the_end_of_the_day_is_midnight() -> None:
    first, until, _ = span("once on day at 22:00..00:00 local time of the contact; drop the rest", country="")
    assert until - first == timedelta(hours=2)
