"""How the simulator tells what happened: signed, grouped, repeated, out of order, but never untrue."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.simulated import CERTAIN, Bench, bench, read_ledger

from cloud_api_simulator import Behaviour, WebhookSettings

ASHA = "+212600000101"
PEOPLE = [f"+2126000{index:05d}" for index in range(60)]
LIVELY = Behaviour(
    without_whatsapp_rate=0.1, capped_rate=0.1, reply_rate=0.2, stop_text_rate=0.1, prefers_stop_rate=0.1
)


async def test_a_webhook_is_signed_over_its_escaped_raw_bytes(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("people", [{"phone": ASHA, "name": "أشا <Zoé> a@b/c"}])
        await running.send(ASHA)
        await running.settle()
        receiver = running.receiver
        body = receiver.bodies[0]
        assert receiver.signatures_are_right()
    assert body.isascii()
    assert b"\\u0623\\u0634\\u0627 \\u003cZo\\u00e9> a\\u0040b\\/c" in body
    value = json.loads(body)["entry"][0]["changes"][0]["value"]
    assert value["contacts"][0]["profile"]["name"] == "أشا <Zoé> a@b/c"
    assert json.dumps(json.loads(body)).encode() != body


async def test_a_status_carries_pricing_the_opaque_data_and_the_contact(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        _, answer = await running.send(ASHA)
        await running.settle()
        sent, delivered, read = running.receiver.entries("statuses")
        contacts = running.receiver.entries("contacts")
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
    assert (sent["status"], delivered["status"], read["status"]) == ("sent", "delivered", "read")
    assert sent["id"] == answer["messages"][0]["id"]
    assert sent["biz_opaque_callback_data"] == f"attempt of {ASHA}"
    assert (sent["pricing"], delivered["pricing"], read.get("pricing")) == (pricing, pricing, None)
    assert sent["timestamp"] <= delivered["timestamp"] <= read["timestamp"]
    assert contacts[0]["wa_id"] == "212600000101"
    assert contacts[0]["user_id"] == sent["recipient_user_id"]


async def test_a_failed_status_has_errors_but_neither_contact_nor_user_id(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("people", [{"phone": ASHA, "has_whatsapp": False}])
        await running.send(ASHA)
        await running.settle()
        status = running.receiver.entries("statuses")[0]
        assert running.receiver.entries("contacts") == []
    assert status["errors"][0]["code"] == 131026
    assert "recipient_user_id" not in status
    assert "pricing" not in status


@pytest.mark.parametrize(
    ("phone", "person", "code"),
    [
        ("+12125550123", {}, 131049),
        ("+14165550123", {}, None),
        (ASHA, {"capped": True}, 131049),
        (ASHA, {"stopped": True}, 131050),
    ],
)
async def test_f20_f26_marketing_fails_later_for_reasons_of_the_platform(
    tmp_path: Path, phone: str, person: dict[str, Any], code: int | None
) -> None:
    async with bench(tmp_path) as running:
        await running.control("people", [{"phone": phone, **person}])
        assert (await running.send(phone))[0] == 200
        await running.settle()
        status = running.receiver.entries("statuses")[0]
    assert status.get("errors", [{"code": None}])[0]["code"] == code


async def test_updates_travel_in_posts_of_the_set_size(tmp_path: Path) -> None:
    settings = WebhookSettings(updates_per_post_max=7)
    async with bench(tmp_path, webhooks=settings) as running:
        for phone in PEOPLE[:21]:
            await running.send(phone)
        await running.settle()
        counts = [body.count(b'"status":') for body in running.receiver.bodies]
    assert sum(counts) == 63
    assert max(counts) == 7


@pytest.mark.parametrize("grouping", ["value", "change", "entry"])
async def test_every_grouping_carries_the_same_updates(tmp_path: Path, grouping: str) -> None:
    async with bench(tmp_path, webhooks=WebhookSettings(grouping=grouping)) as running:
        for phone in PEOPLE[:5]:
            await running.send(phone)
        await running.settle()
        statuses = running.receiver.statuses()
        assert running.receiver.signatures_are_right()
    assert len(set(statuses)) == len(statuses) == 15


async def outcomes(running: Bench, phones: list[str]) -> dict[str, list[str]]:
    for phone in phones:
        await running.send(phone)
    await running.settle()
    seen: dict[str, list[str]] = {}
    for row in running.ledger():
        if row["kind"] == "update":
            seen.setdefault(row["phone"], []).append(
                f"{row['update']} {row.get('code')} {row.get('opt_out')}"
            )
    return seen


async def test_the_same_seed_gives_the_same_outcomes_in_any_order(tmp_path: Path) -> None:
    async with bench(tmp_path / "first", behaviour=LIVELY) as running:
        first = await outcomes(running, PEOPLE)
    async with bench(tmp_path / "second", behaviour=LIVELY, speed=300_000) as running:
        second = await outcomes(running, PEOPLE[::-1])
    async with bench(tmp_path / "third", behaviour=LIVELY, seed=2) as running:
        third = await outcomes(running, PEOPLE)
    assert first == second
    assert first != third
    assert {"failed 131026 None", "failed 131049 None", "text None text"} <= {
        one for many in first.values() for one in many
    }


async def test_f35_f36_duplicates_and_reordering_change_no_fact(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("faults", {"webhooks": {"duplicate_rate": 0.5, "reorder_rate": 0.5}})
        for phone in PEOPLE:
            await running.send(phone)
        await running.settle()
        statuses = running.receiver.statuses()
        rows = running.ledger()
    expected = {(phone[1:], status) for phone in PEOPLE for status in ("sent", "delivered", "read")}
    assert set(statuses) == expected
    assert len(statuses) > len(expected)
    assert len(statuses) == len(expected) + sum(row.get("duplicated", False) for row in rows)
    first_places = {entry: statuses.index(entry) for entry in expected}
    late = [one for one in PEOPLE if first_places[one[1:], "sent"] > first_places[one[1:], "read"]]
    assert late


async def test_lost_webhooks_are_in_the_ledger_and_never_arrive(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("faults", {"webhooks": {"lost_rate": 0.3}})
        for phone in PEOPLE[:20]:
            await running.send(phone)
        await running.settle()
        updates = [row for row in running.ledger() if row["kind"] == "update"]
        lost = {(row["phone"], row["update"]) for row in updates if row.get("lost")}
        arrived = set(running.receiver.statuses())
    assert lost
    assert not lost & arrived
    assert len(lost) + len(arrived) == 60


async def test_f43_a_webhook_is_repeated_until_it_is_answered_with_200(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        running.receiver.answer = lambda count: 503 if count <= 6 else 200
        await running.send(ASHA)
        await running.settle()
        statuses = running.receiver.statuses()
        rows = running.ledger()
    assert sorted(set(statuses)) == sorted(statuses)
    assert [status for _, status in statuses].count("sent") == 1
    assert running.receiver.refused == 6
    assert sum(row["kind"] == "webhook_refused" for row in rows) == 6
    assert {one for row in rows if row["kind"] == "acknowledged" for one in row["updates"]} == {1, 2, 3}


async def test_the_handshake_sends_token_and_challenge(tmp_path: Path) -> None:
    async with bench(tmp_path, webhooks=WebhookSettings(verify_at_start=True)) as running:
        query = running.receiver.queries[0]
    assert query["hub.mode"] == "subscribe"
    assert query["hub.verify_token"] == "verify"
    assert query["hub.challenge"].isdigit()


async def test_after_the_stop_the_ledger_holds_every_request_and_acknowledgement(tmp_path: Path) -> None:
    async with bench(tmp_path, behaviour=replace(CERTAIN, reply_rate=0.5)) as running:
        answers = [await running.send(phone) for phone in PEOPLE]
        wrong = await running.send(ASHA, template="unknown")
        await running.settle()
        inbound = running.receiver.entries("messages")
        statuses = running.receiver.entries("statuses")
    rows = read_ledger(tmp_path / "ledger.jsonl")
    requests = [row for row in rows if row["kind"] == "request"]
    assert [row["wamid"] for row in requests[:-1]] == [body["messages"][0]["id"] for _, body in answers]
    assert (requests[-1]["outcome"], requests[-1]["code"]) == ("refused", wrong[1]["error"]["code"])
    assert all(row["real"] > 0 and row["virtual"] > 0 for row in requests)
    updates = {row["id"]: row for row in rows if row["kind"] == "update"}
    acknowledged = [one for row in rows if row["kind"] == "acknowledged" for one in row["updates"]]
    assert sorted(acknowledged) == sorted(updates)
    assert len(acknowledged) == len(statuses) + len(inbound)
    assert {row["wamid"] for row in updates.values() if row["update"] == "text"} == {
        item["id"] for item in inbound
    }
    assert (rows[0]["kind"], rows[-1]["kind"]) == ("started", "stopped")
