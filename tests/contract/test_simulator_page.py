"""The page with the phones, and the simulator as a started program."""

import asyncio
import io
import json
import os
import sys
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession
from tests.live_page import browser_page
from tests.simulated import NUMBER, bench, message, promo, read_ledger

from cloud_api_simulator.clock import wait_until

ASHA = "+212600000101"
HOSTILE = '"><script>alert(1)</script>'
ROOT = Path(__file__).resolve().parents[2]


async def test_the_page_escapes_every_foreign_text(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        template = promo(name="hostile", link='https://x/"><img src=x onerror=alert(1)>')
        template["components"][0]["text"] = "<i>{{1}}</i>"
        template["components"][2]["buttons"][1]["text"] = "<b>Stop</b>"
        await running.control("templates", template)
        await running.control("people", [{"phone": ASHA, "name": HOSTILE}])
        body = message(ASHA, template="hostile")
        body["template"]["components"][0]["parameters"][0]["text"] = HOSTILE
        assert (await running.post(body))[0] == 200
        await running.control(f"phones/{ASHA}/say", {"text": HOSTILE})
        pages = []
        for path in ("/", f"/phones/{ASHA}", f"/?search={HOSTILE}"):
            async with running.client.get(running.url + path) as answer:
                assert answer.status == 200
                assert "script-src 'self'" in answer.headers["content-security-policy"]
                pages.append(await answer.text())
    for page in pages:
        assert "SIMULATED" in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<i>" not in page
    assert pages[1].count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


async def test_a_visitor_types_and_taps_and_the_webhook_leaves_at_once(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=1) as running:
        await running.send(ASHA)
        await running.control(f"phones/{ASHA}/say", {"text": "arrêt"})
        await running.control(f"phones/{ASHA}/tap", {"payload": "optout:marketing:v1"})
        await running.control(f"phones/{ASHA}/tap", {"index": 2})
        receiver = running.receiver
        assert await wait_until(
            lambda: len(receiver.entries("messages")) == 2 and len(receiver.fetches) == 1, seconds=10
        )
        kinds = [item["type"] for item in running.receiver.entries("messages")]
        stops = [row["opt_out"] for row in running.ledger() if row.get("opt_out")]
        async with running.client.get(f"{running.url}/phones/{ASHA}") as answer:
            page = await answer.text()
        for path in ("/static/page.js", "/static/page.css"):
            async with running.client.get(running.url + path) as answer:
                assert answer.status == 200
    assert sorted(kinds) == ["button", "text"]
    assert sorted(stops) == ["button", "text"]
    assert "Bonjour Asha, l&#x27;été est là" in page
    assert "arrêt" in page


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}]
)
async def test_a_foreign_page_cannot_drive_the_simulator(tmp_path: Path, headers: dict[str, str]) -> None:
    async with bench(tmp_path) as running:
        url = f"{running.url}/_control/phones/{ASHA}/say"
        async with running.client.post(url, json={"text": "STOP"}, headers=headers) as answer:
            assert answer.status == 403


async def test_a_body_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        body = b'{"padding":"' + b"x" * (1 << 20) + b'"}'
        url = f"{running.url}/v26.0/{NUMBER}/messages"
        try:
            async with running.client.post(url, data=io.BytesIO(body)) as answer:
                assert answer.status == 413
        except ClientError:
            # The refusal closes the connection while the client may still be writing.
            assert not [row for row in running.ledger() if row["kind"] == "request"]
        assert (await running.send(ASHA))[0] == 200


async def test_the_started_program_serves_resets_and_writes_its_ledger_at_the_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("app secret\n", "utf-8")
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cloud_api_simulator", "--port", "0", "--state-dir", str(tmp_path / "state")),
        *("--app-secret-file", str(secret), "--access-token", "token", "--number", f"{NUMBER}:1000"),
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(program.stdout.readline(), 30))
        async with ClientSession() as client:
            await client.post(f"{ready['url']}/_control/templates", json=promo())
            headers = {"Authorization": "Bearer token"}
            url = f"{ready['url']}/v26.0/{NUMBER}/messages"
            async with client.post(url, json=message(ASHA), headers=headers) as answer:
                assert answer.status == 200
            await client.post(
                f"{ready['url']}/_control/faults", json={"requests": [{"kind": "reset", "rate": 1}]}
            )
            with pytest.raises(ClientError):
                await client.post(url, json=message(ASHA), headers=headers)
    finally:
        program.terminate()
        assert await asyncio.wait_for(program.wait(), 10) == 0
    rows = read_ledger(tmp_path / "state" / "ledger.jsonl")
    assert [row["outcome"] for row in rows if row["kind"] == "request"] == ["accepted", "accepted"]
    assert rows[-1]["kind"] == "stopped"
    assert (tmp_path / "state" / "ledger.jsonl").stat().st_mode & 0o777 == 0o600


async def test_wrong_arguments_end_the_program_with_a_reason(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cloud_api_simulator", "--state-dir", str(tmp_path), "--app-secret", "x"),
        *("--clock", "yesterday"),
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 2
    assert b"clock: expected" in errors


@pytest.mark.browser
async def test_a_visitor_answers_taps_and_stops_in_a_browser(tmp_path: Path) -> None:
    async with bench(tmp_path) as running, browser_page() as page:
        troubles: list[str] = []
        page.on("console", lambda said: troubles.append(said.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await running.send(ASHA)
        await running.settle()
        await page.goto(f"{running.url}/phones/{ASHA}")
        await page.click("text=Stop promotions")
        await page.fill("input[name=text]", "Une *question*")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".line.mine strong")
        await page.click(".menu summary")
        await page.click("text=Stop marketing")
        await page.wait_for_selector("text=stopped marketing")
        await running.settle()
        ticks = await page.locator(".ticks.read").count()
        kinds = [item["type"] for item in running.receiver.entries("messages")]
        preferences = [item["value"] for item in running.receiver.entries("user_preferences")]
    assert (kinds, preferences) == (["button", "text"], ["stop"])
    assert ticks >= 1
    assert troubles == []
