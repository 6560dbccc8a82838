"""From what happens to a person to the message at the simulator, over HTTP, without anybody's hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tests.planning import Person, create_people, planning_workspace
from tests.sending import until
from tests.simulated import TOKEN, Bench, bench
from tests.triggering import firings, happens, put_in_force, settle, triggered_rule

from cloud_api_simulator.clock import real_seconds
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.values.ids import ContactId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.sender import run_sender
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.triggers import run_triggers
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file

ASHA, BILAL = Person(phone="+212612000001"), Person(phone="+212612000002")
LIMIT_SECONDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A workspace that sends to a simulator, two of its people, and a clock to turn."""

    workspace: Workspace
    clock: ManualClock
    bench: Bench
    asha: ContactId
    bilal: ContactId

    def running(self) -> Workspace:
        """Return the workspace with a clock that runs from where the other one stands."""
        clock = VirtualClock(start=self.clock.now(), real_start_seconds=real_seconds(), speed=1.0)
        return replace(self.workspace, clock=clock)

    async def send(self) -> None:
        """Send what is due now."""
        sending = run_sender(self.running(), stop_event=asyncio.Event(), until_idle=True)
        await asyncio.wait_for(sending, LIMIT_SECONDS)

    def reached(self) -> list[str]:
        """Return the last digit of each number the simulator accepted a message for, in order."""
        return [row["to"][-1] for row in self.bench.ledger() if row.get("outcome") == "accepted"]


@asynccontextmanager
async def shop(settings: Settings, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Shop]:
    async with bench(tmp_path / "simulator") as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN, lease_seconds=2)
        async with planning_workspace(pointed, clock) as workspace:
            await push_templates(workspace)
            asha, bilal = await create_people(workspace, [ASHA, BILAL])
            yield Shop(workspace=workspace, clock=clock, bench=running, asha=asha, bilal=bilal)


async def test_an_event_becomes_a_message_while_triggers_and_sender_run(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path) as open_shop:
        await put_in_force(open_shop.workspace, triggered_rule("thanks", "on purchase where (amount >= 100)"))
        clock.advance(1)
        live, stop = open_shop.running(), asyncio.Event()
        tasks = [
            asyncio.create_task(run_triggers(live, stop_event=stop)),
            asyncio.create_task(run_sender(live, stop_event=stop)),
        ]
        try:
            await happens(live, open_shop.asha, ago=timedelta(0))
            await happens(live, open_shop.bilal, properties={"amount": 20}, ago=timedelta(0))

            async def is_there() -> bool:
                return bool(open_shop.reached())

            await asyncio.wait_for(until(is_there), LIMIT_SECONDS)
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), LIMIT_SECONDS)
        assert open_shop.reached() == ["1"]
        assert await firings(open_shop.workspace) == [("thanks", open_shop.asha, "launched")]


async def test_time_alone_makes_somebody_enter_and_the_message_arrives(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    lapsed = "did purchase in last 30 days and not did purchase in last 7 days"
    async with shop(settings, clock, tmp_path) as open_shop:
        workspace = open_shop.workspace
        await put_in_force(workspace, triggered_rule("lapsed", "on entering the audience", condition=lapsed))
        await settle(workspace)
        clock.advance(1)
        await happens(workspace, open_shop.asha, ago=timedelta(days=6))
        await settle(workspace)
        await open_shop.send()
        assert open_shop.reached() == []
        clock.advance(86_400 + 1)
        await settle(workspace)
        await open_shop.send()
        assert open_shop.reached() == ["1"]


async def test_two_rules_of_one_window_compete_and_the_loser_knows_to_whom(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    strong = triggered_rule("strong", "on purchase", priority="lifecycle/10", clauses="")
    weak = triggered_rule("weak", "on cart_left", priority="promotion/90", clauses="")
    async with shop(settings, clock, tmp_path) as open_shop:
        workspace = open_shop.workspace
        await _declare_cart(workspace)
        await put_in_force(workspace, weak, strong)
        await settle(workspace)
        clock.advance(1)
        await happens(workspace, open_shop.asha, "cart_left", {})
        await happens(workspace, open_shop.bilal, "cart_left", {})
        await settle(workspace)
        clock.advance(40)
        await happens(workspace, open_shop.asha)
        await settle(workspace)
        assert {state for _, _, state in await firings(workspace)} == {"waiting"}
        clock.advance(21)
        await settle(workspace)
        await open_shop.send()
        async with workspace.database.connection() as connection:
            decided = await fetch_all(
                connection,
                "SELECT plan.rule_name, member.contact_id, member.reason_number, winner.rule_name, member.margin"
                " FROM plan.member AS member JOIN plan.plan AS plan USING (plan_id)"
                " LEFT JOIN plan.plan AS winner ON winner.plan_id = member.lost_to_plan_id ORDER BY 1, 2",
            )
            sent = await fetch_all(
                connection,
                "SELECT run.rule_name, message.contact_id FROM deliver.message JOIN deliver.run USING (run_id)"
                " WHERE message.state = 'accepted' ORDER BY 1, 2",
            )
        asha, bilal = open_shop.asha, open_shop.bilal
        assert decided == [
            ("strong", asha, 0, None, 0),
            ("weak", asha, NUMBERS[Reason.LOST_TO_RULE], "strong", 1010 - 90),
            ("weak", bilal, 0, None, 0),
        ]
        assert sent == [("strong", asha), ("weak", bilal)]
        assert sorted(open_shop.reached()) == ["1", "2"]


async def _declare_cart(workspace: Workspace) -> None:
    text = '[[events]]\nname = "cart_left"\npurpose = "marketing"\n'
    await apply_workspace_file(workspace, text, source="workspace.toml")
