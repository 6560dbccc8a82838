"""The faults a sender must survive, as the simulator makes them."""

import asyncio
import gzip
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientTimeout
from tests.simulated import NUMBER, Bench, bench, message

from cloud_api_simulator.clock import wait_until

ASHA = "+212600000101"
BILAL = "+212600000102"
HEADERS = {"Authorization": "Bearer token"}


async def only_asha(running: Bench, kind: str, **more: object) -> None:
    await running.control("faults", {"requests": [{"kind": kind, "name": "one", "phones": [ASHA], **more}]})


def outcome_of(running: Bench) -> dict[str, object]:
    row = next(row for row in running.ledger() if row["kind"] == "request" and row["to"] == ASHA)
    return {key: row.get(key) for key in ("outcome", "fault", "code")}


async def test_f04_a_stalled_message_is_accepted_and_never_answered(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await only_asha(running, "stall")
        url = f"{running.url}/v26.0/{NUMBER}/messages"
        with pytest.raises(TimeoutError):
            await running.client.post(
                url, json=message(ASHA), headers=HEADERS, timeout=ClientTimeout(total=0.3)
            )
        assert (await running.send(BILAL))[0] == 200
        await running.settle()
        assert (ASHA[1:], "delivered") in running.receiver.statuses()
        assert outcome_of(running) == {"outcome": "accepted", "fault": "one", "code": None}


async def test_f05_a_reset_message_is_accepted_and_its_connection_cut(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await only_asha(running, "reset")
        with pytest.raises(ClientError):
            await running.send(ASHA)
        await running.settle()
        assert (ASHA[1:], "read") in running.receiver.statuses()
        assert outcome_of(running)["outcome"] == "accepted"


async def test_a_fault_may_refuse_silently_so_that_nothing_ever_comes(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await only_asha(running, "reset", accepted=False)
        with pytest.raises(ClientError):
            await running.send(ASHA)
        await running.settle()
        assert running.receiver.statuses() == []
        assert outcome_of(running) == {"outcome": "fault", "fault": "one", "code": None}


async def test_f09_f10_f12_spoiled_answers_leave_an_accepted_message_behind(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        answers = {}
        for kind, more in (
            ("bad_gateway", {}),
            ("no_id", {}),
            ("oversized", {"bytes_count": 3_000_000}),
            ("gzip", {"bytes_count": 5_000_000}),
            ("slow", {"seconds": 0.0001}),
            ("delay", {"seconds": 0.01}),
        ):
            await only_asha(running, kind, **more)
            url = f"{running.url}/v26.0/{NUMBER}/messages"
            async with running.client.post(
                url, json=message(ASHA, opaque=kind), headers=HEADERS, auto_decompress=False
            ) as answer:
                answers[kind] = (answer.status, await answer.read())
        await running.settle()
        told = {item["biz_opaque_callback_data"] for item in running.receiver.entries("statuses")}
    assert told == set(answers)
    assert answers["bad_gateway"][0] == 502
    assert b"<html>" in answers["bad_gateway"][1]
    assert b'"messages":[]' in answers["no_id"][1]
    assert len(answers["oversized"][1]) > 3_000_000
    assert len(gzip.decompress(answers["gzip"][1])) == 5_000_000
    assert b"wamid." in answers["slow"][1]
    assert b"wamid." in answers["delay"][1]


@pytest.mark.parametrize(("dropped", "last"), [(False, "read"), (True, "failed")])
async def test_f11_a_held_message_is_released_or_dropped_later(
    tmp_path: Path, dropped: bool, last: str
) -> None:
    async with bench(tmp_path) as running:
        await only_asha(running, "held", dropped=dropped)
        _, body = await running.send(ASHA)
        await running.settle()
        assert body["messages"][0]["message_status"] == "held_for_quality_assessment"
        assert running.receiver.statuses()[-1] == (ASHA[1:], last)


async def test_f37_a_status_arrives_before_the_answer(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=1) as running:
        await only_asha(running, "status_before_response")
        arrived: list[bool] = []

        def note(count: int) -> int:
            arrived.append(sending.done())
            return 200 if count else 500

        running.receiver.answer = note
        sending = asyncio.create_task(running.send(ASHA))
        status, _ = await sending
    assert status == 200
    assert arrived == [False]
    assert running.receiver.statuses() == [(ASHA[1:], "sent")]


async def test_f08_f27_an_error_of_any_code_hits_a_share_of_phones_a_set_number_of_times(
    tmp_path: Path,
) -> None:
    phones = [f"+2126000{index:05d}" for index in range(200)]
    async with bench(tmp_path) as running:
        fault = {"kind": "error", "code": 131016, "rate": 0.3, "times_per_phone": 1}
        await running.control("faults", {"requests": [fault]})
        first = [(await running.send(phone))[0] for phone in phones]
        second = [(await running.send(phone))[0] for phone in phones]
        rows = [row for row in running.ledger() if row["kind"] == "request"]
    assert 30 < first.count(503) < 90
    assert set(second) == {200}
    assert {row.get("code") for row in rows if row["outcome"] == "refused"} == {131016}
    assert sum(row["outcome"] == "accepted" for row in rows) == 400 - first.count(503)


async def test_a_fault_that_cannot_be_read_is_refused_with_its_place(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        url = f"{running.url}/_control/faults"
        async with running.client.post(url, json={"requests": [{"kind": "explode"}]}) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"].startswith("faults[0].kind")


async def test_a_lost_connection_to_the_receiver_is_a_refused_webhook_until_it_is_back(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as running:
        there = running.receiver.url
        await running.control("webhook_url", {"url": "http://127.0.0.1:1/hook"})
        await running.send(ASHA)
        assert await wait_until(
            lambda: running.simulator.world.ledger.counts["webhook_refused"] > 0, seconds=10
        )
        await running.control("webhook_url", {"url": there})
        await running.settle()
        assert len(running.receiver.statuses()) == 3
