"""A crowd of which many ask for silence stops its rule while it sends; a calm one gets everything."""

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.receiver.serving import SECRET, VERIFY_TOKEN, running
from tests.moments import moment_rule
from tests.planning import Person, create_people, planning_workspace
from tests.simulated import CERTAIN, TOKEN, read_ledger

from cloud_api_simulator import NumberSettings, Simulator, SimulatorSettings
from cloud_api_simulator.clock import real_seconds
from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.sender import run_sender
from rulecast.wiring.template_push import push_templates

PEOPLE = 240
SPEED = 60.0
LIMIT_SECONDS = 60
STOP = "stop if opt-outs above 2% of delivered after 60 delivered, or failures above 5%"


@pytest.mark.parametrize(("leaving", "is_held", "minutes"), [(0.05, True, 12), (0.008, False, 3)])
async def test_a_rule_stops_while_it_sends_where_too_many_leave(
    settings: Settings, clock: ManualClock, tmp_path: Path, leaving: float, is_held: bool, minutes: int
) -> None:
    began = real_seconds()
    ticking = VirtualClock(start=clock.now(), real_start_seconds=began, speed=SPEED)
    listener = socket.create_server(("127.0.0.1", 0))
    simulator = Simulator(
        SimulatorSettings(
            state_dir=tmp_path / "simulator",
            app_secret=SECRET,
            access_token=TOKEN,
            webhook_url=f"http://127.0.0.1:{listener.getsockname()[1]}/webhook",
            clock=f"virtual:{clock.now().isoformat()}@{began:.3f}x{SPEED:f}",
            seed=7,
            behaviour=replace(CERTAIN, stop_text_rate=leaving),
            numbers=(NumberSettings(phone_number_id="106540352242922", throughput_per_second=1000),),
        )
    )
    await simulator.start()
    pointed = replace(
        settings,
        graph_base_url=simulator.url,
        access_token=TOKEN,
        app_secret=SECRET,
        verify_token=VERIFY_TOKEN,
        lease_seconds=5,
    )
    stop = asyncio.Event()
    try:
        async with (
            planning_workspace(pointed, ticking) as workspace,
            running(build_receiver(workspace), listener=listener),
        ):
            await push_templates(workspace)
            crowd = [Person(phone=f"+21261{3_000_000 + one}") for one in range(PEOPLE)]
            people = await create_people(workspace, crowd)
            (plan_id,) = await plan_for_people(
                workspace,
                [moment_rule(f"batch 80 every {minutes} minutes", STOP)],
                contacts=[frozenset(people)],
            )
            await approve(workspace, plan_id, approved_by="badr")
            await launch(workspace, plan_id, launched_by="badr")
            sending = asyncio.create_task(run_sender(workspace, stop_event=stop))

            async def has_ended() -> bool:
                async with workspace.database.connection() as connection:
                    states = dict(
                        await fetch_all(
                            connection, "SELECT state, count(*) FROM deliver.message GROUP BY state"
                        )
                    )
                    held = await fetch_value(
                        connection, "SELECT count(*) FROM rule.current_state WHERE state = 'held'"
                    )
                return held > 0 or states.get("accepted", 0) == PEOPLE

            async with asyncio.timeout(LIMIT_SECONDS):
                while not await has_ended():  # noqa: ASYNC110 - the event is a row another process may write
                    await asyncio.sleep(0.1)
                if is_held:
                    # The next batch is due, and does not leave.
                    due = ticking.now() + timedelta(minutes=minutes + 1)
                    while ticking.now() < due:  # noqa: ASYNC110 - it is time that has to pass
                        await asyncio.sleep(0.2)
            stop.set()
            await asyncio.wait_for(sending, LIMIT_SECONDS)
            async with workspace.database.connection() as connection:
                (state, why) = (
                    await fetch_all(connection, "SELECT state, why FROM rule.current_state")
                    or [("draft", "")]
                )[0]
            accepted = [row for row in _ledger(simulator) if row.get("outcome") == "accepted"]
            assert (state == "held") is is_held, (state, why)
            assert (len(accepted) < PEOPLE) is is_held
            assert ("opt-outs of" in why) is is_held
    finally:
        await asyncio.wait_for(simulator.stop(), 10)


def _ledger(simulator: Simulator) -> list[dict]:
    simulator.world.ledger.flush()
    return read_ledger(simulator.world.ledger.path)
