"""What the simulator answers to message requests, and in which order it looks."""

import copy
from pathlib import Path

import pytest
from tests.simulated import FROZEN, NUMBER, bench, message, promo

from cloud_api_simulator.limits import PairRate, ThroughputWindow

ASHA = "+212600000101"
BILAL = "+212600000102"


async def test_an_accepted_message_gets_a_wamid_and_the_recipient_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        status, body = await running.send("+212 6 00-00-01(01)")
    assert status == 200
    assert body["contacts"] == [{"input": "+212 6 00-00-01(01)", "wa_id": "212600000101"}]
    assert body["messages"][0]["id"].startswith("wamid.")
    assert body["messages"][0]["message_status"] == "accepted"


async def test_a_request_with_every_fault_is_refused_in_the_order_of_the_platform(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=FROZEN, throughput=46) as running:
        world = running.simulator.world
        for _ in range(45):
            assert (await running.send(ASHA))[0] == 200
        assert (await running.send(BILAL))[0] == 200
        world.account_error = 131031
        await running.control("template_status", {"name": "promo", "language": "fr", "status": "PAUSED"})
        wrong = message(ASHA)
        del wrong["to"]
        wrong["template"]["components"] = []
        codes = []

        async def ask(**more: str) -> None:
            status, body = await running.post(wrong, **more)
            codes.append(200 if status == 200 else body["error"]["code"])

        await ask(token="wrong", number="1")
        await ask(number="1")
        await ask()
        wrong["to"] = ASHA
        await ask()
        world.account_error = None
        await ask()
        world.numbers[NUMBER].window = ThroughputWindow(1000)
        await ask()
        world.pairs = PairRate()
        await ask()
        await running.control("template_status", {"name": "promo", "language": "fr", "status": "APPROVED"})
        await ask()
        wrong["template"]["components"] = message(ASHA)["template"]["components"]
        await ask()
    assert codes == [190, 100, 100, 131031, 130429, 131056, 132015, 132000, 200]


async def test_a_refusal_has_the_body_of_the_platform(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        wrong = message(ASHA)
        wrong["template"]["components"][0]["parameters"] = []
        status, body = await running.post(wrong)
    error = body["error"]
    assert status == 400
    assert error["code"] == 132000
    assert error["message"].startswith("(#132000)")
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert "(0) does not match the expected number of params (1)" in error["error_data"]["details"]
    assert error["fbtrace_id"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (["messaging_product"], "sms", 100),
        (["to"], "12", 131009),
        (["to"], 212600000101, 100),
        (["biz_opaque_callback_data"], "x" * 513, 131009),
        (["type"], "poll", 131051),
        (["type"], "sticker", 131008),
        (["template"], None, 131008),
        (["template", "name"], None, 131008),
        (["template", "name"], "unknown", 132001),
        (["template", "language"], {}, 131008),
        (["template", "language", "code"], "en", 132001),
        (["template", "langauge"], {"code": "fr"}, 100),
        (["template", "components", 0, "parameters", 0, "text"], "two\nlines", 132018),
        (["template", "components", 0, "parameters", 0, "text"], "", 131008),
        (["template", "components", 0, "parameters", 0, "text"], "x" * 1010, 132005),
        (["template", "components", 0, "parameters", 0, "type"], "image", 131008),
        (["template", "components", 0, "parameters", 0, "type"], "action", 132012),
        (["template", "components", 1, "index"], "7", 132012),
        (["template", "components", 2, "parameters"], [], 131008),
        (["template", "components", 2, "sub_type"], "flow", 132012),
    ],
)
async def test_a_wrong_field_is_refused_with_the_code_of_the_platform(
    tmp_path: Path, path: list[str | int], value: object, code: int
) -> None:
    body = message(ASHA)
    place: object = body
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]  # a path through parsed JSON
    place[path[-1]] = value  # type: ignore[index]  # as above
    async with bench(tmp_path) as running:
        _, answer = await running.post(body)
        assert answer["error"]["code"] == code
        row = running.ledger()[-1]
    assert (row["kind"], row["outcome"], row["code"]) == ("request", "refused", code)


