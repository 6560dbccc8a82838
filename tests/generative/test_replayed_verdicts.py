"""A stored decision can be made again and gives the same answer and reason (P15)."""

import json
import math
import random
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rulecast.gate.replay_verdict import Answer, _facts, replay_verdict
from rulecast.gate.verdict_json import facts_json
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

DECISIONS = 4000
NOW = datetime(2026, 11, 17, 18, 55, 3, 123_456, tzinfo=UTC)
LATER = NOW + timedelta(hours=30)
EARLIER = NOW - timedelta(hours=2)
FORTNIGHT = frozenset({date(2026, 11, 19), date(2026, 11, 24), date(2026, 11, 26)})
CHRISTMAS = frozenset({date(2026, 11, 18), date(2026, 12, 25), date(2030, 1, 1)})
PLACES = (
    ("Europe/Paris", "FR"),
    ("", "BR"),
    ("", ""),
    ("", "XX"),
    ("asia/kathmandu", "NP"),
    ("nowhere", "MA"),
)

# What each fact can be; the first is what lets a message pass, and is drawn most often.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "purpose": tuple(Purpose),
    "lease_held": (True, False),
    "stops": (frozenset(), frozenset({"all", "rule"})),
    "is_archived": (False, True),
    "plan_expires_at": (LATER, EARLIER),
    "number_state": ("active", "held", "missing"),
    "holds": (
        (),
        (HoldState(kind="utility", cause="x", until=None),),
        (HoldState(kind="marketing", cause="code:1", until=LATER), HoldState(kind="all", cause="y")),
        (HoldState(kind="business_initiated", cause="z", until=NOW + timedelta(hours=1)),),
    ),
    "consent": (
        ConsentState(consent_id=ConsentId(7), status=ConsentStatus.GRANTED, is_proven=True),
        None,
        ConsentState(consent_id=ConsentId(8), status=ConsentStatus.WITHDRAWN, is_proven=True),
        ConsentState(consent_id=ConsentId(9), status=ConsentStatus.GRANTED, is_proven=False),
        ConsentState(consent_id=ConsentId(1), status=ConsentStatus.GRANTED, is_proven=True, is_expired=True),
    ),
    "suppressions": (
        (),
        (SuppressionState(scope="marketing", cause="stop_word"),),
        (SuppressionState(scope="all", cause="agent"),),
    ),
    "objects_to_profiling": (False, True),
    "reads_behaviour": (False, True),
    "birth_date": (None, date(1990, 4, 2), date(2012, 2, 29)),
    "age_minimum": (18, 0, 21),
    "is_restricted": (False, True),
    "is_reachable": (True, False),
    "template": (
        TemplateState(status="approved", category="marketing", has_opt_out=True, is_unchanged=True),
        TemplateState(
            status="approved", category="utility", has_opt_out=False, is_unchanged=True, counted_as="utility"
        ),
        TemplateState(
            status="approved", category="marketing", has_opt_out=True, is_unchanged=True, counted_as="utility"
        ),
        TemplateState(
            status="paused", category="marketing", has_opt_out=True, is_unchanged=True, paused_until=LATER
        ),
        TemplateState(status="paused", category="utility", has_opt_out=True, is_unchanged=False),
        None,
    ),
    "has_all_parameters": (True, False),
    "matches": (True, False),
    "lost_to": (
        None,
        LostTo(rule_name="vip", margin=3),
        LostTo(rule_name="vip", margin=0, score_margin=math.inf),
    ),
    "in_holdout": (False, True),
    "rule_limit": (
        None,
        Use(count_max=1, window_hours=24, used=0),
        Use(count_max=1, window_hours=24, used=1),
    ),
    "workspace_limit": (None, Use(count_max=2, window_hours=24, used=2)),
    "caps": ((), (Use(count_max=2, window_hours=24, used=1),), (Use(count_max=2, window_hours=24, used=2),)),
    "valid_from": (None, EARLIER, LATER),
    "valid_until": (None, LATER, EARLIER),
    "local_clock": PLACES,
    "quiet_hours": (
        None,
        QuietHours(start_minute=21 * 60, end_minute=9 * 60),
        QuietHours(
            start_minute=21 * 60, end_minute=9 * 60, own=QuietHours(start_minute=600, end_minute=1200)
        ),
    ),
    "window": (
        None,
        SendingWindow(weekdays=frozenset(range(7)), start_minute=0, end_minute=24 * 60),
        SendingWindow(weekdays=frozenset({1, 3}), start_minute=600, end_minute=720, closed_days=CHRISTMAS),
        SendingWindow(weekdays=frozenset({2}), start_minute=600, end_minute=720, closed_days=None),
        SendingWindow(weekdays=frozenset({1, 3}), start_minute=600, end_minute=720, closed_days=FORTNIGHT),
    ),
    "send_until": (LATER, NOW + timedelta(days=9), NOW, NOW + timedelta(days=80)),
    "price_e4": (41_400, 0),
    "budget_left_e4": (None, 41_400, 100),
    "portfolio_left": (None, 5, 0),
    "portfolio_free_at": (None, LATER, EARLIER),
    "warm_up_left": (None, 5, 0),
    "rests": (
        (),
        (RestState(kind="marketing", code=131049, until=LATER),),
        (RestState(kind="all", code=131026, until=EARLIER),),
    ),
    "is_delivered_there": (True, False),
    "ramp_next_at": (None, LATER, EARLIER),
    "coupons_left": (None, 3, 0),
    "is_coupon_spent": (False, True),
    "is_reply": (False, True),
    "is_in_window": (False, True),
    "unknown": (frozenset(), frozenset({"consent"}), frozenset({"caps", "window"})),
}


