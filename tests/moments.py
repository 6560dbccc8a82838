"""A shop whose rules act at moments, with hands to let people receive, click, answer and leave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from cloud_api_simulator import Behaviour
from cloud_api_simulator.clock import real_seconds
from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.values.ids import ContactId, OpaqueId, PlanId, RunId
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.message_book import Answer, LinkClick
from rulecast.wiring.moments.run import run_follow_ups
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file
from tests.planning import Person, create_people, planning_workspace
from tests.simulated import CERTAIN, FAST, TOKEN, Bench, bench

NUMBER = "106540352242922"
LIMIT_SECONDS = 60
PEOPLE = tuple(Person(phone=f"+21261200000{place}") for place in range(1, 5))
# Ten, twenty and thirty lines above the first: a reminder, and what follows it.
MORE = """
[[attributes]]
name = "last_winback_at"
type = "instant"

[[attributes]]
name = "stage"
type = "text"

[[teams]]
name = "support"

[[templates]]
name = "reminder"
category = "marketing"
links = { promo = "https://shop.example/promo" }

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour {{name}}, encore deux jours."
footer = "Répondez STOP pour ne plus recevoir nos offres"
buttons = [
  { type = "QUICK_REPLY", text = "Stop" },
  { type = "URL", text = "Voir", link = "promo" },
]
"""
RULE = """rule winback
  version 1
  priority promotion/40
  purpose marketing
  when {condition}
  send template winback in the contact's language (fr, ar, en; else fr) (name: first_name or "client")
    from casablanca_main
{clauses}"""
REMINDER = 'send template reminder in fr (name: first_name or "client") from casablanca_main'


def moment_rule(*clauses: str, condition: str = 'city = "casablanca"') -> str:
    """Return a rule over everybody of a city with these clauses."""
    return RULE.format(condition=condition, clauses="".join(f"  {clause}\n" for clause in clauses))


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentShop:
    """A workspace that sends to a simulator, its people, and a clock to turn."""

    workspace: Workspace
    clock: ManualClock
    bench: Bench
    people: Sequence[ContactId]
    book: MessageFacts

    async def launch(
        self, text: str, people: Sequence[ContactId] | None = None, *, seconds: float | None = None
    ) -> RunId:
        """Plan a rule for people, approve it, launch it by a person's hand, and send everything, or for a while."""
        asked = frozenset(self.people if people is None else people)
        (plan_id,) = await plan_for_people(self.workspace, [text], contacts=[asked])
        await approve(self.workspace, plan_id, approved_by="badr")
        launched = await launch(self.workspace, PlanId(plan_id), launched_by="badr")
        if seconds is None:
            await self.send()
        else:
            await self.running_for(seconds=seconds)
        return launched.run_id

    async def send(self) -> None:
        """Send what is due now."""
        running = VirtualClock(start=self.clock.now(), real_start_seconds=real_seconds(), speed=1.0)
        workspace = replace(self.workspace, clock=running)
        sending = run_sender(workspace, stop_event=asyncio.Event(), until_idle=True)
        await asyncio.wait_for(sending, LIMIT_SECONDS)
        # Nothing may seem to happen before it was sent.
        self.clock.advance((running.now() - self.clock.now()).total_seconds() + 1)

    async def running_for(self, *, seconds: float) -> bool:
        """Let a sender run for a while, as it does in a service; tell that it was still running at its end."""
        running = VirtualClock(start=self.clock.now(), real_start_seconds=real_seconds(), speed=1.0)
        stop = asyncio.Event()
        sending = asyncio.create_task(run_sender(replace(self.workspace, clock=running), stop_event=stop))
        await asyncio.sleep(seconds)
        was_running = not sending.done()
        stop.set()
        await asyncio.wait_for(sending, LIMIT_SECONDS)
        self.clock.advance((running.now() - self.clock.now()).total_seconds() + 1)
        return was_running

    async def step(self) -> None:
        """Plan and launch the steps that are due, and send them."""
        await run_follow_ups(self.workspace, stop_event=asyncio.Event(), until_idle=True)
        await self.send()

    async def status(self, contact_id: ContactId, word: StatusWord, *, code: int = 0) -> None:
        """Let Meta tell what became of the person's newest message."""
        opaque_id = await self.attempt_of(contact_id)
        fact = StatusFact(
            wamid=f"wamid.{opaque_id.hex()}",
            status=word,
            occurred_at=self.clock.now(),
            business_number_id=NUMBER,
            opaque_id=opaque_id,
            error_code=code,
        )
        async with self.workspace.database.transaction() as connection:
            await self.book.apply_statuses(connection, [fact], self.clock.now())

    async def click(self, contact_id: ContactId) -> None:
        """Let the person open the link of their newest message."""
        click = LinkClick(
            opaque_id=await self.attempt_of(contact_id), link="promo", occurred_at=self.clock.now()
        )
        async with self.workspace.database.transaction() as connection:
            assert await self.book.apply_click(connection, click, self.clock.now())

    async def reply(self, contact_id: ContactId) -> None:
        """Let the person answer."""
        answer = Answer(contact_id=contact_id, occurred_at=self.clock.now(), context_wamid=None)
        async with self.workspace.database.transaction() as connection:
            await self.book.apply_reply(connection, [answer], self.clock.now())

    async def opt_out(self, contact_id: ContactId) -> None:
        """Let the person ask for silence, as far as messages know of it."""
        answer = Answer(contact_id=contact_id, occurred_at=self.clock.now(), context_wamid=None)
        async with self.workspace.database.transaction() as connection:
            await self.book.apply_opt_out(connection, [answer], self.clock.now())

    async def attempt_of(self, contact_id: ContactId) -> OpaqueId:
        """Return the opaque id of the person's newest attempt."""
        rows = await self.fetch(
            "SELECT opaque_id FROM deliver.attempt WHERE contact_id = %s ORDER BY intent_at DESC LIMIT 1",
            contact_id,
        )
        return OpaqueId(bytes(rows[0][0]))

    def reached(self) -> list[tuple[str, str]]:
        """Return the last digit of each number the simulator accepted a message for, with the template."""
        return [
            (row["to"][-1], row["template"])
            for row in self.bench.ledger()
            if row.get("outcome") == "accepted"
        ]

    async def fetch(self, query: str, *parameters: object) -> list[tuple]:
        """Return the rows of a query."""
        async with self.workspace.database.connection() as connection:
            return await fetch_all(connection, query, parameters)

    def later(self, **length: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**length).total_seconds())


@asynccontextmanager
async def moment_shop(
    settings: Settings,
    clock: ManualClock,
    tmp_path: Path,
    *,
    more: str = "",
    speed: float = FAST,
    behaviour: Behaviour = CERTAIN,
) -> AsyncIterator[MomentShop]:
    """Open a shop of four people in Casablanca."""
    async with bench(tmp_path / "simulator", speed=speed, behaviour=behaviour) as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN, lease_seconds=2)
        async with planning_workspace(pointed, clock) as workspace:
            await apply_workspace_file(workspace, MORE + more, source="workspace.toml")
            await push_templates(workspace)
            people = await create_people(workspace, PEOPLE)
            yield MomentShop(
                workspace=workspace,
                clock=clock,
                bench=running,
                people=people,
                book=MessageFacts.of(workspace),
            )