@pytest.mark.parametrize(("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("REJECTED", 132001)])
async def test_f22_a_template_that_is_not_approved_is_refused(tmp_path: Path, status: str, code: int) -> None:
    async with bench(tmp_path) as running:
        await running.control("template_status", {"name": "promo", "language": "fr", "status": status})
        _, body = await running.send(ASHA)
        await running.settle()
        assert b"message_template_status_update" in running.receiver.bodies[0]
    assert body["error"]["code"] == code


@pytest.mark.parametrize("code", [190, 0, 10, 368, 131031, 131042])
async def test_f21_f24_f25_a_stopped_account_refuses_until_it_is_healed(tmp_path: Path, code: int) -> None:
    async with bench(tmp_path) as running:
        await running.control("account", {"code": code})
        _, body = await running.send(ASHA)
        await running.control("account", {"code": None})
        status, _ = await running.send(ASHA)
    assert (body["error"]["code"], status) == (code, 200)


async def test_throughput_is_refused_beyond_the_number_s_messages_in_a_second(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=FROZEN, throughput=3) as running:
        answers = [await running.send(f"+21260000020{index}") for index in range(5)]
        rows = [row for row in running.ledger() if row["kind"] == "request"]
    assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
    assert answers[3][1]["error"]["code"] == 130429
    assert [row["outcome"] for row in rows] == ["accepted"] * 3 + ["refused"] * 2


async def test_a_text_reaches_a_person_inside_the_service_window_only(tmp_path: Path) -> None:
    text = {"messaging_product": "whatsapp", "to": ASHA, "type": "text", "text": {"body": "Bonjour"}}
    async with bench(tmp_path) as running:
        assert (await running.post(text))[0] == 200
        await running.settle()
        await running.control(f"phones/{ASHA}/say", {"text": "Une question"})
        assert (await running.post(text))[0] == 200
        await running.settle()
        statuses = running.receiver.entries("statuses")
    assert [item["status"] for item in statuses] == ["failed", "sent", "delivered", "read"]
    assert statuses[0]["errors"][0]["code"] == 131047


async def test_a_message_by_bsuid_reaches_the_same_person_as_by_phone(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.send(ASHA)
        await running.settle()
        user_id = running.receiver.entries("statuses")[0]["recipient_user_id"]
        by_user = message(ASHA)
        del by_user["to"]
        by_user["recipient"] = user_id
        _, body = await running.post(by_user)
        by_user["recipient"] = "MA.1"
        _, foreign = await running.post(by_user)
        await running.settle()
        recipients = {item["recipient_id"] for item in running.receiver.entries("statuses")}
    assert body["contacts"] == [{"input": user_id, "user_id": user_id}]
    assert foreign["error"]["code"] == 131009
    assert recipients == {"212600000101"}


async def test_f28_a_retired_version_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        _, body = await running.post(message(ASHA), version="v19.0")
    assert body["error"]["code"] == 100


async def test_the_marketing_endpoint_takes_marketing_templates_only(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("templates", promo(name="receipt", category="UTILITY"))
        url = f"{running.url}/v26.0/{NUMBER}/marketing_messages"
        headers = {"Authorization": "Bearer token"}
        codes = []
        for name in ("promo", "receipt"):
            body = copy.deepcopy(message(ASHA, template=name))
            async with running.client.post(url, json=body, headers=headers) as answer:
                codes.append((answer.status, (await answer.json()).get("error", {}).get("code")))
        await running.settle()
        pricing = running.receiver.entries("statuses")[0]["pricing"]
    assert codes == [(200, None), (400, 134100)]
    assert pricing["category"] == "marketing_lite"


async def test_templates_are_created_and_listed_over_the_graph(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        url = f"{running.url}/v26.0/102290129340398/message_templates"
        headers = {"Authorization": "Bearer token"}
        autumn = promo(name="autumn")
        autumn["components"][0]["example"] = {"body_text": [["Asha"]]}
        autumn["components"][2]["buttons"][2]["example"] = ["https://shop.example/abc"]
        async with running.client.post(url, json=autumn, headers=headers) as answer:
            created = await answer.json()
        async with running.client.post(url, json=autumn, headers=headers) as answer:
            again = await answer.json()
        async with running.client.get(f"{url}?name=autumn", headers=headers) as answer:
            listed = await answer.json()
        async with running.client.get(f"{running.url}/v26.0/{NUMBER}", headers=headers) as answer:
            number = await answer.json()
    assert created["status"] == "APPROVED"
    assert again["error"]["error_subcode"] == 2388024
    assert [row["name"] for row in listed["data"]] == ["autumn"]
    assert number["throughput"] == {"level": "HIGH"}
