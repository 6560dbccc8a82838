"""Files that Meta does not take, at the upload or after the fact; and files under a standing approval."""

import asyncio
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
from tests.simulated import NUMBER
from tests.street import Street, neighbour, street

from cloud_api_simulator.media import BYTES_MAX
from rulecast.config import Settings
from rulecast.gate.run_media import WantedFile
from rulecast.rule.book import HoldReason
from rulecast.template.messages import MediaHandle
from rulecast.values.clock import ManualClock
from rulecast.values.reason import Reason
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.incidents import read_incidents, resume_incident
from rulecast.wiring.media_library import fetch_media, load_file
from rulecast.wiring.media_uploads import open_media_uploads
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import Offer, activate_rule, approve_rule
from rulecast.wiring.run_uploads import RunUploads, open_run_uploads
from rulecast.wiring.standing import HeldBack, Launched, launch_under_standing_approval
from rulecast.wiring.template_sync import sync_templates

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
async def scripted() -> AsyncIterator[tuple[str, list[tuple[int, bytes]], asyncio.Event]]:
    """Answer each upload by the script while the event is set, at a loopback address."""
    answering = asyncio.Event()
    answering.set()
    script: list[tuple[int, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await answering.wait()
        status, body = script.pop(0)
        return web.Response(status=status, body=body)

    application = web.Application()
    application.router.add_post("/{version}/{number}/media", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", script, answering
    finally:
        await runner.cleanup()


def refusal(code: int, **more: int) -> bytes:
    return json.dumps({"error": {"code": code, "message": "x", **more}}).encode()


ANSWERS = [
    (413, b"<html>", Reason.FILE_TOO_LARGE),
    (400, refusal(131053), Reason.FILE_REFUSED),
    (400, refusal(100), Reason.FILE_REFUSED),
    (400, refusal(100, error_subcode=33), Reason.FILE_NOT_UPLOADED),
    (400, refusal(4), Reason.FILE_NOT_UPLOADED),
    (401, refusal(190), Reason.FILE_NOT_UPLOADED),
    (500, b"<html>", Reason.FILE_NOT_UPLOADED),
    (200, b"{}", Reason.FILE_NOT_UPLOADED),
]


async def test_each_failure_of_an_upload_has_a_reason_of_its_own_and_one_that_hangs_holds_nobody(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(settings, clock, tmp_path) as here, scripted() as (url, script, answering):
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
        # What the codes tell of number and token is in force as it is after a message that meets them.
        assert await here.rows("SELECT state FROM account.business_number") == [("held",)]
        causes = "SELECT cause, scope FROM gate.incident WHERE closed_at IS NULL ORDER BY cause"
        assert await here.rows(causes) == [("code:190", "number"), ("code:33", "number")]
        stops = "SELECT scope, reason FROM gate.stop"
        assert await here.rows(stops) == [("all", "code_190")]
        # An upload that hangs is waited for once, and goes on by itself: meanwhile its messages wait, and no others.
        monkeypatch.setattr("rulecast.wiring.run_uploads.PATIENCE_SECONDS", 0.05)
        answering.clear()
        clock.advance(LATER_SECONDS)
        script.append((200, b'{"id": "77"}'))
        async with open_media_uploads(pointed, partial(load_file, pointed)) as uploads:
            runs = RunUploads(pointed, uploads)
            for _ in range(2):
                assert await runs.find(NUMBER, file) is Reason.FILE_NOT_UPLOADED
            answering.set()
            async with asyncio.timeout(10):
                while (late := await runs.find(NUMBER, file)) is Reason.FILE_NOT_UPLOADED:
                    pass
            assert late == MediaHandle(media_id="77")
            await runs.close()


async def test_a_file_that_meta_refuses_ends_its_messages_and_one_not_uploaded_waits(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        (plan,) = await here.plan(RULE)
        await here.start(plan)
        async with scripted() as (url, script, _):
            script.append((500, b"<html>"))
            pointed = replace(here.workspace, settings=replace(here.workspace.settings, graph_base_url=url))
            await replace(here, workspace=pointed).send()
        assert await states(here) == [("deferred", "file_not_uploaded")] * 2
        # Meta takes no image as large as this one, whatever its page says.
        monkeypatch.setitem(BYTES_MAX, "image", 1_000)
        clock.advance(LATER_SECONDS)
        await here.send()
        assert await states(here) == [("cancelled", "file_refused")] * 2
        assert here.reached_people() == []


async def test_131053_drops_every_upload_at_once_and_sends_on_with_fresh_ones_f97(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    casablanca, rabat = (
        RULE.replace("rule sale", f"rule {city}").replace('("casablanca", "rabat")', f'("{city}")')
        for city in ("casablanca", "rabat")
    )
    since = "SELECT files_since > %(now)s + interval '100 years' FROM template.template WHERE name = 'sale'"

    async def sent(here: Street, rule: str) -> None:
        clock.advance(LATER_SECONDS)
        (plan,) = await here.plan(rule)
        await here.start(plan)
        await here.send()
        clock.advance(LATER_SECONDS)
        await here.hear()

    async with shop(settings, clock, tmp_path) as here:
        phones = ["212612000000", "212612000001"]
        await here.bench.control("faults", {"requests": [{"kind": "fail", "code": 131053, "phones": phones}]})
        await here.hear()
        (kept,) = await fetch_media(here.workspace)
        file = WantedFile(content_hash=next(iter(kept.renditions.values())).content_hash, filename="")
        async with open_run_uploads(here.workspace) as elsewhere:
            before = await elsewhere.find(NUMBER, file)
            # What it asked for once it does not remember for its life.
            gone = replace(file, content_hash=bytes(32))
            assert await elsewhere.find(NUMBER, gone) is Reason.FILE_MISSING
            assert len(elsewhere) == 2
            await sent(here, casablanca)
            assert await here.rows("SELECT count(*) FROM deliver.message WHERE failed_at IS NOT NULL") == [
                (1,)
            ]
            # No template of Meta's is paused by this, so that reading the templates ends nothing; a process that
            # remembers the upload uses it no more.
            assert await here.rows(since, now=clock.now()) == [(False,)]
            await sync_templates(here.workspace)
            fresh = await elsewhere.find(NUMBER, file)
            assert isinstance(before, MediaHandle)
            assert isinstance(fresh, MediaHandle)
            assert fresh.media_id != before.media_id
            assert (len(elsewhere), len(elsewhere._uploads)) == (1, 0)
        # With the fresh upload the template goes on by itself; where that fails as well, it waits for a person.
        await sent(here, rabat)
        assert here.reached_people()[-1] == here.people[1]
        assert await here.rows(since, now=clock.now()) == [(True,)]
        await here.bench.control("faults", {"requests": []})
        clock.advance(86_400)
        await sent(here, rabat)
        assert [one for _, one in await states(here)][-1] == "file_not_uploaded"
        (incident,) = (await read_incidents(here.workspace)).incidents
        assert (incident.cause, incident.scope_id) == ("template:file", "sale/fr")
        await resume_incident(here.workspace, incident.incident_id, because="another codec")
        clock.advance(LATER_SECONDS)
        await here.send()
        assert (await states(here))[-1] == ("accepted", "")


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
