"""The quick way through a body takes ordinary statuses and nothing else, and tells what the thorough one tells."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.webhooks.corpus import cases
from tests.webhooks.invariants import check_plain, mutate

from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.plain_statuses import parse_plain

PRICING = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
STATUS = {
    "id": "wamid.HBgLMjEyNjEyMDAwMDAx",
    "status": "delivered",
    "timestamp": "1795000000",
    "recipient_id": "212612000001",
    "recipient_user_id": "MA.13491208655302741918",
    "biz_opaque_callback_data": "AAECAwQFBgcICQoLDA0ODw",
    "pricing": PRICING,
}
VALUE = {
    "messaging_product": "whatsapp",
    "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
}


def written(*statuses: Any, separators: tuple[str, str] = (",", ":"), **beside: Any) -> bytes:
    value = {**VALUE, "statuses": list(statuses), **beside}
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    document = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(document, separators=separators).encode()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in STATUS.items() if key != name}


ORDINARY = [
    STATUS,
    without("pricing"),
    without("biz_opaque_callback_data"),
    {**STATUS, "status": "read"},
    {**STATUS, "status": "sent", "recipient_id": None},
    {**STATUS, "biz_opaque_callback_data": "another sender's"},
    {**STATUS, "pricing": {"type": "regular", "category": "marketing_lite"}},
    {
        **STATUS,
        "conversation": {"id": "x", "origin": {"type": "utility"}, "expiration_timestamp": "1795086400"},
    },
]
EXTRAORDINARY = [
    *({**STATUS, "status": word} for word in ("played", "failed", "Sent", "", None, 1)),
    *({**STATUS, "timestamp": at} for at in (1795000000, "1795000000000", "٣٣٣٣", "-1", "", None, "1e9")),
    *({**STATUS, "id": wamid} for wamid in ("", "é", "a\nb", "x" * 513, None, 7)),
    *({**STATUS, "pricing": {**PRICING, **other}} for other in ({"billable": False}, {"billable": None})),
    {**STATUS, "pricing": {**PRICING, "type": "free_entry_point"}},
    {**STATUS, "pricing": {**PRICING, "category": "service"}},
    {**STATUS, "pricing": {}},
    {**STATUS, "pricing": None},
    {**STATUS, "errors": []},
    {**STATUS, "errors": [{"code": 131050}]},
    {**STATUS, "recipient_type": "group"},
    without("id"),
    without("timestamp"),
    None,
]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" , ", " : ")])
def test_ordinary_statuses_are_read_as_the_thorough_way_reads_them(separators: tuple[str, str]) -> None:
    for statuses in (ORDINARY, *([one] for one in ORDINARY)):
        body = written(*statuses, separators=separators)
        plain = parse_plain(body)
        assert plain is not None
        assert len(plain) == len(statuses)
        check_plain(body, parse_webhook(body))


@pytest.mark.parametrize("status", EXTRAORDINARY, ids=repr)
def test_one_status_that_is_not_ordinary_leaves_the_body_to_the_thorough_way(status: Any) -> None:
    assert parse_plain(written(STATUS, status)) is None


@pytest.mark.parametrize(
    "beside", [{"messages": []}, {"errors": [{"code": 1}]}, {"user_preferences": []}, {"something": 1}]
)
def test_whatever_stands_beside_statuses_leaves_the_body_to_the_thorough_way(beside: dict[str, Any]) -> None:
    assert parse_plain(written(STATUS, **beside)) is None


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"id":"wamid', b'"id":"another","id":"wamid'),
        (b'"status":"delivered"', b'"status":"sent","status":"delivered"'),
        (b'"status":"delivered"', b'"\\u0073tatus":"sent","status":"delivered"'),
        (b'"type":"regular"', b'"type":"regular","type":"regular"'),
        (b'"contacts":[{"a":1}]', b'"contacts":[{"a":1,"a":2}]'),
        (b'"contacts":[{"a":1}]', b'"contacts":[{"a":1,"a":"\\u0022\\u0022"}]'),
    ],
)
def test_a_repeated_key_is_left_to_the_thorough_way_which_quarantines_it_f40(
    once: bytes, twice: bytes
) -> None:
    body = written(STATUS, contacts=[{"a": 1}])
    assert parse_plain(body) is not None
    repeated = body.replace(once, twice)
    assert repeated != body
    assert parse_plain(repeated) is None
    assert parse_webhook(repeated).is_broken


@settings(max_examples=300)
@given(st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=3), st.integers(0, 2**32))
def test_ordinary_bodies_changed_at_random_tell_the_same_both_ways_f41(
    statuses: list[dict[str, Any]], seed: int
) -> None:
    chance = random.Random(seed)
    body = written(*statuses)
    for _ in range(3):
        body = mutate(body, chance)
        check_plain(body, parse_webhook(body))


def test_most_bodies_of_statuses_in_the_corpus_go_the_quick_way() -> None:
    bodies = [case.body for case in cases() if parse_webhook(case.body).statuses]
    assert sum(parse_plain(body) is not None for body in bodies) >= len(bodies) // 4
