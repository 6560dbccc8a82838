"""Files that Meta does not take, at the upload or after the fact; and files under a standing approval."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image
from tests.integration.media.test_media_at_the_simulator import DECLARED
from tests.simulated import NUMBER, TOKEN
from tests.street import Street, neighbour, street

from cloud_api_simulator.media import BYTES_MAX
from rulecast.config import Settings
from rulecast.gate.run_media import WantedFile
from rulecast.rule.book import HoldReason
from rulecast.values.clock import ManualClock
from rulecast.values.reason import Reason
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.media_library import fetch_media, load_file
from rulecast.wiring.media_uploads import open_media_uploads
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import Offer, activate_rule, approve_rule
from rulecast.wiring.run_uploads import RunUploads
from rulecast.wiring.standing import HeldBack, Launched, launch_under_standing_approval

RULE = """rule sale
  purpose marketing
  when city in ("casablanca", "rabat")
  send template sale in fr from casablanca_main
"""
EVERY_EVENING = "  every day at 20:00..22:00 local time of the contact; drop the rest\n"
PEOPLE = [neighbour(0), neighbour(1, city="rabat")]
LATER_SECONDS = 90


def draw(path: Path, seed: int = 1) -> None:
    Image.frombytes("RGB", (300, 200), random.Random(seed).randbytes(300 * 200 * 3)).save(path, "PNG")


@asynccontextmanager
async def shop(settings: Settings, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Street]:
    draw(tmp_path / "poster.png")
    declared = DECLARED.format(directory=tmp_path)
    async with street(settings, clock, tmp_path, people=PEOPLE, declarations=declared) as here:
        yield here


async def states(here: Street) -> list[tuple[str, str]]:
    return [(state, reason) for _, _, state, reason in await here.endings()]


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[str, list[tuple[int, bytes]]]]:
    """Answer each upload by the script, at a loopback address."""
    script: list[tuple[int, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        status, body = script.pop(0)
        return web.Response(status=status, body=body)

    application = web.Application()
    application.router.add_post("/{version}/{number}/media", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", script
    finally:
        await runner.cleanup()


def refusal(code: int) -> bytes:
    return json.dumps({"error": {"code": code, "message": "x"}}).encode()


ANSWERS = [
    (413, b"<html>", Reason.FILE_TOO_LARGE),
    (400, refusal(131053), Reason.FILE_REFUSED),
    (400, refusal(100), Reason.FILE_REFUSED),
    (400, refusal(4), Reason.FILE_NOT_UPLOADED),
    (401, refusal(190), Reason.FILE_NOT_UPLOADED),
    (500, b"<html>", Reason.FILE_NOT_UPLOADED),
    (200, b"{}", Reason.FILE_NOT_UPLOADED),
]


async def test_each_failure_of_an_upload_has_a_reason_of_its_own(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path) as here, scripted() as (url, script):
        (kept,) = await fetch_media(here.workspace)
        file = WantedFile(content_hash=next(iter(kept.renditions.values())).content_hash, filename="")
        pointed = replace(here.workspace, settings=replace(here.workspace.settings, graph_base_url=url))
        script += [(status, body) for status, body, _ in ANSWERS]
        found = []
        async with open_media_uploads(pointed, partial(load_file, pointed)) as uploads:
            runs = RunUploads(pointed, uploads)
            for _ in ANSWERS:
                found.append(await runs.find(NUMBER, file))
                # Not asked for again by every message.
                assert await runs.find(NUMBER, file) is found[-1]
                clock.advance(LATER_SECONDS)
            gone = WantedFile(content_hash=bytes(32), filename="")
            assert await runs.find(NUMBER, gone) is Reason.FILE_MISSING
        assert found == [reason for _, _, reason in ANSWERS]


async def test_a_file_that_meta_refuses_ends_its_messages_and_one_not_uploaded_waits(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        (plan,) = await here.plan(RULE)
        await here.start(plan)
        await here.bench.control("tokens", {"is_revoked": True})
        await here.send()
        assert await states(here) == [("deferred", "file_not_uploaded")] * 2
        await here.bench.control("tokens", {"token": TOKEN, "is_revoked": False})
        # Meta takes no image as large as this one, whatever its page says.
        monkeypatch.setitem(BYTES_MAX, "image", 1_000)
        clock.advance(LATER_SECONDS)
        await here.send()
        assert await states(here) == [("cancelled", "file_refused")] * 2
        assert here.reached_people() == []


async def test_131053_pauses_the_template_and_has_the_file_uploaded_anew(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        casablanca, rabat = (
            RULE.replace("rule sale", f"rule {city}").replace('("casablanca", "rabat")', f'("{city}")')
            for city in ("casablanca", "rabat")
        )
        await here.bench.control(
            "faults", {"requests": [{"kind": "fail", "code": 131053, "phones": ["212612000000"]}]}
        )
        await here.hear()
        (plan,) = await here.plan(casablanca)
        await here.start(plan)
        await here.send()
        await here.hear()
        failed = "SELECT count(*) FROM deliver.message WHERE failed_at IS NOT NULL"
        assert await here.rows(failed) == [(1,)]
        assert await here.rows("SELECT status FROM template.template WHERE name = 'sale'") == [("paused",)]
        (before,) = await here.rows("SELECT media_id FROM deliver.media_upload")
        # A person has looked at the file and resumed the template: nothing of the old upload is used.
        await here.bench.control("faults", {"requests": []})
        await here.change("UPDATE template.template SET status = 'approved' WHERE name = 'sale'")
        clock.advance(86_400)
        (plan,) = await here.plan(rabat)
        await here.start(plan)
        await here.send()
        (after,) = await here.rows("SELECT media_id FROM deliver.media_upload")
        assert after != before
        assert here.reached_people()[-1] == here.people[1]


async def test_a_standing_approval_signs_the_file_and_another_file_holds_the_rule(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    rule = RULE + EVERY_EVENING
    offer = Offer(people_per_run=9, people_per_day=9, cost_per_run=Decimal(5), until=date(2026, 12, 31))

    async def launched(here: Street) -> Launched | HeldBack:
        answer = await ask_engine(here.workspace, "plan", {"texts": [rule], "created_by": "rulecast"})
        return await launch_under_standing_approval(here.workspace, answer["plan_ids"][0])

    async with shop(settings, clock, tmp_path) as here:
        await keep_rule(here.workspace, rule)
        await approve_rule(here.workspace, "sale", offer, approved_by="badr")
        await activate_rule(here.workspace, "sale")
        assert isinstance(await launched(here), Launched)
        clock.advance(4_200)
        await here.send()
        assert here.reached_people() == sorted(here.people)
        draw(tmp_path / "poster.png", seed=2)
        await fetch_media(here.workspace, again=True)
        clock.advance(86_400 - 4_200)
        held = await launched(here)
        assert isinstance(held, HeldBack)
        assert held.reason is HoldReason.TEMPLATE_CHANGED
        assert held.is_rule_held
