"""Who people are to a business: phones that are missing, numbers and user ids that change, anything they may send."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.simulated import NUMBER, Bench, bench, message

from cloud_api_simulator.clock import wait_until

ASHA = "+212600000101"
NEW_PHONE = "+212600000999"


def by_user(user_id: str) -> dict[str, Any]:
    body = message(ASHA)
    del body["to"]
    return {**body, "recipient": user_id}


def values(running: Bench) -> list[dict[str, Any]]:
    return [
        change["value"]
        for body in running.receiver.bodies
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
    ]


async def person(running: Bench) -> dict[str, Any]:
    async with running.client.get(f"{running.url}/_control/phones/{ASHA}") as answer:
        shown: dict[str, Any] = await answer.json()
        return shown


async def test_a_user_with_a_username_has_no_phone_in_webhooks_until_one_is_used(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        described = {"phone": ASHA, "username": "asha", "parent_bsuid": "MA.ENT.77", "will_reply": "Bonjour"}
        await running.control("people", [described])
        user_id = (await person(running))["bsuid"]
        status, _ = await running.post(by_user("MA.ENT.77"))
        await running.settle()
        hidden = values(running)
        inbound = running.receiver.entries("messages")[0]
        receipts = running.receiver.entries("statuses")
        contacts = running.receiver.entries("contacts")
        running.receiver.bodies.clear()
        await running.send(ASHA)
        await running.settle()
        shown = running.receiver.entries("statuses")
        book = (await person(running))["in_contact_book"]
    assert status == 200
    assert ASHA[1:] not in json.dumps([value.get("contacts") for value in hidden])
    assert "from" not in inbound
    assert (inbound["from_user_id"], inbound["from_parent_user_id"]) == (user_id, "MA.ENT.77")
    assert all("recipient_id" not in one and one["recipient_user_id"] == user_id for one in receipts)
    assert receipts[0]["recipient_parent_user_id"] == "MA.ENT.77"
    assert all("wa_id" not in one for one in contacts)
    assert "asha" in {one["profile"].get("username") for one in contacts}
    assert {one["recipient_id"] for one in shown} == {ASHA[1:]}
    assert book is True


async def test_a_share_of_people_is_named_by_user_id_alone_when_asked(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("faults", {"quirks": {"phoneless_rate": 1.0, "clock_skew_seconds": -86400}})
        before = running.simulator.world.clock.now()
        await running.send(ASHA)
        await running.settle()
        statuses = running.receiver.entries("statuses")
    assert all("recipient_id" not in one for one in statuses)
    assert all(int(one["timestamp"]) < before - 80000 for one in statuses[:1])


async def test_a_changed_number_is_told_as_a_system_message_and_as_a_new_user_id(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=1) as running:
        old = (await person(running))["bsuid"]
        told = await running.control(f"phones/{ASHA}/change_number", {"to": NEW_PHONE})
        await running.control(f"phones/{NEW_PHONE}/say", {"text": "C'est moi"})
        await running.settle()
        system, said = running.receiver.entries("messages")
        update = running.receiver.entries("user_id_update")[0]
        refused, body = await running.post(by_user(old))
    assert system["system"]["type"] == "user_changed_number"
    assert (system["from"], system["system"]["wa_id"]) == (ASHA[1:], NEW_PHONE[1:])
    assert system["system"]["user_id"] == told["bsuid"] != old
    assert update["user_id"] == {"previous": old, "current": told["bsuid"]}
    assert (said["from"], said["from_user_id"]) == (NEW_PHONE[1:], told["bsuid"])
    assert (refused, body["error"]["code"]) == (400, 131009)


async def test_a_new_user_id_keeps_the_phone(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=1) as running:
        old = (await person(running))["bsuid"]
        told = await running.control(f"phones/{ASHA}/change_user_id", {})
        await running.settle()
        update = running.receiver.entries("user_id_update")[0]
        status, _ = await running.post(by_user(told["bsuid"]))
        again = (await person(running))["bsuid"]
    assert update["wa_id"] == ASHA[1:]
    assert update["user_id"]["previous"] == old
    assert (status, again) == (200, told["bsuid"])


@pytest.mark.parametrize(
    "body",
    [
        {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}},
        {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "\U0001f62e"}},
        {"type": "location", "location": {"latitude": 33.5, "longitude": -7.6}},
        {"type": "order", "order": {"catalog_id": "1", "text": "", "product_items": []}},
        {"type": "edit", "edit": {"original_message_id": "wamid.X"}},
        {"type": "unsupported", "unsupported": {"type": "poll"}},
    ],
    ids=lambda body: str(body["type"]),
)
async def test_a_phone_may_send_anything(tmp_path: Path, body: dict[str, Any]) -> None:
    async with bench(tmp_path, speed=1) as running:
        told = await running.control(f"phones/{ASHA}/send", {**body, "context": "wamid.X"})
        await running.settle()
        item = running.receiver.entries("messages")[0]
    assert (item["id"], item["type"]) == (told["wamid"], body["type"])
    assert item[body["type"]] == body[body["type"]]
    assert item["context"]["id"] == "wamid.X"


async def test_a_button_or_a_row_of_an_interactive_message_is_answered(tmp_path: Path) -> None:
    rows = [
        {"id": "express", "title": "Express", "description": "Demain"},
        {"id": "normal", "title": "Normal"},
    ]
    listed = {
        "type": "list",
        "body": {"text": "Comment livrer ?"},
        "action": {"button": "Choisir", "sections": [{"title": "Modes", "rows": rows}]},
    }
    buttons = {
        "type": "button",
        "body": {"text": "Encore ?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Oui"}}]},
    }
    async with bench(tmp_path, speed=1) as running:
        for interactive, tap in ((listed, {"payload": "express"}), (buttons, {"index": 0})):
            body = {
                "messaging_product": "whatsapp",
                "to": ASHA,
                "type": "interactive",
                "interactive": interactive,
            }
            assert (await running.post(body))[0] == 200
            await running.control(f"phones/{ASHA}/tap", tap)
        assert await _count(running, 2)
        async with running.client.get(f"{running.url}/phones/{ASHA}") as answer:
            page = await answer.text()
        replies = [item["interactive"] for item in running.receiver.entries("messages")]
    assert replies == [
        {"type": "list_reply", "list_reply": rows[0]},
        {"type": "button_reply", "button_reply": {"id": "yes", "title": "Oui"}},
    ]
    assert "Express — Demain" in page


async def _count(running: Bench, wanted: int) -> bool:
    return await wait_until(lambda: len(running.receiver.entries("messages")) == wanted, seconds=10)


async def test_several_apps_get_webhooks_signed_with_their_own_secrets(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        app = {"app_id": "2", "url": running.receiver.url, "secret": "other", "fields": ["messages"]}
        await running.control("apps", app)
        await running.send(ASHA)
        await running.control("webhook", {"field": "security", "sample": "PIN_CHANGED"})
        await running.settle()
        statuses = running.receiver.statuses()
        right = running.receiver.signatures_are_right()
        names = [row.get("app") for row in running.ledger() if row["kind"] == "acknowledged"]
        bodies = list(running.receiver.bodies)
    assert sorted(statuses) == sorted([(ASHA[1:], one) for one in ("sent", "delivered", "read")] * 2)
    assert not right
    assert {None, "2"} == set(names)
    assert sum(b'"security"' in body for body in bodies) == 1


async def test_an_override_redirects_messages_of_its_number_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        there = running.receiver.url
        app = {"app_id": "670843887433847", "number_overrides": {NUMBER: {"url": f"{there}?override=1"}}}
        listed = await running.control("apps", app)
        await running.control("webhook_url", {"url": None})
        await running.control("webhook", {"field": "account_update", "sample": "DISABLE"})
        await running.send(ASHA)
        await running.settle()
        fields = {
            change["field"]
            for body in running.receiver.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
        }
    assert listed["data"][0]["number_overrides"] == {NUMBER: f"{there}?override=1"}
    assert fields == {"messages"}


async def test_a_retry_follows_the_schedule_and_reaches_every_app(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control(
            "apps", {"app_id": "2", "url": running.receiver.url, "fields": ["messages"], "secret": "other"}
        )
        settings = {"retry_schedule": [100.0, 1000.0], "updates_per_post_max": 50, "grouping": "mixed"}
        await running.control("faults", {"webhooks": settings})
        running.receiver.answer = lambda count: 500 if count == 1 else 200
        await running.control(f"phones/{ASHA}/say", {"text": "Bonjour"})
        await running.settle()
        ids = [item["id"] for item in running.receiver.entries("messages")]
        refused = [row for row in running.ledger() if row["kind"] == "webhook_refused"]
    assert len(refused) == 1
    assert len(set(ids)) == 1
    assert len(ids) == 3


async def test_a_test_event_of_the_dashboard_has_zeros_for_ids(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("test_event", {"field": "messages"})
        await running.control("test_event", {"field": "account_alerts"})
        await running.settle()
        entries = [entry for body in running.receiver.bodies for entry in json.loads(body)["entry"]]
        async with running.client.get(f"{running.url}/_control/divergences") as answer:
            rows = (await answer.json())["data"]
    assert [entry["id"] for entry in entries] == ["0", "0"]
    by_field = {entry["changes"][0]["field"]: entry for entry in entries}
    assert by_field["messages"]["changes"][0]["value"]["metadata"]["phone_number_id"] == "123456123"
    assert "time" in by_field["account_alerts"]
    assert "time" not in by_field["messages"]
    assert all({"id", "section", "check"} <= set(row) for row in rows)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("account", {"restriction": "EVERYTHING"}),
        ("account", {"ban": "MAYBE"}),
        ("account", {"tier": "TIER_7"}),
        ("account", {"colour": 1}),
        ("numbers", {"quality": "BLUE"}),
        ("template_quality", {"name": "promo", "language": "fr", "pacing": "so-so"}),
        ("template_quality", {"name": "nothing", "language": "fr"}),
        ("webhook", {"field": "security", "sample": "NOTHING"}),
        ("test_event", {"field": "nothing"}),
        ("apps", {"app_id": "x"}),
        ("faults", {"after": [{"accepted": 0, "control": "account"}]}),
        ("faults", {"after": [{"accepted": 1, "control": "reset"}]}),
        ("faults", {"quirks": {"missing_keys_rate": 3}}),
        ("faults", {"webhooks": {"retry_schedule": ["soon"]}}),
        ("faults", {"webhooks": {"colour": 1}}),
        ("behaviour", {"read_rate": "often"}),
        ("behaviour", {"has_payment_method": 1}),
        (f"phones/{ASHA}/fly", {}),
        (f"phones/{ASHA}/send", {"type": "poll"}),
        (f"phones/{ASHA}/change_number", {"to": "12"}),
        (f"phones/{ASHA}/prefer", {"value": "perhaps"}),
    ],
)
async def test_a_control_request_that_cannot_be_done_says_why(
    running: Bench, name: str, body: dict[str, Any]
) -> None:
    async with running.client.post(f"{running.url}/_control/{name}", json=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


@pytest.fixture
async def running(tmp_path: Path) -> Any:
    async with bench(tmp_path) as one:
        yield one


async def test_the_handshake_is_done_with_the_callback_that_is_named(running: Bench) -> None:
    app = {"app_id": "2", "url": f"{running.receiver.url}?app=2", "verify_token": "second"}
    await running.control("apps", app)
    assert await running.control("verify_webhook", {"app_id": "2"}) == {"verified": True}
    query = running.receiver.queries[-1]
    assert (query["app"], query["hub.verify_token"]) == ("2", "second")
