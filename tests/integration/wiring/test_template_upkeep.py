"""Templates are read by themselves: every hour, and before a launch that would go by what was read long ago."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.planning import Person, create_people, planning_workspace
from tests.simulated import TOKEN, Bench, bench

from rulecast.collect.webhook_facts import TemplateFact, TemplateFactKind
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.plan.errors import PlanChangedError
from rulecast.template import MessageTemplate
from rulecast.template.registry.records import AccountReading
from rulecast.template.registry.store import list_account_readings
from rulecast.template.store import list_templates
from rulecast.template.words import apply_template_facts
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId, PlanId
from rulecast.wiring.approve import approve
from rulecast.wiring.finding import Health
from rulecast.wiring.launch import launch
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.template_acts import edit_template
from rulecast.wiring.template_health import examine_templates
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.template_sync import sync_templates
from rulecast.wiring.template_upkeep import sync_regularly
from rulecast.wiring.workspace import Workspace

RULE = """rule winback
  version 1
  priority promotion/40
  purpose marketing
  when city = "casablanca"
  send template winback in fr (name: first_name or "client") from casablanca_main
"""
PEOPLE = tuple(Person(phone=f"+21261200000{place}") for place in range(1, 4))
WABA = "102290129340398"
MINUTE = 61
TEN_MINUTES = 601


@asynccontextmanager
async def standing(
    settings: Settings, clock: ManualClock, folder: Path
) -> AsyncIterator[tuple[Workspace, Bench]]:
    """Open a workspace whose templates a simulator's account has approved and somebody has just read."""
    async with bench(folder / "simulator") as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN)
        async with planning_workspace(pointed, clock) as workspace:
            await push_templates(workspace)
            await sync_templates(workspace)
            yield workspace, running


async def approved_plan(workspace: Workspace, people: frozenset[ContactId]) -> PlanId:
    (plan_id,) = await plan_for_people(workspace, [RULE], contacts=[people])
    await approve(workspace, plan_id, approved_by="badr")
    return PlanId(plan_id)


