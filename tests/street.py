"""A workspace that plans, launches and sends to a running simulator while a test turns the clock."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cloud_api_simulator import Behaviour
from cloud_api_simulator.clock import real_seconds
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.config import Settings
from rulecast.database import execute, fetch_all
from rulecast.plan import Plan
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.values.ids import ContactId, RunId
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.webhook_group import WebhookPost
from rulecast.wiring.webhooks import WebhookDoor
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file
from tests.planning import Person, create_people, planning_workspace
from tests.sending import until
from tests.simulated import CERTAIN, TOKEN, Bench, bench

SENDING_SECONDS_MAX = 60
DUE = timedelta(seconds=30)
"""Deferred for less than a minute is not a later hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A workspace, its people in the order they were given, a simulator, and the clock."""

    workspace: Workspace
    clock: ManualClock
    bench: Bench
    people: Sequence[ContactId]

    async def plan(self, *texts: str) -> list[Plan]:
        """Plan rules together."""
        return await plan_rules(self.workspace, texts)

    async def start(self, plan: Plan) -> RunId:
        """Approve and launch a plan."""
        await approve(self.workspace, plan.plan_id, approved_by="badr")
        return (await launch(self.workspace, plan.plan_id, launched_by="amal")).run_id

    async def send(self) -> None:
        """Send until nothing is due any more; what waits for a later hour stays."""
        clock = VirtualClock(start=self.clock.now(), real_start_seconds=real_seconds(), speed=1.0)
        stop = asyncio.Event()
        sending = asyncio.create_task(run_sender(replace(self.workspace, clock=clock), stop_event=stop))
        try:
            await asyncio.wait_for(until(self._is_quiet), SENDING_SECONDS_MAX)
        finally:
            stop.set()
            await asyncio.wait_for(sending, SENDING_SECONDS_MAX)

    async def hear(self) -> None:
        """Take in by the door what the simulator has told since the last time."""
        await self.bench.settle()
        bodies, now = list(self.bench.receiver.bodies), self.clock.now()
        self.bench.receiver.bodies.clear()
        book = MessageFacts.of(self.workspace)
        door = WebhookDoor(self.workspace, book=book, journal=open_journal(self.workspace))
        await door.apply(
            [WebhookPost(body=one, parsed=parse_webhook(one), received_at=now) for one in bodies]
        )

    async def _is_quiet(self) -> bool:
        rows = await self.rows(
            "SELECT count(*) FROM deliver.message WHERE state IN ('claimed', 'intent')"
            " OR state IN ('planned', 'deferred') AND send_from <= %(now)s",
            now=self.clock.now() + DUE,
        )
        return rows == [(0,)]

    def reached(self) -> list[tuple[ContactId, str]]:
        """Return person and template of each message that the simulator accepted, in the order of the people."""
        by_phone = {f"+2126120000{number:02d}": one for number, one in enumerate(self.people)}
        accepted = [row for row in self.bench.ledger() if row.get("outcome") == "accepted"]
        return sorted((by_phone["+" + row["to"].removeprefix("+")], row["template"]) for row in accepted)

    def reached_people(self) -> list[ContactId]:
        """Return who got a message, once for each."""
        return [contact_id for contact_id, _ in self.reached()]

    async def rows(self, text: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        async with self.workspace.database.connection() as connection:
            return await fetch_all(connection, text, parameters)

    async def change(self, text: str, **parameters: object) -> None:
        """Run a statement."""
        async with self.workspace.database.transaction() as connection:
            await execute(connection, text, parameters)

    async def endings(self) -> list[tuple[str, ContactId, str, str]]:
        """Return rule, person, state and reason of every message."""
        return await self.rows(
            "SELECT run.rule_name, message.contact_id, message.state, message.reason FROM deliver.message AS message"
            " JOIN deliver.run AS run USING (run_id) ORDER BY 1, 2, message.message_id"
        )


def neighbour(number: int, **changes: Any) -> Person:
    """Return the person with the number, whose phone ends in it."""
    return Person(phone=f"+2126120000{number:02d}", **changes)


@asynccontextmanager
async def street(
    settings: Settings,
    clock: ManualClock,
    tmp_path: Path,
    *,
    people: Sequence[Person],
    declarations: str = "",
    behaviour: Behaviour = CERTAIN,
) -> AsyncIterator[Street]:
    """Open a workspace with these people whose templates are registered with a simulator of its own."""
    async with bench(tmp_path / "simulator", behaviour=behaviour) as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN, lease_seconds=2)
        async with planning_workspace(pointed, clock) as workspace:
            if declarations:
                await apply_workspace_file(workspace, declarations, source="workspace.toml")
            await push_templates(workspace)
            ids = await create_people(workspace, people)
            yield Street(workspace=workspace, clock=clock, bench=running, people=ids)