def drawn(chance: random.Random) -> tuple[Facts, str, str]:
    # Few facts differ from what passes, so that every check is reached.
    strange = chance.choice((0.02, 0.05, 0.15))
    values = {
        name: chance.choice(options) if chance.random() < strange else options[0]
        for name, options in OPTIONS.items()
    }
    zone, country = values["local_clock"]
    values["local_clock"] = local_clock(zone, country, workspace_zone="Africa/Casablanca")
    if not values["is_reply"]:
        # Kept of replies alone: of other messages it is never looked at.
        values["is_in_window"] = False
    return Facts(**values), zone, country


def answer_of(facts: Facts) -> Answer:
    match decide(facts, NOW):
        case Allowed():
            return Answer("allowed", "", None)
        case Denied(reason=reason):
            return Answer("denied", reason.value, None)
        case Deferred(reason=reason, until=until):
            return Answer("deferred", reason.value, until)


def test_every_fact_of_a_decision_is_drawn() -> None:
    assert set(OPTIONS) == {one.name for one in fields(Facts)}


def test_a_stored_decision_gives_the_same_answer_again_p15() -> None:
    chance = random.Random(15)
    reasons = set()
    for _ in range(DECISIONS):
        facts, zone, country = drawn(chance)
        text = facts_json(facts, zone=zone, country=country, now=NOW)
        answer = answer_of(facts)
        reasons.add(answer.reason)
        assert replay_verdict(text, NOW) == answer
    assert len(reasons) >= 30


def test_every_fact_that_decides_comes_back_from_the_ledger() -> None:
    chance = random.Random(16)
    for _ in range(DECISIONS // 4):
        facts, zone, country = drawn(chance)
        kept = json.loads(facts_json(facts, zone=zone, country=country, now=NOW))
        assert _facts(kept) == with_near_days(facts)


def with_near_days(facts: Facts) -> Facts:
    """Of the days on which a window is closed only the near ones are kept: the others decide nothing."""
    window = facts.window
    if window is None or not window.closed_days:
        return facts
    near = frozenset(day for day in window.closed_days if -2 <= (day - NOW.date()).days <= 101)
    return replace(facts, window=replace(window, closed_days=near))
