"""The policy: one verdict, one reason, and nothing passes on a fact nobody could read."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rulecast.plan.document import WATERFALL
from rulecast.policy import Allowed, Deferred, Denied, Facts, decide, explain_checks, local_clock
from rulecast.policy.checks import CHECKS, HOLD_RETRY, PORTFOLIO_RETRY, RETRY, latest_birth_date
from rulecast.policy.facts import (
    FACT_NAMES,
    ConsentState,
    HoldState,
    LostTo,
    RestState,
    SuppressionState,
    TemplateState,
    Use,
    strictest_category,
)
from rulecast.policy.local_time import QuietHours, SendingWindow
from rulecast.values.ids import ConsentId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.reason import Reason

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
TODAY = date(2026, 11, 17)
EVENING = SendingWindow(weekdays=frozenset(range(7)), start_minute=20 * 60, end_minute=22 * 60)
NIGHT = QuietHours(start_minute=21 * 60, end_minute=9 * 60)
GRANTED = ConsentState(consent_id=ConsentId(1), status=ConsentStatus.GRANTED, is_proven=True)
TEMPLATE = TemplateState(status="approved", category="marketing", has_opt_out=True, is_unchanged=True)
PARIS = local_clock("Europe/Paris", "FR", workspace_zone="UTC")

FINE = Facts(
    purpose=Purpose.MARKETING,
    lease_held=True,
    stops=frozenset(),
    is_archived=False,
    plan_expires_at=NOW + timedelta(hours=72),
    number_state="active",
    holds=(),
    consent=GRANTED,
    suppressions=(),
    objects_to_profiling=False,
    reads_behaviour=True,
    birth_date=date(1990, 4, 2),
    age_minimum=18,
    is_restricted=False,
    is_reachable=True,
    template=TEMPLATE,
    has_all_parameters=True,
    matches=True,
    lost_to=None,
    in_holdout=False,
    rule_limit=Use(count_max=1, window_hours=336, used=0),
    workspace_limit=Use(count_max=3, window_hours=168, used=2),
    caps=(Use(count_max=2, window_hours=24, used=1),),
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW + timedelta(days=9),
    local_clock=PARIS,
    quiet_hours=NIGHT,
    window=None,
    send_until=NOW + timedelta(hours=72),
    price_e4=41_400,
    budget_left_e4=41_400,
    portfolio_left=1,
    rests=(),
    is_delivered_there=True,
    ramp_next_at=None,
)


def stopped(scope: Any, cause: str) -> tuple[SuppressionState, ...]:
    return (SuppressionState(scope=scope, cause=cause),)


OF_FILES = {
    Reason.FILE_NOT_UPLOADED,
    Reason.FILE_MISSING,
    Reason.FILE_TOO_LARGE,
    Reason.FILE_REFUSED,
}

DENIALS: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.PLAN_EXPIRED, {"plan_expires_at": NOW}),
    (
        Reason.ACCOUNT_HELD,
        {"holds": (HoldState(kind="business_initiated", cause="x", until=NOW + timedelta(hours=72)),)},
    ),
    (Reason.NO_CONSENT, {"consent": None}),
    (Reason.CONSENT_WITHDRAWN, {"consent": replace(GRANTED, status=ConsentStatus.WITHDRAWN)}),
    (Reason.CONSENT_WITHDRAWN, {"consent": replace(GRANTED, status=ConsentStatus.DENIED, is_proven=False)}),
    (Reason.UNPROVEN_CONSENT, {"consent": replace(GRANTED, is_proven=False)}),
    (Reason.CONSENT_EXPIRED, {"consent": replace(GRANTED, is_expired=True)}),
    (Reason.SUPPRESSED, {"suppressions": stopped("all", "import")}),
    (Reason.SUPPRESSED, {"suppressions": stopped("marketing", "stop_word") + stopped("marketing", "agent")}),
    (Reason.OPTED_OUT, {"suppressions": stopped("marketing", "stop_word")}),
    (Reason.OPTED_OUT, {"suppressions": stopped("all", "user_preferences"), "purpose": Purpose.SERVICE}),
    (Reason.OBJECTS_TO_PROFILING, {"objects_to_profiling": True}),
    (Reason.UNDER_AGE, {"birth_date": date(2012, 6, 15)}),
    (Reason.RESTRICTED, {"is_restricted": True}),
    (Reason.UNREACHABLE, {"is_reachable": False}),
    (Reason.UNDELIVERABLE, {"rests": (RestState(kind="all", code=131026, until=NOW + timedelta(days=99)),)}),
    (
        Reason.MARKETING_RESTS,
        {"rests": (RestState(kind="marketing", code=131049, until=NOW + timedelta(hours=1)),)},
    ),
    (Reason.NOT_DELIVERED_THERE, {"is_delivered_there": False}),
    (Reason.MISSING_TRANSLATION, {"template": None}),
    (Reason.TEMPLATE_UNUSABLE, {"template": replace(TEMPLATE, status="rejected")}),
    (Reason.TEMPLATE_UNUSABLE, {"template": replace(TEMPLATE, has_opt_out=False)}),
    (Reason.TEMPLATE_UNUSABLE, {"purpose": Purpose.SERVICE}),
    (Reason.TEMPLATE_CHANGED, {"template": replace(TEMPLATE, is_unchanged=False)}),
    (Reason.MISSING_PARAMETER, {"has_all_parameters": False}),
    (Reason.NO_LONGER_MATCHES, {"matches": False}),
    (Reason.LOST_TO_RULE, {"lost_to": LostTo(rule_name="vip", margin=15)}),
    (Reason.HOLDOUT, {"in_holdout": True}),
    (Reason.LIMIT, {"rule_limit": Use(count_max=1, window_hours=336, used=1)}),
    (
        Reason.CAPPED,
        {"caps": (Use(count_max=9, window_hours=168, used=0), Use(count_max=2, window_hours=24, used=2))},
    ),
    (
        Reason.QUIET_HOURS,
        {
            "quiet_hours": QuietHours(start_minute=0, end_minute=23 * 60),
            "send_until": NOW + timedelta(hours=1),
        },
    ),
    (Reason.OUTSIDE_WINDOW, {"window": EVENING, "send_until": NOW + timedelta(minutes=5)}),
    (Reason.OUTSIDE_WINDOW, {"send_until": NOW}),
    (Reason.BUDGET, {"budget_left_e4": 41_399}),
    (Reason.RULE_ARCHIVED, {"is_archived": True}),
    (Reason.WORKSPACE_LIMIT, {"workspace_limit": Use(count_max=3, window_hours=168, used=3)}),
    (Reason.NOT_VALID, {"valid_until": NOW}),
    (
        Reason.NOT_VALID,
        {"valid_from": NOW + timedelta(hours=2), "send_until": NOW + timedelta(hours=2)},
    ),
    (
        Reason.PUBLIC_HOLIDAY,
        {"window": replace(EVENING, closed_days=frozenset({TODAY})), "send_until": NOW + timedelta(hours=2)},
    ),
    (
        Reason.PUBLIC_HOLIDAY,
        {"window": replace(EVENING, closed_days=None), "send_until": NOW + timedelta(hours=2)},
    ),
    (
        Reason.OUTSIDE_WINDOW,
        {
            "window": replace(EVENING, closed_days=frozenset({TODAY})),
            "send_until": NOW + timedelta(minutes=5),
        },
    ),
    (Reason.COUPON_SPENT, {"is_coupon_spent": True}),
]

DEFERRALS: list[tuple[Reason, dict[str, Any], datetime]] = [
    (Reason.LEASE_LOST, {"lease_held": False}, NOW + RETRY),
    (Reason.STOPPED, {"stops": frozenset({"rule"})}, NOW + RETRY),
    (Reason.NUMBER_HELD, {"number_state": "held"}, NOW + RETRY),
    (Reason.NUMBER_HELD, {"number_state": "missing"}, NOW + RETRY),
    (Reason.TEMPLATE_UNUSABLE, {"template": replace(TEMPLATE, status="paused")}, NOW + RETRY),
    (
        Reason.TEMPLATE_UNUSABLE,
        {"template": replace(TEMPLATE, status="paused", paused_until=NOW + timedelta(hours=3))},
        NOW + timedelta(hours=3),
    ),
    (Reason.ACCOUNT_HELD, {"holds": (HoldState(kind="all", cause="ban"),)}, NOW + HOLD_RETRY),
    (
        Reason.ACCOUNT_HELD,
        {"holds": (HoldState(kind="marketing", cause="violation", until=NOW + timedelta(hours=9)),)},
        NOW + timedelta(hours=9),
    ),
    (
        Reason.QUIET_HOURS,
        {"quiet_hours": QuietHours(start_minute=19 * 60, end_minute=9 * 60)},
        datetime(2026, 11, 18, 8, 0, tzinfo=UTC),
    ),
    (Reason.OUTSIDE_WINDOW, {"window": EVENING}, datetime(2026, 11, 17, 19, 0, tzinfo=UTC)),
    (Reason.PORTFOLIO_LIMIT, {"portfolio_left": 0}, NOW + PORTFOLIO_RETRY),
    (Reason.WARM_UP, {"warm_up_left": 0}, NOW + PORTFOLIO_RETRY),
    (Reason.COUPON_POOL_LOW, {"coupons_left": 0}, NOW + PORTFOLIO_RETRY),
    (Reason.TEMPLATE_RAMP, {"ramp_next_at": NOW + timedelta(hours=1)}, NOW + timedelta(hours=1)),
    (Reason.NOT_VALID, {"valid_from": NOW + timedelta(hours=2)}, NOW + timedelta(hours=2)),
    (
        Reason.PUBLIC_HOLIDAY,
        {"window": replace(EVENING, closed_days=frozenset({TODAY})), "send_until": NOW + timedelta(hours=60)},
        datetime(2026, 11, 18, 19, 0, tzinfo=UTC),
    ),
]


def test_a_person_with_everything_in_order_is_allowed() -> None:
    assert decide(FINE, NOW) == Allowed()


@pytest.mark.parametrize(("reason", "changes"), DENIALS)
def test_each_denial_has_its_own_reason(reason: Reason, changes: dict[str, Any]) -> None:
    assert decide(replace(FINE, **changes), NOW) == Denied(reason)


@pytest.mark.parametrize(("reason", "changes", "until"), DEFERRALS)
def test_each_deferral_has_its_own_reason_and_instant(
    reason: Reason, changes: dict[str, Any], until: datetime
) -> None:
    assert decide(replace(FINE, **changes), NOW) == Deferred(reason, until)


@pytest.mark.parametrize(
    "changes",
    [
        {"budget_left_e4": None, "portfolio_left": None, "rule_limit": None, "caps": (), "quiet_hours": None},
        {"birth_date": None},
        {"valid_from": None, "valid_until": None, "workspace_limit": None},
        {
            "birth_date": date(2012, 6, 15),
            "purpose": Purpose.TRANSACTIONAL,
            "template": replace(TEMPLATE, category="utility"),
        },
        {"objects_to_profiling": True, "reads_behaviour": False},
        {
            "suppressions": stopped("marketing", "stop_word"),
            "purpose": Purpose.TRANSACTIONAL,
            "template": replace(TEMPLATE, category="utility", has_opt_out=False),
        },
    ],
)
def test_what_does_not_apply_forbids_nothing(changes: dict[str, Any]) -> None:
    assert decide(replace(FINE, **changes), NOW) == Allowed()


@pytest.mark.parametrize("name", sorted(FACT_NAMES))
def test_each_fact_unplugged_in_turn_defers(name: str) -> None:
    """H23: the gate fails closed."""
    assert decide(replace(FINE, unknown=frozenset({name})), NOW) == Deferred(
        Reason.FACTS_UNKNOWN, NOW + RETRY
    )


def test_every_fact_is_read_by_a_check() -> None:
    assert {name for step in CHECKS for name in step.reads} == FACT_NAMES


def test_an_unknown_fact_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="consents"):
        replace(FINE, unknown=frozenset({"consents"}))


def test_every_reason_can_be_reached() -> None:
    found = {reason for reason, _ in DENIALS} | {reason for reason, _, _ in DEFERRALS}
    # These have tests of their own; files are looked at before a request is made, and rivals of one rule by the plan.
    elsewhere = {Reason.FACTS_UNKNOWN, Reason.WINDOW_CLOSED, Reason.ALREADY_IN_RUN, *OF_FILES}
    assert found | elsewhere == set(Reason)


def test_a_hold_covers_only_the_kinds_of_messages_it_names() -> None:
    soon = NOW + timedelta(hours=1)
    utility = replace(TEMPLATE, category="utility", counted_as="utility")
    for kind, template, is_covered in (
        ("marketing", utility, False),
        ("utility", utility, True),
        ("utility", TEMPLATE, False),
        ("customer_initiated", TEMPLATE, False),
        # Announced as marketing, still counted as utility: both restrictions bind.
        ("utility", replace(TEMPLATE, counted_as="utility"), True),
        ("marketing", replace(TEMPLATE, counted_as="utility"), True),
        ("business_initiated", utility, True),
    ):
        hold: Any = HoldState(kind=kind, cause="restriction", until=soon)  # type: ignore[arg-type] - one of the kinds
        verdict = decide(replace(FINE, holds=(hold,), template=template), NOW)
        assert isinstance(verdict, Deferred if is_covered else Allowed), (kind, template)


def test_consent_follows_the_strictest_category_anybody_named() -> None:
    assert strictest_category("utility", "") == "utility"
    assert strictest_category("utility", "marketing") == "marketing"
    assert strictest_category("authentication", "utility") == "utility"
    assert strictest_category("utility", "something_new") == "marketing"
    assert strictest_category() == "marketing"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"purpose": Purpose.SERVICE, "suppressions": stopped("marketing", "stop_word")}, None),
        ({"suppressions": stopped("marketing", "stop_word")}, Reason.OPTED_OUT),
        ({"purpose": Purpose.SERVICE, "suppressions": stopped("all", "stop_word")}, Reason.OPTED_OUT),
        ({"consent": None}, Reason.NO_CONSENT),
        ({"holds": (HoldState(kind="business_initiated", cause="x"),)}, None),
        ({"holds": (HoldState(kind="customer_initiated", cause="x"),)}, Reason.ACCOUNT_HELD),
        ({"holds": (HoldState(kind="all", cause="x"),)}, Reason.ACCOUNT_HELD),
        ({"stops": frozenset({"rule"})}, Reason.STOPPED),
        ({"is_in_window": False}, Reason.WINDOW_CLOSED),
        ({"unknown": frozenset({"is_in_window"})}, Reason.FACTS_UNKNOWN),
    ],
)
def test_a_reply_needs_a_window_and_no_template(changes: dict[str, Any], reason: Reason | None) -> None:
    facts = replace(FINE, **{"is_reply": True, "is_in_window": True, "template": None, **changes})
    verdict = decide(facts, NOW)
    assert (None if isinstance(verdict, Allowed) else verdict.reason) == reason


def test_a_plan_shows_only_reasons_that_concern_people() -> None:
    of_the_gate_alone = {
        Reason.RULE_ARCHIVED,
        Reason.LEASE_LOST,
        Reason.STOPPED,
        Reason.PLAN_EXPIRED,
        Reason.NUMBER_HELD,
        Reason.ACCOUNT_HELD,
        Reason.TEMPLATE_CHANGED,
        Reason.NO_LONGER_MATCHES,
        Reason.FACTS_UNKNOWN,
        Reason.WINDOW_CLOSED,
        Reason.TEMPLATE_RAMP,
        Reason.WARM_UP,
        Reason.COUPON_SPENT,
        *OF_FILES,
    }
    assert set(WATERFALL) == set(Reason) - of_the_gate_alone


def failures() -> Iterator[tuple[int, dict[str, Any]]]:
    order = {
        reason: number
        for number, reason in enumerate(
            reason
            for reason in (
                Reason.LEASE_LOST,
                Reason.STOPPED,
                Reason.RULE_ARCHIVED,
                Reason.PLAN_EXPIRED,
                Reason.NUMBER_HELD,
                Reason.ACCOUNT_HELD,
                *WATERFALL[:13],
                Reason.TEMPLATE_UNUSABLE,
                Reason.TEMPLATE_CHANGED,
                Reason.NOT_DELIVERED_THERE,
                Reason.MISSING_PARAMETER,
                Reason.NO_LONGER_MATCHES,
                *WATERFALL[16:-1],
                Reason.COUPON_SPENT,
                Reason.COUPON_POOL_LOW,
                Reason.WARM_UP,
                Reason.TEMPLATE_RAMP,
            )
        )
    }
    for reason, changes, *_ in [*DENIALS, *DEFERRALS]:
        yield order[reason], changes


def test_the_first_reason_in_order_wins_over_every_later_one() -> None:
    """Two failures at once give the reason that comes first, whichever two they are."""
    ranked = list(failures())
    wrong = []
    for first_rank, first in ranked:
        for second_rank, second in ranked:
            if (
                first_rank < second_rank
                and not set(first) & set(second)
                and "purpose" not in {*first, *second}
            ):
                alone = decide(replace(FINE, **first), NOW)
                both = decide(replace(FINE, **{**second, **first}), NOW)
                if alone.reason is not both.reason:  # type: ignore[union-attr] - neither is allowed
                    wrong.append((first, second))
    assert wrong == []


def test_the_explanation_stops_where_the_verdict_falls() -> None:
    facts = replace(FINE, is_reachable=False, caps=(Use(count_max=1, window_hours=24, used=1),))
    checks = explain_checks(facts, NOW)
    names = [check.name for check in checks]
    assert names == [step.name for step in CHECKS]
    failed = names.index("reachability")
    assert [check.outcome for check in checks[:failed]] == ["passed"] * failed
    assert checks[failed].verdict == Denied(Reason.UNREACHABLE)
    assert checks[failed].facts == {"is_reachable": False}
    assert {check.outcome for check in checks[failed + 1 :]} == {"not reached"}


def test_the_explanation_of_an_unknown_fact_says_so() -> None:
    checks = explain_checks(replace(FINE, unknown=frozenset({"caps"})), NOW)
    capped = next(check for check in checks if check.name == "caps")
    assert capped.facts == {"caps": "unknown"}
    assert capped.outcome == "failed"


def test_somebody_comes_of_age_on_their_birthday_everywhere_on_earth() -> None:
    birthday = date(2008, 11, 17)
    early = datetime(2026, 11, 17, 11, 59, tzinfo=UTC)
    assert decide(
        replace(FINE, birth_date=birthday, quiet_hours=None, plan_expires_at=NOW, send_until=NOW), early
    ) == Denied(Reason.UNDER_AGE)
    assert birthday <= latest_birth_date(datetime(2026, 11, 17, 12, 0, tzinfo=UTC), 18)


def test_a_leap_day_has_an_answer() -> None:
    """F63: on 29 February there is no such day eighteen years earlier."""
    assert latest_birth_date(datetime(2028, 2, 29, 13, tzinfo=UTC), 18) == date(2010, 2, 28)


def test_facts_are_complete_by_construction() -> None:
    assert all(entry.default_factory is not None or entry.default is None for entry in fields(Facts))
    with pytest.raises(TypeError):
        Facts()  # type: ignore[call-arg] - every fact must be given
