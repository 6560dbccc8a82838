"""What Meta does to messages, templates and accounts in the course of a run, as the simulator does it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.simulated import CERTAIN, FAST, NUMBER, Bench, bench, message

from cloud_api_simulator.clock import wait_until

ASHA = "+212600000101"
BILAL = "+212600000102"
CHITRA = "+212600000103"
DEEPA = "+212600000104"
SWIFT = replace(CERTAIN, delivered_seconds_max=1.0, read_seconds_max=1.0, reaction_seconds_max=1.0)
"""Everything is over within seconds of the clock, so that a window of a day stays open."""
SPEED = 50.0


def text_to(phone: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": phone, "type": "text", "text": {"body": "Bonjour"}}


def management(running: Bench, field: str) -> list[dict[str, Any]]:
    """Return the values of a management field in the order they came."""
    return [
        change["value"]
        for body in running.receiver.bodies
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
        if change["field"] == field
    ]


def last_status(running: Bench, phone: str) -> tuple[str, int | None]:
    item = [one for one in running.receiver.entries("statuses") if one["recipient_id"] == phone[1:]][-1]
    return item["status"], item.get("errors", [{"code": None}])[0]["code"]


async def test_an_answer_to_an_advertisement_is_free_for_everything(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=SPEED, behaviour=SWIFT) as running:
        await running.control(f"phones/{ASHA}/say", {"text": "Hi, I saw your ad", "referral": True})
        await running.send(ASHA)
        await running.settle()
        sent, delivered, read = running.receiver.entries("statuses")
        inbound = running.receiver.entries("messages")[0]
    free = {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_entry_point",
        "category": "referral_conversion",
    }
    assert inbound["referral"]["source_type"] == "ad"
    assert (sent["pricing"], delivered["pricing"]) == (free, free)
    assert "expiration_timestamp" in sent["conversation"]
    assert "expiration_timestamp" not in delivered["conversation"]
    assert "pricing" not in read


async def test_service_messages_beyond_the_allowance_of_the_month_cost_money(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=SPEED, behaviour=replace(SWIFT, free_service_messages=1)) as running:
        await running.control(f"phones/{ASHA}/say", {"text": "Une question"})
        for _ in range(2):
            await running.post(text_to(ASHA))
            await running.settle()
        await running.control("account", {"payment_method": False})
        await running.post(text_to(ASHA))
        await running.settle()
        prices = [
            item["pricing"]["type"]
            for item in running.receiver.entries("statuses")
            if item["status"] == "delivered"
        ]
        status = last_status(running, ASHA)
    assert prices == ["free_customer_service", "regular"]
    assert status == ("failed", 131042)


async def test_beyond_the_portfolio_s_limit_messages_fail_or_wait_for_the_day_to_pass(tmp_path: Path) -> None:
    tiers = {"tiers": {"TIER_250": 2}, "tier": "TIER_250"}
    async with bench(tmp_path / "fail", speed=SPEED, behaviour=SWIFT) as running:
        await running.control("account", tiers)
        for phone in (ASHA, BILAL, CHITRA, ASHA):
            await running.send(phone)
        await running.settle()
        assert last_status(running, CHITRA) == ("failed", 131048)
        assert last_status(running, ASHA) == ("read", None)
        told = management(running, "business_capability_update")
    assert told[0]["max_daily_conversations_per_business"] == 2
    held = replace(SWIFT, beyond_messaging_limit="held", messaging_limit_grows=False)
    async with bench(tmp_path / "wait", speed=FAST, behaviour=held) as running:
        await running.control("account", tiers)
        started = running.simulator.world.clock.now()
        for phone in (ASHA, BILAL, CHITRA):
            await running.send(phone)
        await running.settle()
        late = [one for one in running.receiver.entries("statuses") if one["recipient_id"] == CHITRA[1:]]
    assert [one["status"] for one in late] == ["sent", "delivered", "read"]
    assert int(late[0]["timestamp"]) - started > 23 * 3600


async def test_blocks_pause_a_template_twice_and_then_end_it(tmp_path: Path) -> None:
    behaviour = replace(SWIFT, quality_delivered_min=1)
    async with bench(tmp_path, speed=FAST, behaviour=behaviour) as running:
        await running.control("people", [{"phone": ASHA, "blocks": True}])
        await running.send(ASHA)
        await running.settle()
        for _ in range(2):
            await running.control("template_quality", {"name": "promo", "language": "fr", "quality": "RED"})
            await running.settle()
        _, refused = await running.send(BILAL)
        events = management(running, "message_template_status_update")
        ratings = management(running, "message_template_quality_update")
        grievances = [row["by"] for row in running.ledger() if row["kind"] == "grievance"]
    said = [(one["event"], one.get("other_info", {}).get("title")) for one in events]
    assert said == [
        ("PAUSED", "FIRST_PAUSE"),
        ("APPROVED", "UNPAUSE"),
        ("PAUSED", "SECOND_PAUSE"),
        ("APPROVED", "UNPAUSE"),
        ("DISABLED", None),
    ]
    assert [one["new_quality_score"] for one in ratings] == ["RED"] * 3
    assert refused["error"]["code"] == 132016
    assert grievances == ["block"]


async def test_somebody_who_blocked_the_business_is_not_reached(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=SPEED, behaviour=SWIFT) as running:
        await running.control(f"phones/{ASHA}/block", {})
        await running.send(ASHA)
        await running.settle()
        failed = last_status(running, ASHA)
        await running.control("behaviour", {"blocked_person": "silent"})
        await running.send(ASHA)
        await running.settle()
        silent = last_status(running, ASHA)
        await running.control(f"phones/{ASHA}/unblock", {})
        await running.send(ASHA)
        await running.settle()
        reached = last_status(running, ASHA)
    assert (failed, silent, reached) == (("failed", 131026), ("sent", None), ("read", None))


async def test_a_new_template_is_held_after_its_first_batch_and_dropped_or_released(tmp_path: Path) -> None:
    for verdict, last, later in (("bad", ("failed", 132015), "paused"), ("good", ("read", None), "accepted")):
        async with bench(
            tmp_path / verdict, speed=FAST, behaviour=replace(SWIFT, template_batch=2)
        ) as running:
            named = {"name": "promo", "language": "fr"}
            await running.control("template_quality", {**named, "pacing": verdict})
            said = [
                (await running.send(phone))[1]["messages"][0]["message_status"]
                for phone in (ASHA, BILAL, CHITRA)
            ]
            await running.settle()
            assert last_status(running, CHITRA) == last
            _, after = await running.send(DEEPA)
            await running.settle()
            titles = [
                one["other_info"]["title"] for one in management(running, "message_template_status_update")
            ]
        assert said == ["accepted", "accepted", "held_for_quality_assessment"]
        assert after["messages"][0]["message_status"] == later
        assert titles == (["RATE_LIMITING_PAUSE"] if verdict == "bad" else [])


async def test_a_portfolio_s_later_batches_wait_and_may_be_dropped(tmp_path: Path) -> None:
    behaviour = replace(SWIFT, portfolio_batch=1, portfolio_batch_seconds=600.0)
    async with bench(tmp_path, speed=1000.0, behaviour=behaviour) as running:
        await running.send(ASHA)
        await running.send(BILAL)
        counts = running.simulator.world.ledger.counts
        assert await wait_until(lambda: counts["update:read"] == 1, seconds=10)
        await running.control("account", {"portfolio_pacing": "drop"})
        await running.settle()
        assert last_status(running, ASHA) == ("read", None)
        assert last_status(running, BILAL) == ("failed", 135000)


async def test_a_restriction_is_told_and_refuses_what_it_names(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=SPEED, behaviour=SWIFT) as running:
        restriction = {"restriction": "RESTRICTED_BIZ_INITIATED_MESSAGING", "seconds": 7200}
        await running.control("account", restriction)
        _, template = await running.send(ASHA)
        await running.control(f"phones/{ASHA}/say", {"text": "Une question"})
        reply, _ = await running.post(text_to(ASHA))
        await running.control("account", {"restriction": None, "ban": "DISABLE"})
        _, banned = await running.post(text_to(ASHA))
        await running.control("account", {"ban": "REINSTATE"})
        healed, _ = await running.send(ASHA)
        await running.settle()
        told = management(running, "account_update")
    assert (template["error"]["code"], reply, banned["error"]["code"], healed) == (368, 200, 131031, 200)
    assert [one["event"] for one in told] == ["ACCOUNT_RESTRICTION", "DISABLED_UPDATE", "DISABLED_UPDATE"]
    assert told[0]["restriction_info"][0]["restriction_type"] == "RESTRICTED_BIZ_INITIATED_MESSAGING"


async def test_a_number_is_away_for_a_minute_while_it_becomes_faster(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=10 * SPEED, behaviour=SWIFT, throughput=80) as running:
        await running.control("numbers", {"number": NUMBER, "upgrade": True})
        _, away = await running.send(ASHA)
        await running.settle()
        status, _ = await running.send(ASHA)
        told = management(running, "phone_number_quality_update")
        number = running.simulator.world.numbers[NUMBER].settings
    assert (away["error"]["code"], status) == (131057, 200)
    assert (told[0]["event"], number.throughput_per_second) == ("THROUGHPUT_UPGRADE", 1000)


async def test_trouble_comes_by_itself_in_mid_campaign(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        pause = {"name": "promo", "language": "fr", "status": "PAUSED"}
        await running.control(
            "faults",
            {
                "after": [
                    {"accepted": 2, "control": "account", "body": {"code": 131042}},
                    {"accepted": 3, "control": "template_status", "body": pause},
                ],
                "quirks": {"error_data_as_string": True},
            },
        )
        answers = [await running.send(f"+21260000020{index}") for index in range(3)]
        await running.control("account", {"code": None})
        answers += [await running.send(f"+21260000021{index}") for index in range(2)]
    codes = [body.get("error", {}).get("code") for _, body in answers]
    assert codes == [None, None, 131042, None, 132015]
    assert isinstance(answers[2][1]["error"]["error_data"], str)


async def test_a_silent_message_is_accepted_and_never_told_of(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        fault = {"kind": "bad_gateway", "phones": [ASHA], "silent": True}
        await running.control("faults", {"requests": [fault]})
        url = f"{running.url}/v26.0/{NUMBER}/messages"
        headers = {"Authorization": "Bearer token"}
        async with running.client.post(url, json=message(ASHA), headers=headers) as answer:
            assert answer.status == 502
        await running.settle()
        assert running.receiver.statuses() == []
        row = next(row for row in running.ledger() if row["kind"] == "request")
    assert row["outcome"] == "accepted"


async def test_the_same_seed_and_requests_give_the_same_ledger(tmp_path: Path) -> None:
    lively = replace(SWIFT, reply_rate=0.3, capped_rate=0.3, block_rate=0.2, stop_text_rate=0.2)
    ledgers = []
    for name, speed in (("first", FAST), ("second", 3 * FAST)):
        async with bench(tmp_path / name, speed=speed, behaviour=lively) as running:
            await running.control("people", [{"phone": ASHA, "will_reply": "STOP"}])
            for index in range(25):
                await running.send(f"+2126000001{index:02d}")
                await running.settle()
            rows = [
                {key: value for key, value in row.items() if key not in ("real", "virtual", "updates", "url")}
                for row in running.ledger()
            ]
        ledgers.append([row for row in rows if row["kind"] in ("request", "update", "grievance")])
    assert ledgers[0] == ledgers[1]
    assert {row.get("update") for row in ledgers[0]} >= {"sent", "delivered", "read", "failed", "text"}


async def test_a_fault_may_fail_a_message_later_with_any_code(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("faults", {"requests": [{"kind": "fail", "code": 131053, "phones": [ASHA]}]})
        status, _ = await running.send(ASHA)
        await running.settle()
        assert (status, last_status(running, ASHA)) == (200, ("failed", 131053))


async def test_a_voice_message_tells_that_it_was_played(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=SPEED, behaviour=SWIFT) as running:
        await running.control(f"phones/{ASHA}/say", {"text": "Une question"})
        audio = {"link": "https://shop.example/voice.ogg", "voice": True}
        body = {"messaging_product": "whatsapp", "to": ASHA, "type": "audio", "audio": audio}
        assert (await running.post(body))[0] == 200
        await running.settle()
        statuses = [status for _, status in running.receiver.statuses()]
    assert statuses == ["sent", "delivered", "read", "played"]
