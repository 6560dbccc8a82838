"""The management endpoints of the simulator: media, templates, nodes, people, tokens, limits (reference 1-8)."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from tests.simulated import FROZEN, NUMBER, TOKEN, Bench, bench, message
from tests.simulated_templates import submissions

ACCOUNT = "102290129340398"
APP = "670843887433847"
PORTFOLIO = "2729063490586005"
ASHA = "+212600000101"
PNG = b"\x89PNG\r\n\x1a\nand the rest of it"
DAY = 86_400


class Graph:
    """Calls on the graph with the token of the bench."""

    def __init__(self, running: Bench) -> None:
        self.running = running
        self.headers: dict[str, str] = {}

    async def __call__(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        url = path if path.startswith("http") else f"{self.running.url}/v26.0/{path}"
        headers = {"Authorization": f"Bearer {TOKEN}", **more.pop("headers", {})}
        async with self.running.client.request(method, url, headers=headers, **more) as answer:
            self.headers = dict(answer.headers)
            is_json = "json" in answer.content_type
            return answer.status, await answer.json() if is_json else await answer.read()

    async def refusal(self, method: str, path: str, **more: Any) -> tuple[int, int | None]:
        """Return code and subcode of a call that must fail."""
        status, body = await self(method, path, **more)
        assert status >= 400, body
        return body["error"]["code"], body["error"].get("error_subcode")

    async def upload(self, content: bytes = PNG, mime_type: str = "image/png") -> tuple[int, Any]:
        form = FormData()
        form.add_field("file", io.BytesIO(content), filename="a.png", content_type=mime_type)
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", mime_type)
        return await self("POST", f"{NUMBER}/media", data=form)

    async def pass_days(self, days: float) -> None:
        """Turn the clock of a frozen simulator."""
        world = self.running.simulator.world
        world.clock = type(world.clock)(
            start=world.clock.now() + days * DAY, real_start=world.clock.real_start, speed=world.clock.speed
        )


@asynccontextmanager
async def graph(tmp_path: Path, *, speed: float = FROZEN) -> AsyncIterator[Graph]:
    async with bench(tmp_path, speed=speed) as running:
        yield Graph(running)


async def test_media_live_thirty_days_and_their_address_five_minutes(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        _, kept = await call.upload()
        _, shown = await call("GET", kept["id"])
        assert (shown["mime_type"], shown["file_size"]) == ("image/png", len(PNG))
        assert await call("GET", shown["url"]) == (200, PNG)
        status, body = await call("GET", shown["url"], headers={"Authorization": "Bearer wrong"})
        assert (status, body["error"]["code"]) == (401, 190)
        assert await call.refusal("GET", f"{kept['id']}?phone_number_id=1") == (100, 33)
        await call.pass_days(0.01)
        assert (await call("GET", shown["url"]))[0] == 404
        await call.pass_days(29.5)
        body = {"messaging_product": "whatsapp", "to": ASHA, "type": "image", "image": {"id": kept["id"]}}
        assert (await call("POST", f"{NUMBER}/messages", json=body))[0] == 200
        await call.pass_days(1)
        assert await call.refusal("GET", kept["id"]) == (100, 33)
        assert (await call.refusal("POST", f"{NUMBER}/messages", json=body))[0] == 100


async def test_a_file_of_a_wrong_type_or_size_is_refused(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        status, body = await call.upload(b"GIF89a", "image/gif")
        assert (status, body["error"]["code"]) == (400, 100)
        _, body = await call.upload(b"\x89PNG\r\n\x1a\n" + bytes(5 << 20))
        assert body["error"]["code"] == 131053
        # A sticker that moves may weigh more.
        still, moving = b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x02"
        for content, expected in (
            (still + bytes(100 << 10), 400),
            (moving + bytes(100 << 10), 200),
            (moving + bytes(500 << 10), 400),
        ):
            assert (await call.upload(content, "image/webp"))[0] == expected
        assert (await call.refusal("POST", f"{NUMBER}/media", data=b"x"))[0] == 100
        _, kept = await call.upload()
        assert await call("DELETE", kept["id"]) == (200, {"success": True})
        assert await call.refusal("DELETE", kept["id"]) == (100, 33)


async def test_a_persons_file_can_be_fetched_for_seven_days(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        control = f"{call.running.url}/_control"
        _, media = await call("POST", f"{control}/media", data=PNG, headers={"Content-Type": "image/png"})
        sent = {"type": "image", "image": media}
        assert (await call("POST", f"{control}/phones/{ASHA}/send", json=sent))[0] == 200
        assert (await call("GET", media["id"]))[0] == 200
        await call.pass_days(7)
        assert await call.refusal("GET", media["id"]) == (100, 33)


async def test_an_interrupted_upload_goes_on_and_its_handle_makes_a_template(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        _, session = await call("POST", f"{APP}/uploads?file_name=a&file_length=6&file_type=image/png")
        await call("POST", session["id"], data=b"abc", headers={"file_offset": "0"})
        _, state = await call("GET", session["id"])
        assert state == {"id": session["id"], "file_offset": 3}
        assert (await call.refusal("POST", session["id"], data=b"abc", headers={"file_offset": "1"}))[
            0
        ] == 100
        _, done = await call("POST", session["id"], data=b"def", headers={"file_offset": "3"})
        picture = submissions()["picture"]
        assert await call.refusal("POST", f"{ACCOUNT}/message_templates", json=picture) == (100, 2494102)
        picture["components"][0]["example"]["header_handle"] = [done["h"]]
        assert (await call("POST", f"{ACCOUNT}/message_templates", json=picture))[0] == 200
        assert (await call.refusal("POST", f"{APP}/uploads?file_length=1&file_type=text/html"))[0] == 100


async def create(call: Graph, name: str, shape: str = "utility", **more: Any) -> dict[str, Any]:
    body = submissions()[shape] | {"name": name} | more
    _, created = await call("POST", f"{ACCOUNT}/message_templates", json=body)
    return dict(created)


async def test_templates_are_listed_page_by_page_and_filtered(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        for number in range(5):
            await create(call, f"order_{number}", language="fr" if number % 2 else "en_US")
        names, after = [], ""
        while True:
            _, page = await call("GET", f"{ACCOUNT}/message_templates?limit=2&fields=name&after={after}")
            names += [row["name"] for row in page["data"]]
            if "next" not in page["paging"]:
                break
            after = page["paging"]["cursors"]["after"]
        assert names == ["promo", *(f"order_{number}" for number in range(5))]
        _, french = await call("GET", f"{ACCOUNT}/message_templates?language=fr&category=UTILITY")
        assert [row["name"] for row in french["data"]] == ["order_1", "order_3"]
        _, unknown = await call(
            "GET", f"{ACCOUNT}/message_templates?quality_score=UNKNOWN&summary=total_count"
        )
        assert unknown["summary"]["total_count"] == 5
        assert (await call.refusal("GET", f"{ACCOUNT}/message_templates?fields=colour"))[0] == 100
        assert (await call.refusal("GET", f"{ACCOUNT}/message_templates?limit=x"))[0] == 100


async def test_a_review_follows_the_rules_of_the_run(tmp_path: Path) -> None:
    async with graph(tmp_path, speed=1_000.0) as call:
        rules = [
            {"name": "bad", "decision": "REJECTED", "reason": "SCAM", "recommendation": "Be honest"},
            {"name": "slow", "after_seconds": 60},
            {"name": "never", "decision": "PENDING"},
        ]
        await call.running.control("reviews", {"rules": rules})
        assert (await create(call, "bad_one"))["status"] == "REJECTED"
        slow = await create(call, "slow_one")
        assert slow["status"] == "PENDING"
        assert (await create(call, "never_one"))["status"] == "PENDING"
        sold = submissions()["utility"]["components"]
        sold[0]["text"] = "Get a discount on order {{1}} today."
        assert (await create(call, "sold", components=sold))["category"] == "MARKETING"
        await call.running.settle()
        _, approved = await call("GET", slow["id"])
        assert approved["status"] == "APPROVED"
        decided = {"name": "never_one", "language": "en_US", "decision": "APPROVED", "category": "MARKETING"}
        row = await call.running.control("review", decided)
        assert (row["status"], row["category"], row["previous_category"]) == (
            "APPROVED",
            "MARKETING",
            "UTILITY",
        )
        await call.running.settle()
        told = b"".join(call.running.receiver.bodies)
    for word in (b"REJECTED", b"SCAM", b"Be honest", b"template_category_update"):
        assert word in told


async def test_an_edit_is_reviewed_again_and_an_approved_template_takes_one_a_day(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        created = await create(call, "order")
        edit = {"components": submissions()["utility"]["components"], "message_send_ttl_seconds": 900}
        assert await call("POST", created["id"], json=edit) == (200, {"success": True})
        assert await call.refusal("POST", created["id"], json=edit) == (100, 2388109)
        await call.pass_days(1.1)
        assert (await call("POST", created["id"], json=edit))[0] == 200
        assert await call.refusal("POST", created["id"], json={**edit, "category": "MARKETING"}) == (
            100,
            2388039,
        )
        _, shown = await call("GET", f"{created['id']}?fields=message_send_ttl_seconds,health_status")
        assert shown["message_send_ttl_seconds"] == 900
        await call.running.settle()
        assert b"message_template_components_update" in b"".join(call.running.receiver.bodies)
        assert shown["health_status"]["can_send_message"] == "AVAILABLE"
        kinds = [one["entity_type"] for one in shown["health_status"]["entities"]]
        assert kinds == ["MESSAGE_TEMPLATE", "WABA", "BUSINESS", "APP"]


async def test_a_deleted_name_stays_taken_for_thirty_days(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        created = await create(call, "order")
        other = await create(call, "order", language="fr")
        path = f"{ACCOUNT}/message_templates"
        assert (await call("DELETE", f"{path}?name=order&hsm_id={created['id']}"))[0] == 200
        assert (await call("GET", other["id"]))[0] == 200
        assert (await call("DELETE", f"{path}?name=order"))[0] == 200
        assert (await call.refusal("DELETE", f"{path}?name=order"))[0] == 100
        body = submissions()["utility"] | {"name": "order"}
        assert await call.refusal("POST", path, json=body) == (100, 2388023)
        await call.pass_days(30.1)
        again = await create(call, "order")
        assert (await call("DELETE", f'{path}?hsm_ids=["{again["id"]}"]'))[0] == 200


async def test_templates_are_archived_and_found_in_the_library(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        created = await create(call, "order")
        url = f"{call.running.url}/{ACCOUNT}/message_templates"
        _, archived = await call("POST", f"{url}/archive", json={"hsm_ids": f"{created['id']},1"})
        assert [row["id"] for row in archived["archived_templates"]] == [created["id"]]
        assert [row["id"] for row in archived["failed_templates"]] == ["1"]
        await call("POST", f"{url}/unarchive", json={"hsm_ids": created["id"]})
        assert (await call("GET", created["id"]))[1]["status"] == "APPROVED"
        _, library = await call("GET", "message_template_library?search=delivery")
        wanted = {"library_template_name": library["data"][0]["name"], "name": "mine", "language": "en_US"}
        _, made = await call("POST", f"{ACCOUNT}/message_templates", json={**wanted, "category": "UTILITY"})
        assert made["status"] == "APPROVED"
        codes = submissions()["code"] | {"languages": ["en_US", "fr"]}
        _, upserted = await call("POST", f"{ACCOUNT}/upsert_message_templates", json=codes)
        assert [row["language"] for row in upserted["data"]] == ["en_US", "fr"]
        assert (await call("POST", f"{created['id']}/unpause"))[1]["success"] is False


async def test_nodes_show_what_is_asked_for(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        _, number = await call("GET", NUMBER)
        assert number["quality_rating"] == "GREEN"
        assert "health_status" not in number
        _, asked = await call("GET", f"{NUMBER}?fields=status,health_status")
        assert asked["health_status"]["can_send_message"] == "AVAILABLE"
        await call.running.control("account", {"code": 131042})
        _, account = await call("GET", f"{ACCOUNT}?fields=health_status,currency")
        assert account["health_status"]["can_send_message"] == "BLOCKED"
        await call.running.control("fields", {"number": NUMBER, "fields": {"name_status": "DECLINED"}})
        await call.running.control("account", {"code": None})
        _, asked = await call("GET", f"{NUMBER}?fields=health_status")
        assert asked["health_status"]["can_send_message"] == "LIMITED"
        assert asked["health_status"]["entities"][0]["additional_info"]
        assert (await call("GET", f"{NUMBER}?fields=name_status"))[1]["name_status"] == "DECLINED"
        _, portfolio = await call("GET", f"{PORTFOLIO}?fields=whatsapp_business_manager_messaging_limit")
        assert portfolio["whatsapp_business_manager_messaging_limit"].startswith("TIER_")
        _, owned = await call("GET", f"{PORTFOLIO}/owned_whatsapp_business_accounts")
        assert [row["id"] for row in owned["data"]] == [ACCOUNT]
        assert (await call.refusal("GET", f"{NUMBER}?fields=colour"))[0] == 100
        assert await call.refusal("GET", "999") == (100, 33)
        assert await call.refusal("GET", f"{NUMBER}/colours") == (100, 33)


async def test_a_number_is_registered_with_one_pin(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        pin = {"messaging_product": "whatsapp", "pin": "123456"}
        assert (await call("POST", f"{NUMBER}/register", json=pin))[0] == 200
        assert (await call.refusal("POST", f"{NUMBER}/register", json=pin | {"pin": "654321"}))[0] == 133005
        assert (await call.refusal("POST", f"{NUMBER}/register", json=pin | {"pin": "1"}))[0] == 100
        await call("POST", f"{NUMBER}/deregister")
        assert (await call.running.send(ASHA))[1]["error"]["code"] == 133010
        await call("POST", f"{NUMBER}/register", json=pin)
        assert (await call.running.send(ASHA))[0] == 200
        asked = {"code_method": "SMS", "language": "en_US"}
        assert (await call("POST", f"{NUMBER}/request_code", json=asked))[0] == 200
        assert (await call("POST", f"{NUMBER}/verify_code", json={"code": "123456"}))[0] == 200
        check = {"user_identity_change": {"enable_identity_key_check": True}}
        await call("POST", f"{NUMBER}/settings", json=check)
        assert (await call("GET", f"{NUMBER}/settings"))[1]["user_identity_change"] == check[
            "user_identity_change"
        ]


async def test_a_message_goes_only_to_whom_its_identity_hash_names(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        check = {"user_identity_change": {"enable_identity_key_check": True}}
        await call("POST", f"{NUMBER}/settings", json=check)
        await call.running.control(f"phones/{ASHA}/say", {"text": "Hello"})
        await call.running.settle()
        (contact,) = call.running.receiver.entries("contacts")
        known = contact["identity_key_hash"]
        assert (await call.running.send(ASHA, recipient_identity_key_hash=known))[0] == 200
        status, body = await call.running.send(ASHA, recipient_identity_key_hash="another")
        assert (status, body["error"]["code"]) == (400, 137000)
        await call("POST", f"{NUMBER}/settings", json={"user_identity_change": {}})
        assert (await call.running.send(ASHA, recipient_identity_key_hash="another"))[0] == 200


async def test_webhooks_are_subscribed_overridden_and_left(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        hook = call.running.receiver.url
        asked = f"object=whatsapp_business_account&callback_url={hook}&verify_token=w&fields=messages,account_update"
        assert (await call("POST", f"{APP}/subscriptions?{asked}"))[0] == 200
        assert call.running.receiver.queries[-1]["hub.verify_token"] == "w"
        _, listed = await call("GET", f"{APP}/subscriptions")
        assert [field["name"] for field in listed["data"][0]["fields"]] == ["account_update", "messages"]
        nobody = asked.replace(hook, "http://127.0.0.1:1/")
        assert (await call.refusal("POST", f"{APP}/subscriptions?{nobody}"))[0] == 2200
        override = {"override_callback_uri": hook, "verify_token": "w"}
        assert (await call("POST", f"{ACCOUNT}/subscribed_apps", json=override))[0] == 200
        _, apps = await call("GET", f"{ACCOUNT}/subscribed_apps")
        assert apps["data"][0]["override_callback_uri"] == hook
        await call("DELETE", f"{ACCOUNT}/subscribed_apps")
        assert (await call("GET", f"{ACCOUNT}/subscribed_apps"))[1] == {"data": []}
        assert (await call.refusal("POST", f"{ACCOUNT}/subscribed_apps", json=override))[0] == 100
        assert (await call("POST", f"{ACCOUNT}/subscribed_apps"))[0] == 200
        body = {"webhook_configuration": override}
        assert (await call("POST", NUMBER, json=body))[0] == 200
        assert (await call("GET", f"{NUMBER}?fields=webhook_configuration"))[1]["webhook_configuration"][
            "phone_number"
        ] == hook


async def test_only_who_wrote_lately_can_be_blocked_and_is_then_out_of_reach(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        block = {"messaging_product": "whatsapp", "block_users": [{"user": ASHA}]}
        assert (await call.refusal("POST", f"{NUMBER}/block_users", json=block))[0] == 139100
        await call.running.control(f"phones/{ASHA}/say", {"text": "Hello"})
        _, blocked = await call("POST", f"{NUMBER}/block_users", json=block)
        assert blocked["block_users"]["added_users"] == [{"input": ASHA, "wa_id": ASHA[1:]}]
        _, listed = await call("GET", f"{NUMBER}/block_users")
        assert [row["wa_id"] for row in listed["data"]] == [ASHA[1:]]
        _, removed = await call("DELETE", f"{NUMBER}/block_users", json=block)
        assert removed["block_users"]["removed_users"][0]["wa_id"] == ASHA[1:]
        assert (await call.refusal("DELETE", f"{NUMBER}/block_users", json=block))[0] == 139100


async def test_names_contacts_and_sign_ups_are_kept(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        assert (await call.refusal("POST", f"{NUMBER}/username", json={"username": "No"}))[0] == 147002
        assert (await call("POST", f"{NUMBER}/username", json={"username": "lucky.shrub"}))[0] == 200
        assert (await call("GET", f"{NUMBER}/username"))[1]["status"] == "approved"
        await call.running.control("people", {"phone": ASHA, "bsuid": "MA.1", "in_contact_book": True})
        path = f"{NUMBER}/contact_book?messaging_product=whatsapp&bsuid=MA.1"
        assert (await call("DELETE", path))[1]["deleted"] is True
        assert (await call("DELETE", path))[1]["deleted"] is False
        signup = {
            "signup_message": "Hear from us?",
            "confirmation_message": "Thank you: {{promo_code}}",
            "privacy_policy_url": "https://shop.example/privacy",
        }
        assert await call.refusal("POST", f"{ACCOUNT}/signups", json=signup) == (100, 2494164)
        accepted = {**signup, "policy": {"tos": "1", "accepted": True}}
        _, made = await call("POST", f"{ACCOUNT}/signups", json=accepted)
        assert (await call("POST", f"signups/{made['id']}", json={"status": "DISABLED"}))[0] == 200
        _, listed = await call("GET", f"{ACCOUNT}/signups")
        assert [(row["id"], row["status"]) for row in listed["data"]] == [(made["id"], "DISABLED")]


@pytest.mark.parametrize(
    ("change", "code", "subcode"),
    [
        ({"is_revoked": True}, 190, 467),
        ({"expires_at": 1}, 190, 463),
        ({"scopes": ["whatsapp_business_messaging"]}, 10, None),
    ],
)
async def test_a_token_expires_is_revoked_or_lacks_a_permission(
    tmp_path: Path, change: dict[str, Any], code: int, subcode: int | None
) -> None:
    async with graph(tmp_path) as call:
        _, data = await call("GET", f"debug_token?input_token={TOKEN}")
        assert data["data"]["is_valid"] is True
        assert "whatsapp_business_messaging" in data["data"]["scopes"]
        await call.running.control("tokens", change)
        assert await call.refusal("GET", f"{ACCOUNT}/phone_numbers") == (code, subcode)
        _, token = await call("GET", f"oauth/access_token?client_id={APP}&client_secret=app%20secret")
        as_app = f"debug_token?input_token={TOKEN}&access_token={token['access_token']}"
        _, data = await call("GET", as_app)
        assert data["data"]["is_valid"] is (code == 10)


async def test_management_calls_are_counted_and_refused_over_the_limit(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        await call.running.control("call_limits", {"active_calls_per_hour": 2})
        for _ in range(2):
            assert (await call("GET", f"{ACCOUNT}/message_templates"))[0] == 200
        assert '"call_count":100' in call.headers["x-app-usage"]
        assert '"estimated_time_to_regain_access":60' in call.headers["x-business-use-case-usage"]
        assert (await call.refusal("GET", f"{ACCOUNT}/message_templates"))[0] == 80007
        assert '"estimated_time_to_regain_access":60' in call.headers["x-business-use-case-usage"]
        assert (await call.running.send(ASHA))[0] == 200
        await call.pass_days(0.05)
        assert (await call("GET", f"{ACCOUNT}/message_templates"))[0] == 200


async def test_marketing_templates_take_the_way_the_account_chose(tmp_path: Path) -> None:
    async with graph(tmp_path) as call:
        body = {**message(ASHA), "product_policy": "STRICT", "message_activity_sharing": False}
        path = f"{NUMBER}/marketing_messages"
        assert (await call("POST", path, json=body))[0] == 200
        assert (await call.refusal("POST", path, json={**body, "product_policy": "ANY"}))[0] == 100
        text = {"messaging_product": "whatsapp", "to": ASHA, "type": "text", "text": {"body": "x"}}
        assert (await call.refusal("POST", path, json=text))[0] == 131055
        await call("POST", ACCOUNT, json={"disable_marketing_messages_on_cloud_api": True})
        assert (await call.running.send(ASHA))[1]["error"]["code"] == 131063
        assert (await call("POST", path, json=body))[0] == 200
        await call.running.control("fields", {"fields": {"marketing_messages_onboarding_status": "ELIGIBLE"}})
        assert (await call.refusal("POST", path, json=body))[0] == 134102
        await call.running.control(
            "fields", {"fields": {"marketing_messages_onboarding_status": "ONBOARDED"}}
        )
        fresh = submissions()["positional"] | {"name": "fresh"}
        await call("POST", f"{ACCOUNT}/message_templates", json=fresh)
        await call.running.control("fields", {"sync_seconds": 600})
        body["template"] = {"name": "fresh", "language": {"code": "en_US"}}
        assert (await call.refusal("POST", path, json=body))[0] == 134101


async def test_analytics_count_what_the_ledger_holds(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        call = Graph(running)
        for digit in range(3):
            await running.send(f"+21260000010{digit}")
        await running.settle()
        now = int(running.simulator.world.clock.now())
        start = now // DAY * DAY - 60 * DAY
        end = start + 61 * DAY
        asked = f"analytics.start({start}).end({end}).granularity(DAY).phone_numbers([])"
        _, account = await call("GET", f"{ACCOUNT}?fields={asked}")
        points = account["analytics"]["data_points"]
        assert (sum(point["sent"] for point in points), account["analytics"]["country_codes"]) == (3, ["MA"])
        asked = f'pricing_analytics.start({start}).end({end}).granularity(DAILY).dimensions(["COUNTRY"])'
        _, account = await call("GET", f"{ACCOUNT}?fields={asked}")
        priced = account["pricing_analytics"]["data"][0]["data_points"]
        assert sum(point["volume"] for point in priced) == 3
        assert {point["pricing_category"] for point in priced} == {"MARKETING"}
        template = running.simulator.world.templates.find("promo", "fr")
        assert template is not None
        path = f"template_analytics?start={start}&end={end}&template_ids=[{template.template_id}]"
        assert (await call.refusal("GET", f"{ACCOUNT}/{path}"))[0] == 200006
        await call("POST", f"{ACCOUNT}?is_enabled_for_insights=true")
        _, counted = await call("GET", f"{ACCOUNT}/{path}")
        assert sum(point["read"] for point in counted["data"][0]["data_points"]) == 3
