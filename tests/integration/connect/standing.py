"""A workspace, its receiver and a simulator, all on one clock, before a number is connected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from tests.integration.receiver.serving import VERIFY_TOKEN, RunningReceiver, running
from tests.simulated import CERTAIN, NUMBER, SECRET, TOKEN

from cloud_api_simulator import NumberSettings, Simulator, SimulatorSettings
from cloud_api_simulator.clock import real_seconds
from rulecast.config import Settings
from rulecast.receiver import build_receiver
from rulecast.values.clock import read_clock
from rulecast.wiring.connect import ConnectOrder, Step, connect_number
from rulecast.wiring.workspace import Workspace, open_workspace

SPEED = 200
WABA = "102290129340398"
HELLO = {
    "name": "hello_world",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome and congratulations! This message shows that sending works."},
        {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a test of connecting asks of its surroundings."""

    workspace: Workspace
    receiver: RunningReceiver
    client: aiohttp.ClientSession
    url: str

    async def control(self, name: str, body: object) -> dict[str, Any]:
        async with self.client.post(f"{self.url}/_control/{name}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    def order(self, **changes: Any) -> ConnectOrder:
        order = ConnectOrder(
            number_id=NUMBER,
            number_name="main",
            callback_url=f"{self.receiver.address}/webhook",
            wait_seconds=0,
        )
        return replace(order, **changes)

    async def connect(self, **changes: Any) -> tuple[dict[str, Step], str]:
        """Connect and return the steps by name, and the name of the last."""
        shown: list[Step] = []
        steps = await connect_number(self.workspace, self.order(**changes), show=shown.append)
        assert shown == steps
        return {one.name: one for one in steps}, steps[-1].name

    def with_settings(self, **changes: Any) -> "Standing":
        """Return the same place, seen with other settings."""
        settings = replace(self.workspace.settings, **changes)
        return replace(self, workspace=replace(self.workspace, settings=settings))


@asynccontextmanager
async def standing(settings: Settings, folder: Path) -> AsyncIterator[Standing]:
    """Run all three; the simulator's webhooks go nowhere yet."""
    clock = f"virtual:2026-11-17T19:55:00+01:00@{real_seconds():.3f}x{SPEED}"
    simulator = Simulator(
        SimulatorSettings(
            state_dir=folder / "simulator",
            app_secret=SECRET,
            access_token=TOKEN,
            clock=clock,
            behaviour=CERTAIN,
            numbers=(NumberSettings(phone_number_id=NUMBER),),
        )
    )
    url = await simulator.start()
    pointed = replace(
        settings,
        clock=clock,
        graph_base_url=url.rstrip("/"),
        access_token=TOKEN,
        app_secret=SECRET,
        verify_token=VERIFY_TOKEN,
        lease_seconds=2,
    )
    try:
        async with (
            open_workspace(pointed, actor="amal", clock=read_clock(clock)) as workspace,
            running(build_receiver(workspace)) as receiver,
            aiohttp.ClientSession() as client,
        ):
            place = Standing(workspace=workspace, receiver=receiver, client=client, url=url.rstrip("/"))
            await place.control("templates", HELLO)
            yield place
    finally:
        await simulator.stop()
