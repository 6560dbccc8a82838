"""The receiver takes what the simulator of Meta sends: verification, signatures, statuses, every kind of stop."""

import json
from dataclasses import replace
from pathlib import Path

import aiohttp
from tests.integration.receiver.conftest import make_known
from tests.integration.receiver.serving import SECRET, VERIFY_TOKEN, running
from tests.people import ASHA, BILAL, CHITRA, DEEPA
from tests.simulated import CERTAIN, NUMBER, TOKEN, message, promo

from cloud_api_simulator import NumberSettings, Simulator, SimulatorSettings, WebhookSettings
from cloud_api_simulator.clock import real_seconds
from rulecast.config import Settings
from rulecast.receiver import build_receiver
from rulecast.values.clock import read_clock
from rulecast.wiring.workspace import open_workspace

# Two thousand seconds a second: hours of reading pass in a blink, and the eight days after which a webhook is a
# replay last minutes.
SPEED = 2_000


async def test_every_kind_of_stop_of_simulated_people_is_obeyed(settings: Settings, tmp_path: Path) -> None:
    clock = f"virtual:2026-11-17T19:55:00+01:00@{real_seconds():.3f}x{SPEED}"
    wanted = replace(settings, app_secret=SECRET, verify_token=VERIFY_TOKEN, clock=clock)
    people = [
        {"phone": ASHA.phone, "will_reply": "STOP"},
        {"phone": BILAL.phone, "taps_stop_button": True},
        {"phone": CHITRA.phone, "prefers_stop": True},
        {"phone": DEEPA.phone, "will_reply": "Merci!"},
    ]
    async with (
        open_workspace(wanted, actor="tester", clock=read_clock(clock)) as workspace,
        running(build_receiver(workspace)) as receiver,
        aiohttp.ClientSession() as client,
    ):
        known = [await make_known(workspace, person) for person in (ASHA, BILAL, CHITRA, DEEPA)]
        simulator = Simulator(
            SimulatorSettings(
                state_dir=tmp_path / "simulator",
                app_secret=SECRET,
                access_token=TOKEN,
                webhook_url=f"{receiver.address}/webhook",
                clock=clock,
                behaviour=CERTAIN,
                webhooks=WebhookSettings(),
                numbers=(NumberSettings(phone_number_id=NUMBER),),
            )
        )
        url = await simulator.start()
        try:
            for path, body in (("templates", promo()), ("people", people)):
                async with client.post(f"{url}/_control/{path}", json=body) as answer:
                    assert answer.status == 200
            for person in (ASHA, BILAL, CHITRA, DEEPA):
                headers = {"Authorization": f"Bearer {TOKEN}"}
                address = f"{url}/v26.0/{NUMBER}/messages"
                async with client.post(address, json=message(person.phone), headers=headers) as answer:
                    assert answer.status == 200
            async with client.post(f"{url}/_control/wait_idle?timeout=30") as answer:
                assert json.loads(await answer.text())["idle"]
        finally:
            await simulator.stop()
        async with workspace.database.connection() as connection:
            rows = await connection.execute(
                "SELECT DISTINCT i.contact_id, s.cause FROM profile.current_suppression AS s"
                " JOIN profile.identity AS i USING (suppression_index) ORDER BY 1"
            )
            assert await rows.fetchall() == [
                (known[0].contact_id, "stop_word"),
                (known[1].contact_id, "stop_button"),
                (known[2].contact_id, "user_preferences"),
            ]
            rows = await connection.execute("SELECT DISTINCT state, problem FROM collect.inbox")
            assert await rows.fetchall() == [("applied", "")]
            rows = await connection.execute("SELECT count(*), count(DISTINCT status) FROM deliver.status")
            assert await rows.fetchone() == (12, 3)
            rows = await connection.execute(
                "SELECT name, count(*) FROM collect.event GROUP BY name ORDER BY name"
            )
            assert await rows.fetchall() == [("message_received", 3), ("opted_out", 3)]