async def test_a_launch_goes_by_no_reading_older_than_ten_minutes(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        people = frozenset(await create_people(workspace, PEOPLE))
        first = await approved_plan(workspace, people)
        later = await approved_plan(workspace, people)
        # Meta's account counts it as utility from now on, and no webhook tells.
        held = running.simulator.world.templates.find("winback", "fr")
        assert held is not None
        running.simulator.world.templates.put(replace(held, category="UTILITY"))
        clock.advance(TEN_MINUTES - 10)
        assert (await launch(workspace, first, launched_by="badr")).is_new
        clock.advance(10)
        with pytest.raises(PlanChangedError, match="the template winback was changed"):
            await launch(workspace, later, launched_by="badr")
        # A run that exists is found again without a question to Meta.
        clock.advance(TEN_MINUTES)
        before = await readings(workspace)
        assert not (await launch(workspace, first, launched_by="badr")).is_new
        assert await readings(workspace) == before


async def readings(workspace: Workspace) -> list[AccountReading]:
    async with workspace.database.connection() as connection:
        return await list_account_readings(connection)


async def test_a_silent_meta_stops_no_launch_and_is_left_alone_for_a_minute(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, _running):
        asha, *others = await create_people(workspace, PEOPLE)
        plan_id = await approved_plan(workspace, frozenset({asha}))
        clock.advance(TEN_MINUTES)
        asked: list[int] = []

        async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(1)
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as silent:
            port = silent.sockets[0].getsockname()[1]
            mute = replace(workspace.settings, graph_base_url=f"http://127.0.0.1:{port}")
            deaf = replace(workspace, settings=mute)
            assert (await launch(deaf, plan_id, launched_by="badr")).is_new
            assert asked
            asked.clear()
            another = await approved_plan(deaf, frozenset(others))
            await launch(deaf, another, launched_by="badr")
            await sync_regularly(deaf)
            assert asked == []
        (reading,) = await readings(workspace)
        assert reading.blocked_until == clock.now() + timedelta(minutes=1)


async def test_a_zone_that_meta_is_asked_for_too_often_stops_no_launch(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        plan_id = await approved_plan(workspace, frozenset(await create_people(workspace, PEOPLE)))

        async def answer(request: web.Request) -> web.Response:
            if request.query.get("fields") == "timezone_id":
                return web.json_response({"error": {"code": 80007, "message": "Rate limit hit"}}, status=400)
            headers = {"Authorization": request.headers["Authorization"]}
            async with running.client.get(f"{running.url}{request.path_qs}", headers=headers) as told:
                return web.json_response(await told.json(), status=told.status)

        before_it = web.Application()
        before_it.router.add_get("/{path:.*}", answer)
        async with TestServer(before_it) as server:
            pointed = replace(workspace.settings, graph_base_url=str(server.make_url("")).rstrip("/"))
            asking = replace(workspace, settings=pointed)
            clock.advance(TEN_MINUTES)
            assert (await launch(asking, plan_id, launched_by="badr")).is_new
            (reading,) = await readings(workspace)
            assert reading.read_at == clock.now()
            assert reading.blocked_until == clock.now() + timedelta(minutes=5)
            (account,) = await sync_templates(asking)
            assert (account.outcome, account.until) == ("blocked", reading.blocked_until)


async def test_an_hour_later_the_listing_is_read_anew_and_the_doctor_says_when(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        read_at = clock.now()
        await running.control("template_status", {"name": "winback", "language": "fr", "status": "PAUSED"})
        clock.advance(3_599)
        await sync_regularly(workspace)
        finding = await examine_templates(workspace)
        assert (finding.health, f"{read_at:%H:%M} UTC" in finding.what) == (Health.GOOD, True)
        clock.advance(1)
        await sync_regularly(workspace)
        async with workspace.database.connection() as connection:
            kept = {(one.name, one.language): one.status for one in await list_templates(connection)}
        assert kept["winback", "fr"] == "paused"
        incidents = "SELECT cause, scope_id FROM gate.incident WHERE closed_at IS NULL"
        async with workspace.database.connection() as connection:
            assert await fetch_all(connection, incidents) == [("template:status", "winback/fr")]
        finding = await examine_templates(workspace)
        assert f"read from Meta at {clock.now():%Y-%m-%d %H:%M} UTC" in finding.what
        await running.control("template_status", {"name": "winback", "language": "fr", "status": "APPROVED"})
        clock.advance(3_600)
        await sync_regularly(workspace)
        async with workspace.database.connection() as connection:
            assert await fetch_all(connection, incidents) == []
        alone = replace(workspace, settings=replace(workspace.settings, access_token=None))
        clock.advance(3_600)
        await sync_regularly(alone)
        assert [one.read_at for one in await readings(workspace)] == [clock.now() - timedelta(hours=1)]


async def test_content_that_changed_at_meta_is_read_at_once_and_our_own_edit_is_no_news(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        fr = running.simulator.world.templates.find("winback", "fr")
        assert fr is not None
        assert await hear(workspace, fr.template_id, "components") == [("template:components", False)]
        body = {"type": "BODY", "text": "Bonjour {{name}}, 30 % sur tout cette semaine."}
        running.simulator.world.templates.put(replace(fr, components=(body, *fr.components[1:])))
        clock.advance(MINUTE)
        await sync_regularly(workspace)
        assert "body" in (await winback(workspace)).obstacle

        (_, _, edited) = await edit_template(workspace, "winback")
        assert (edited.language, edited.done) == ("fr", "edited")
        clock.advance(MINUTE)
        assert await hear(workspace, fr.template_id, "components") == []
        await sync_regularly(workspace)
        assert (await winback(workspace)).is_sendable

        # Meta gives no reason by the word NONE.
        assert await hear(workspace, fr.template_id, "status") == [("template:status", False)]
        rejected = await winback(workspace)
        assert (rejected.status, rejected.rejected_reason) == ("rejected", "")


async def hear(workspace: Workspace, meta_id: str, kind: TemplateFactKind) -> list[tuple[str, bool]]:
    """Let Meta say that content changed, or that the template is rejected; return what a person hears."""
    fact = TemplateFact(
        kind=kind,
        template_id=meta_id,
        name="winback",
        language="fr",
        event="REJECTED" if kind == "status" else "",
        reason="NONE",
        occurred_at=workspace.clock.now(),
        waba_id=WABA,
    )
    async with workspace.database.transaction() as connection:
        news = await apply_template_facts(connection, [fact], workspace.clock.now())
    return [(one.cause, one.is_over) for one in news]


async def winback(workspace: Workspace) -> MessageTemplate:
    async with workspace.database.connection() as connection:
        known = {(one.name, one.language): one for one in await list_templates(connection)}
    return known["winback", "fr"]
