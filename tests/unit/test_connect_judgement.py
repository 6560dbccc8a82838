"""What Meta's answers about token, number and account mean for somebody who connects a number."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rulecast.collect.parse_webhook import parse_webhook
from rulecast.config import Settings
from rulecast.template import MessageTemplate, read_parts
from rulecast.values.ids import TemplateId
from rulecast.wiring.connect import Outcome, Step
from rulecast.wiring.connect.explain import explain, explain_code
from rulecast.wiring.connect.graph import GraphDoor
from rulecast.wiring.connect.hello import choose_template, judge_hello
from rulecast.wiring.connect.judge import (
    judge_account,
    judge_health,
    judge_number,
    judge_token,
    people_per_day_of,
    read_token,
    throughput_of,
)
from rulecast.wiring.connect.store import HelloRow
from rulecast.wiring.connect.subscribe import FIELDS_NEEDED, FIELDS_NEWER, Callback, subscribe

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD = {
    "status": "CONNECTED",
    "verified_name": "Lucky Shrub",
    "quality_rating": "GREEN",
    "name_status": "APPROVED",
    "code_verification_status": "VERIFIED",
    "platform_type": "CLOUD_API",
    "throughput": {"level": "STANDARD"},
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "word"),
    [
        ({}, Outcome.DONE, ""),
        ({"status": "UNVERIFIED"}, Outcome.REFUSED, "two-step"),
        ({"status": "BANNED"}, Outcome.REFUSED, "appeal"),
        ({"status": "FLAGGED"}, Outcome.NOTE, "FLAGGED"),
        ({"platform_type": "ON_PREMISE"}, Outcome.REFUSED, "Migrate"),
        ({"quality_rating": "RED"}, Outcome.NOTE, "block or report"),
        ({"name_status": "DECLINED"}, Outcome.NOTE, "131037"),
        ({"code_verification_status": "NOT_VERIFIED"}, Outcome.NOTE, "code"),
        ({"is_on_biz_app": True}, Outcome.NOTE, "20 messages a second"),
    ],
)
def test_a_number_is_judged_by_what_keeps_it_from_sending(
    changes: Mapping[str, Any], outcome: Outcome, word: str
) -> None:
    step = judge_number({**GOOD, **changes})
    assert step.outcome is outcome
    assert word in step.what_to_do
    assert outcome is Outcome.REFUSED or "2,000 people a day" in step.what


def test_throughput_and_limit_are_read_from_their_levels() -> None:
    assert throughput_of(GOOD) == 80
    assert throughput_of({"throughput": {"level": "HIGH"}}) == 1000
    assert throughput_of({"throughput": {"level": "HIGH"}, "is_on_biz_app": True}) == 20
    tiers = {
        "TIER_250": 250,
        "TIER_10K": 10_000,
        "TIER_100K": 100_000,
        "TIER_UNLIMITED": None,
        None: None,
        "x": None,
    }
    for tier, people in tiers.items():
        assert people_per_day_of({"whatsapp_business_manager_messaging_limit": tier}) == people


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        ({"is_valid": True, "expires_at": 0}, Outcome.DONE),
        ({"is_valid": True, "expires_at": int((NOW + timedelta(days=60)).timestamp())}, Outcome.DONE),
        ({"is_valid": True, "expires_at": int((NOW + timedelta(days=3)).timestamp())}, Outcome.NOTE),
        ({"is_valid": True, "expires_at": int((NOW - timedelta(days=3)).timestamp())}, Outcome.REFUSED),
        ({"is_valid": False, "expires_at": 0}, Outcome.REFUSED),
        ({"is_valid": True, "scopes": ["business_management"]}, Outcome.REFUSED),
        ({}, Outcome.REFUSED),
    ],
)
def test_a_token_needs_validity_two_scopes_and_time(data: Mapping[str, Any], outcome: Outcome) -> None:
    scopes = ["whatsapp_business_messaging", "whatsapp_business_management"]
    assert judge_token(read_token({"data": {"scopes": scopes, **data}}), NOW).outcome is outcome


def test_accounts_of_a_token_are_those_it_was_granted() -> None:
    granted = [
        {"scope": "whatsapp_business_management", "target_ids": ["1", "2"]},
        {"scope": "whatsapp_business_messaging", "target_ids": ["2"]},
        {"scope": "business_management", "target_ids": ["3"]},
        {"scope": "whatsapp_business_management"},
    ]
    assert read_token({"data": {"granular_scopes": granted}}).accounts == ("1", "2")
    assert read_token({}).accounts == ()


def test_the_worst_part_decides_on_health_and_says_what_to_do() -> None:
    entities = [
        {"entity_type": "PHONE_NUMBER", "can_send_message": "AVAILABLE"},
        {
            "entity_type": "WABA",
            "can_send_message": "LIMITED",
            "additional_info": ["There is no payment method."],
        },
        {
            "entity_type": "BUSINESS",
            "can_send_message": "BLOCKED",
            "errors": [{"error_code": 131031, "possible_solution": "Appeal."}],
        },
    ]
    blocked = judge_health({"can_send_message": "BLOCKED", "entities": entities}, name="x")
    assert blocked.outcome is Outcome.REFUSED
    assert "waba: There is no payment method." in blocked.what
    assert "131031" in blocked.what
    assert "Billing" in blocked.what_to_do
    assert "Appeal." in blocked.what_to_do
    limited = judge_health({"can_send_message": "LIMITED", "entities": entities[:2]}, name="x")
    assert limited.outcome is Outcome.NOTE
    assert judge_health({}, name="x").outcome is Outcome.DONE
    assert judge_account({"account_review_status": "PENDING"}).outcome is Outcome.NOTE
    assert judge_account({"account_review_status": "REJECTED"}).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "code", [0, 4, 10, 33, 100, 101, 190, 200, 368, 2200, 131030, 131037, 131042, 133010]
)
def test_every_usual_refusal_has_its_words(code: int) -> None:
    what, what_to_do = explain({"code": code, "message": "(#1) Meta\nsays"})
    assert what.endswith(f"Meta says ({code}): (#1) Meta says")
    assert what_to_do
    assert explain_code(code)[0] != explain_code(-1)[0]


def test_an_unknown_refusal_keeps_meta_s_words_and_a_missing_object_is_told_as_one() -> None:
    assert "Meta refused it." in explain({"code": 424242})[0]
    assert "no such object" in explain({"code": 100, "error_subcode": 33})[0]
    assert explain({"code": 131030, "error_data": {"details": "why"}, "message": "m"})[0].endswith("why")


def template(
    name: str, language: str, *, category: str = "utility", body: str = "Hello.", status: str = "approved"
) -> MessageTemplate:
    components = ({"type": "BODY", "text": body},)
    return MessageTemplate(
        template_id=TemplateId(1),
        name=name,
        language=language,
        category=category,
        status=status,
        components=components,
        links={},
        parts=read_parts(list(components)),
    )


def test_the_hello_is_never_marketing_and_asks_for_nothing() -> None:
    offered = [
        template("hello_world", "de"),
        template("hello_world", "en_US"),
        template("offer", "fr", category="marketing"),
        template("order", "fr", body="Your order {{1}} has been sent."),
        template("late", "fr", status="paused"),
    ]

    def chosen(name: str | None, language: str = "fr") -> str:
        found = choose_template(offered, name, language)
        return found.what if isinstance(found, Step) else found.language

    assert chosen(None) == "en_US"
    assert chosen(None, "de") == "de"
    assert "needs consent" in chosen("offer")
    assert "cannot be sent" in chosen("order")
    assert "cannot be sent" in chosen("late")
    assert "no template other" in chosen("other")


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"state": "planned"}, Outcome.WAITING),
        ({"state": "accepted"}, Outcome.WAITING),
        ({"state": "accepted", "is_sent": True}, Outcome.NOTE),
        ({"state": "accepted", "is_sent": True, "is_delivered": True}, Outcome.DONE),
        ({"state": "accepted", "is_sent": True, "failed_code": 131026}, Outcome.REFUSED),
        ({"state": "refused", "error_code": 131030}, Outcome.REFUSED),
        ({"state": "cancelled", "reason": "suppressed"}, Outcome.REFUSED),
        ({"state": "deferred", "reason": "quiet_hours"}, Outcome.WAITING),
        ({"state": "cancelled", "reason": "a word of tomorrow"}, Outcome.REFUSED),
    ],
)
def test_the_newest_word_about_the_hello_decides(changes: Mapping[str, Any], outcome: Outcome) -> None:
    nothing: dict[str, Any] = {
        "contact_id": 1,
        "reason": "",
        "error_code": 0,
        "is_sent": False,
        "is_delivered": False,
        "is_read": False,
        "failed_code": None,
    }
    assert judge_hello(HelloRow(**{**nothing, **changes})).outcome is outcome
    assert judge_hello(None).outcome is Outcome.REFUSED


def test_every_subscribed_field_is_one_the_receiver_reads() -> None:
    for field in (*FIELDS_NEEDED, *FIELDS_NEWER):
        body = b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"%s","value":{}}]}]}'
        parsed = parse_webhook(body % field.encode())
        assert "nothing acts upon" not in {one.reason[-17:] for one in parsed.unread}, field


async def test_an_open_line_for_webhooks_is_refused_before_meta_is_asked() -> None:
    callback = Callback(
        app_id="1", waba_id="2", url="http://shop.example/webhook", app_secret="s", verify_token="v"
    )
    async with GraphDoor.open(Settings(graph_base_url="https://127.0.0.1:9")) as door:
        step = await subscribe(door, callback, is_open_line_allowed=False)
    assert (step.outcome, "https" in step.what) == (Outcome.REFUSED, True)
    assert "'s'" not in repr(callback)
