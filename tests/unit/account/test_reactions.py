"""What each word of Meta about an account makes rest."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rulecast.account.reactions import NOTHING, HoldWord, LimitWord, reaction_of
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.webhook_facts import AccountFact

UNTIL = datetime(2026, 12, 1, tzinfo=UTC)


def fact(kind: str, event: str = "", **details: Any) -> AccountFact:
    named = {name.replace("__", "."): value for name, value in details.items()}
    return AccountFact(
        kind=kind, field="account_update", event=event, waba_id="77", until=UNTIL, details=named
    )


ASKED_AT = 1_795_000_000


@pytest.mark.parametrize(
    "expiration",
    [0, 1, "0", -5, "yesterday", "", None, [], {"a": 1}, 1e300, True, "9" * 40, ASKED_AT - 1, ASKED_AT],
)
def test_a_restriction_with_an_end_that_is_none_holds_until_a_person_looks(expiration: Any) -> None:
    restriction = {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": expiration}
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction]}
    entry = {"id": "77", "time": ASKED_AT, "changes": [{"field": "account_update", "value": value}]}
    parsed = parse_webhook(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    assert not parsed.is_broken
    (told,) = parsed.account_facts
    assert [(one.kind, one.until) for one in reaction_of(told).holds] == [("business_initiated", None)]


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (fact("restriction", restriction_type="RESTRICTED_BIZ_INITIATED_MESSAGING"), "business_initiated"),
        (
            fact("restriction", restriction_type="RESTRICTED_CUSTOMER_INITIATED_MESSAGING"),
            "customer_initiated",
        ),
        (fact("restriction", restriction_type="RESTRICTED_UTILITY_TEMPLATES"), "utility"),
        (fact("restriction", restriction_type="RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING"), "utility"),
        (fact("restriction", restriction_type="RESTRICTED_SOMETHING_NEW"), "all"),
        (fact("restriction", restriction_type="RESTRICTED_ADD_PHONE_NUMBER_ACTION"), None),
        (fact("restriction", restriction_type="RESTRICTED_BUSINESS_INITIATED_CALLING"), None),
    ],
)
def test_a_restriction_holds_its_kind_until_its_end(told: AccountFact, held: str | None) -> None:
    reaction = reaction_of(told)
    assert [(one.kind, one.until) for one in reaction.holds] == ([(held, UNTIL)] if held else [])
    assert reaction.incident
    assert reaction.steps


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (fact("violation", violation_info__violation_type="ADULT"), "business_initiated"),
        (fact("violation", violation_info__violation_type="UTILITY_TEMPLATE_ABUSE"), "utility"),
        (fact("ban", ban_info__waba_ban_state="DISABLE"), "all"),
        (fact("disconnected", "PARTNER_REMOVED"), "all"),
        (fact("review", "REJECTED"), "all"),
        (fact("problem", "131031", holds="waba"), "all"),
        (fact("problem", "131064", holds="waba", hold_kind="utility"), "utility"),
    ],
)
def test_what_needs_a_person_holds_until_somebody_resumes(told: AccountFact, held: str) -> None:
    reaction = reaction_of(told)
    assert [(one.kind, one.until, one.is_in_force) for one in reaction.holds] == [(held, None, True)]
    assert reaction.incident == reaction.holds[0].cause


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        (
            fact("violation", violation_info__violation_type="UTILITY_TEMPLATE_ABUSE_UNBAN"),
            "violation:UTILITY_TEMPLATE_ABUSE",
        ),
        (
            fact("violation", violation_info__violation_type="UTILITY_TEMPLATE_ABUSE_RATE_LIMIT_RECOVERY"),
            "violation:UTILITY_TEMPLATE_ABUSE_RATE_LIMIT",
        ),
        (fact("ban", ban_info__waba_ban_state="REINSTATE"), "ban"),
        (fact("connected", "ACCOUNT_RECONNECTED"), "disconnected"),
        (fact("review", "APPROVED"), "review"),
    ],
)
def test_a_word_taken_back_lifts_what_it_held(told: AccountFact, cause: str) -> None:
    reaction = reaction_of(told)
    assert reaction.holds == (HoldWord(cause=cause, is_in_force=False),)
    assert (reaction.incident, reaction.closes) == ("", cause)


def test_limits_and_quality_are_taken_as_told() -> None:
    assert reaction_of(fact("capability", messaging_limit=-1)).limits == (LimitWord(topic="people"),)
    upgraded = reaction_of(fact("number_quality", "THROUGHPUT_UPGRADE", messaging_limit=2000))
    assert {one.topic: one.value for one in upgraded.limits} == {
        "people": 2000,
        "quality": None,
        "throughput": 1000,
    }
    assert reaction_of(fact("number_quality", "FLAGGED")).incident == "quality"
    assert reaction_of(fact("number_quality", "UNFLAGGED")).closes == "quality"


def test_security_and_grave_alerts_call_a_person_and_hold_nothing() -> None:
    for told in (
        fact("security", "PIN_RESET_REQUEST"),
        fact("alert", "PROFILE_PICTURE_LOST", alert_info__alert_severity="CRITICAL"),
        fact("ban", ban_info__waba_ban_state="SCHEDULE_FOR_DISABLE"),
        fact("problem", "2593109", is_listed=False),
    ):
        assert reaction_of(told).incident
        assert reaction_of(told).holds == ()
    for told in (
        fact("username", "approved"),
        fact("volume_tier"),
        fact("something_new"),
        fact("connected", "VERIFIED_ACCOUNT"),
    ):
        assert reaction_of(told) == NOTHING
