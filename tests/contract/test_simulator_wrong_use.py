"""What a stranger does wrong to the simulator: every slip is named at once, and none of it breaks a later message."""

from pathlib import Path
from typing import Any

import pytest
from tests.simulated import NUMBER, TOKEN, Bench, bench, message

from cloud_api_simulator import NumberSettings, SimulatorSettings, WebhookSettings
from cloud_api_simulator import webhooks as sending
from cloud_api_simulator.clock import wait_until

ASHA, BILAL = "+212600000101", "+212600000102"
ACCOUNT = "102290129340398"


async def refusal(running: Bench, name: str, body: object) -> str:
    async with running.client.post(f"{running.url}/_control/{name}", json=body) as answer:
        assert answer.status == 400, await answer.text()
        return str((await answer.json())["error"])


async def test_a_control_request_of_the_wrong_kind_is_refused_before_a_message_meets_it(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as running:
        for wrong, said in (
            ({"kind": "error", "times": "x"}, "faults[0].times"),
            ({"kind": "error", "code": "x"}, "faults[0].code"),
            ({"kind": "error", "rate": True}, "faults[0].rate"),
            ({"kind": "held", "dropped": 1}, "faults[0].dropped"),
            (5, "faults[0]"),
        ):
            assert (await refusal(running, "faults", {"requests": [wrong]})).startswith(said)
        for settings in ({"updates_per_post_max": 0}, {"in_flight_max": 0}, {"grouping": "zzz"}):
            assert next(iter(settings)) in await refusal(running, "faults", {"webhooks": settings})
        for habit in ({"clicks": "x"}, {"will_reply": 5}, {"reacts_after_seconds": "soon"}, {"bsuid": "x"}):
            assert next(iter(habit)) in await refusal(running, "people", {"phone": ASHA, **habit})
        await refusal(running, "behaviour", {"messaging_limit_tier": "X"})
        assert running.simulator.world.behaviour.messaging_limit_tier == "TIER_UNLIMITED"
        assert "bsuid" in await refusal(running, f"phones/{ASHA}/change_user_id", {"bsuid": "x"})
        assert (await running.send(ASHA))[0] == 200
        await running.settle()
        assert len(running.receiver.statuses()) == 3


async def test_a_defect_behind_a_request_is_an_internal_error_and_the_next_one_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench(tmp_path) as running:
        with monkeypatch.context() as patch:
            patch.setattr(type(running.simulator.world.people), "find", None)
            status, body = await running.send(ASHA)
        assert (status, body["error"]["code"]) == (500, 1)
        assert "could not be answered" in caplog.text
        assert (await running.send(ASHA))[0] == 200


async def test_small_slips_of_a_sender_are_answered_as_on_the_graph(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        status, body = await running.send("+15550783881")
        assert (status, body["error"]["code"]) == (400, 131021)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{running.url}/v26.0/{NUMBER}/messages/"
        async with running.client.post(url, json=message(ASHA), headers=headers) as answer:
            assert answer.status == 200
        async with running.client.get(f"{running.url}/phones/{'9' * 5000}") as answer:
            assert answer.status == 404


async def test_an_override_is_taken_only_from_a_callback_that_shakes_hands(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        override = {"override_callback_uri": "http://127.0.0.1:1/", "verify_token": "w"}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        bodies = {f"{ACCOUNT}/subscribed_apps": override, NUMBER: {"webhook_configuration": override}}
        for path, body in bodies.items():
            url = f"{running.url}/v26.0/{path}"
            async with running.client.post(url, json=body, headers=headers) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (400, 2200)
        override["override_callback_uri"] = running.receiver.url
        for path, body in bodies.items():
            url = f"{running.url}/v26.0/{path}"
            async with running.client.post(url, json=body, headers=headers) as answer:
                assert answer.status == 200
        assert [query["hub.verify_token"] for query in running.receiver.queries] == ["w", "w"]


async def test_f43_webhooks_for_a_dead_callback_take_no_more_memory_than_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "HELD_BYTES_MAX", 3_000)
    async with bench(tmp_path, webhooks=WebhookSettings(updates_per_post_max=1)) as running:
        world, there = running.simulator.world, running.receiver.url
        await running.control("webhook_url", {"url": "http://127.0.0.1:1/hook"})
        for index in range(20):
            await running.send(f"+2126000{index:05d}")
        assert await wait_until(lambda: not len(world.scheduler), seconds=10)
        assert await wait_until(lambda: world.sender.undelivered <= 6, seconds=10)
        await running.control("webhook_url", {"url": there})
        await running.settle()
        rows = running.ledger()
    dropped = {one for row in rows if row["kind"] == "webhook_dropped" for one in row["updates"]}
    taken = {one for row in rows if row["kind"] == "acknowledged" for one in row["updates"]}
    assert dropped
    assert taken
    assert dropped | taken == {row["id"] for row in rows if row["kind"] == "update"}
    assert not dropped & taken


async def test_a_row_of_a_list_is_tapped_by_habit(tmp_path: Path) -> None:
    rows = [{"id": "express", "title": "Express"}, {"id": "slow", "title": "Slow"}]
    action = {"button": "Choose", "sections": [{"rows": rows}]}
    content = {"type": "list", "body": {"text": "How?"}, "action": action}
    body = {"messaging_product": "whatsapp", "to": ASHA, "type": "interactive", "interactive": content}
    async with bench(tmp_path) as running:
        await running.control("people", [{"phone": ASHA, "taps_row": 1}, {"phone": BILAL, "taps_row": 9}])
        for phone in (ASHA, BILAL):
            await running.control(f"phones/{phone}/say", {"text": "Hello"})
            assert (await running.post({**body, "to": phone}))[0] == 200
        await running.settle()
        tapped = [one["interactive"] for one in running.receiver.entries("messages") if "interactive" in one]
    assert tapped == [{"type": "list_reply", "list_reply": rows[1]}]


async def test_answers_of_people_do_not_change_the_ids_of_what_is_sent(tmp_path: Path) -> None:
    ids = []
    for name in ("quiet", "loud"):
        async with bench(tmp_path / name) as running:
            if name == "loud":
                await running.control(f"phones/{BILAL}/say", {"text": "Hello"})
            ids.append([(await running.send(phone))[1]["messages"][0]["id"] for phone in (ASHA, BILAL)])
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"port": 99_999}, "port"),
        ({"webhook_url": "nowhere"}, "webhook_url"),
        ({"link_map": (("http://a", ""),)}, "link_map"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_the_start(
    tmp_path: Path, settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        SimulatorSettings(state_dir=tmp_path, app_secret="s", **settings)


@pytest.mark.parametrize("number", [("", 80), ("x", 80), ("1", 0)])
def test_a_number_without_an_id_or_a_pace_is_refused(number: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match="number"):
        NumberSettings(phone_number_id=number[0], throughput_per_second=number[1])
