"""The story of one evening: import, pilot, three rules that compete, approval, launch, receipts, report, checks."""

import asyncio
import os
import random
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from rulecast.config import load_settings
from rulecast.plan import Plan
from rulecast.profile.marks import Marks, set_marks
from rulecast.values.clock import ManualClock, SystemClock, read_clock
from rulecast.values.ids import PlanId
from rulecast.wiring.approve import approve
from rulecast.wiring.demo import stage as staging
from rulecast.wiring.demo import store
from rulecast.wiring.demo.bring_in import bring_in
from rulecast.wiring.demo.files import write_contacts, write_events
from rulecast.wiring.demo.outcome import Outcome
from rulecast.wiring.demo.people import STORY_START, DemoEvent, DemoPerson, make_events, make_people
from rulecast.wiring.demo.stage import Stage
from rulecast.wiring.launch import launch
from rulecast.wiring.periodic import count_successes
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.report import make_report
from rulecast.wiring.suppress_people import suppress_people
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

Say = Callable[[str], None]

RULES = ("vip_thanks", "winback", "autumn_shoes")
AUTHOR, APPROVER = "amal (marketing)", "idris (compliance)"
SETTLE_SECONDS_MAX = 300
# Where clocks are an hour ahead, the rules' evening ends 65 minutes after the story begins. At this speed they last
# 97 seconds, and a machine with other work still plans, launches and sends within them.
SPEED_DEFAULT = 40.0
# People of the story read and answer within minutes, so that a visitor need not wait an evening.
BEHAVIOUR = {
    "read_seconds_median": 25.0, "read_sigma": 0.7, "reaction_seconds_median": 12.0, "reaction_sigma": 0.6,
    "delivered_seconds_median": 2.0, "delivered_sigma": 0.7,
}  # fmt: skip
# Some 60 bytes each: a request stays under 150 kB.
PEOPLE_PER_REQUEST = 2_000
# What the network does to us: some webhooks come twice, some out of order; a few answers are lost on the way.
WEBHOOK_FAULTS = {"duplicate_rate": 0.02, "reorder_rate": 0.05}
# One in so many people who clicked buys the same evening.
BUYERS_ONE_IN = 4
# The pilot is planned in the late afternoon: its plan is more than an hour old when it is sent, so the gate looks at
# everybody's condition again.
PILOT_PLANNED_BEFORE = timedelta(minutes=65)
PILOT_CITY = "Oujda"
AFTERNOON_BUYERS = 40
# Who telephoned to be left alone: a run of customers in the middle of the list.
CALLERS_FROM, CALLERS = 5_000, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions:
    """What a visitor may choose."""

    home: Path
    seed: int = 1
    people: int = 20_000
    speed: float = SPEED_DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStory:
    """The story after its end, with everything still running."""

    stage: Stage
    workspace: Workspace
    outcome: Outcome
    environment_file: Path


@asynccontextmanager
async def play(options: StoryOptions, say: Say) -> AsyncIterator[OpenStory]:
    """Play the story and hand it out with its processes still running; they end when the context does.

    Raises:
        DemoHomeError, DemoRunningError, DemoProcessError: the stage cannot be set.
        RulecastError: whatever the product's own verbs raise.
    """
    with staging.hold_folder(options.home):
        async with _play(options, say) as story:
            yield story


@asynccontextmanager
async def _play(options: StoryOptions, say: Say) -> AsyncIterator[OpenStory]:
    started = SystemClock().now()
    stage = await asyncio.to_thread(staging.set_stage, options.home, options.seed)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RULECAST_")}
    pilot = await _set_up(stage, options, say)
    clock = staging.clock_from(STORY_START, SystemClock().now().timestamp(), options.speed)
    environment_file = staging.write_environment(stage, clock)
    settings = load_settings(stage.environment(clock))
    processes: list[Process] = []
    chance = random.Random(options.seed)  # noqa: S311 - a story must repeat, it protects nobody
    try:
        async with open_workspace(
            settings, actor=AUTHOR, clock=read_clock(clock), chance=chance
        ) as workspace:
            say("Starting the simulator of WhatsApp's Cloud API, and `rulecast serve` beside it.")
            processes.append(await staging.start_simulator(stage, clock, environ))
            await _prepare_simulator(stage, workspace, options)
            processes.append(await staging.start_server(stage, clock, environ))
            plans = await _evening(stage, workspace, pilot, say)
            await _buy_after_clicks(stage, workspace, say)
            await count_successes(workspace)
            outcome = Outcome(
                contacts=await _contacts(workspace),
                plans=plans,
                report=await make_report(workspace, run_id=None, rule_name=None),
                checks=await staging.check_ledger(stage, workspace.database.conninfo, environ),
                seconds=(SystemClock().now() - started).total_seconds(),
            )
            yield OpenStory(
                stage=stage, workspace=workspace, outcome=outcome, environment_file=environment_file
            )
    finally:
        for process in reversed(processes):
            await staging.stop_process(process)


def material(name: str) -> str:
    """Return the text of one of the story's files."""
    return files("rulecast.wiring.demo").joinpath("material").joinpath(name).read_text(encoding="utf-8")


async def _set_up(stage: Stage, options: StoryOptions, say: Say) -> PlanId:
    """Write the files, bring them in and plan a pilot, while the clock stands still; return the plan."""
    chance = random.Random(options.seed)  # noqa: S311 - a story must repeat, it protects nobody
    people = make_people(chance, options.people)
    contacts, history = stage.files / "contacts.csv", stage.files / "history.jsonl"
    lines = await asyncio.to_thread(write_contacts, contacts, people, chance)
    events = await asyncio.to_thread(write_events, history, make_events(chance, people))
    for name in (*RULES, "pilot"):
        (stage.files / f"{name}.rule").write_text(material(f"{name}.rule"), encoding="utf-8")
    say(f"Wrote a dirty contact file of {lines:,} lines and {events:,} events of the last 90 days.")
    settings = load_settings(stage.environment())
    clock = ManualClock(STORY_START - PILOT_PLANNED_BEFORE)
    async with open_workspace(
        settings,
        actor=AUTHOR,
        announce=say,
        clock=clock,
        chance=random.Random(options.seed),  # noqa: S311
    ) as workspace:
        await apply_workspace_file(workspace, material("workspace.toml"), source="workspace.toml")
        await bring_in(workspace, contacts, material("contacts.toml"), say=say)
        await bring_in(workspace, history, material("events.toml"), say=say)
        await _note_wishes(workspace, people)
        pilot = await plan_rules(workspace, [material("pilot.rule")])
        await approve(workspace, pilot[0].plan_id, approved_by=APPROVER)
        say(
            f"A pilot of the win-back rule, approved at {clock.now():%H:%M}, reaches {pilot[0].document['planned']:,}."
        )
        clock.set(STORY_START)
        await _buy_in_the_afternoon(stage, workspace, people)
        return pilot[0].plan_id


async def _note_wishes(workspace: Workspace, people: Sequence[DemoPerson]) -> None:
    """Keep what people told the company off WhatsApp: objections to profiling, and a few stops by telephone."""
    objectors = [person.customer for person in people if person.objects_to_profiling]
    callers = [person.customer for person in people[CALLERS_FROM : CALLERS_FROM + CALLERS]]
    async with workspace.database.transaction() as connection:
        found = await store.find_customers(connection, workspace.vault, [*objectors, *callers])
        objecting = [found[one] for one in objectors if one in found]
        await set_marks(connection, objecting, Marks(objects_to_profiling=True), workspace.clock.now())
    stopped = [found[one] for one in callers if one in found]
    await suppress_people(workspace, stopped, scope="marketing", why="told us by telephone")


async def _buy_in_the_afternoon(stage: Stage, workspace: Workspace, people: Sequence[DemoPerson]) -> None:
    """Import orders that came in since the pilot was planned: whoever bought is no longer to be won back."""
    buyers = [one for one in people if one.city == PILOT_CITY and one.habit == "lapsed"][:AFTERNOON_BUYERS]
    await _import_orders(stage, workspace, "afternoon", [one.customer for one in buyers])


async def _prepare_simulator(stage: Stage, workspace: Workspace, options: StoryOptions) -> None:
    people = make_people(random.Random(options.seed), options.people)  # noqa: S311 - as above
    known = [
        {"phone": one.phone.e164, "name": one.first_name or "?"} for one in people if one.phone is not None
    ]
    for start in range(0, len(known), PEOPLE_PER_REQUEST):
        await staging.control(stage, "people", known[start : start + PEOPLE_PER_REQUEST])
    await staging.control(stage, "behaviour", BEHAVIOUR)
    await staging.control(stage, "faults", {"webhooks": WEBHOOK_FAULTS})
    await push_templates(workspace)


async def _evening(stage: Stage, workspace: Workspace, pilot: PlanId, say: Say) -> list[Plan]:
    await launch(workspace, pilot, launched_by=AUTHOR)
    await _settle(stage, workspace)
    say("The pilot is sent and answered.")
    plans = await plan_rules(workspace, [material(f"{name}.rule") for name in RULES])
    for plan in plans:
        say(f"Planned {plan.rule_name}: {plan.document['planned']:,} people.")
    await _someone_changes_their_mind(stage, workspace, plans[0].plan_id, say)
    await _launch(workspace, plans)
    say("Approved by a second person and launched. The window opens at 20:00 where each person lives.")
    await _settle(stage, workspace)
    return plans


async def _launch(workspace: Workspace, plans: Sequence[Plan]) -> None:
    for plan in plans:
        await approve(workspace, plan.plan_id, approved_by=APPROVER)
    for plan in plans:
        await launch(workspace, plan.plan_id, launched_by=AUTHOR)


async def _settle(stage: Stage, workspace: Workspace) -> None:
    """Wait until everything planned is sent and everybody has reacted, to the answers to their reactions too."""
    has_rested = False
    async with asyncio.timeout(SETTLE_SECONDS_MAX):
        while True:
            async with workspace.database.connection() as connection:
                is_settled = await store.is_settled(connection)
            if is_settled and has_rested:
                return
            if is_settled:
                await staging.wait_idle(stage)
            else:
                await asyncio.sleep(0.2)
            has_rested = is_settled


async def _someone_changes_their_mind(stage: Stage, workspace: Workspace, plan_id: PlanId, say: Say) -> None:
    """Let one planned person write STOP between approval and launch: the gate must leave them in peace."""
    async with workspace.database.connection() as connection:
        found = await store.find_planned_phone(connection, workspace.vault, plan_id)
    if found is None:
        return
    contact_id, phone = found
    await staging.control(
        stage, f"phones/{phone.removeprefix('+')}/say", {"text": "STOP", "number": staging.NUMBER_ID}
    )
    await staging.wait_idle(stage)
    say(f"Contact {contact_id} was planned and has just written STOP.")


async def _buy_after_clicks(stage: Stage, workspace: Workspace, say: Say) -> None:
    """Import tonight's orders: some of those who clicked bought something."""
    async with workspace.database.connection() as connection:
        clickers = await store.find_clickers(connection, workspace.vault)
    buyers = clickers[::BUYERS_ONE_IN]
    await _import_orders(stage, workspace, "evening", buyers)
    say(f"{len(clickers):,} people opened a link; {len(buyers):,} of them bought something.")


async def _import_orders(stage: Stage, workspace: Workspace, name: str, customers: Sequence[str]) -> None:
    now = workspace.clock.now()
    orders = [
        DemoEvent(
            customer=customer,
            name="purchase",
            occurred_at=now - timedelta(minutes=1),
            properties={"amount": f"{120 + index % 7 * 45}.00", "category": "shoes"},
        )
        for index, customer in enumerate(customers)
    ]
    path = stage.files / f"orders-{name}.jsonl"
    await asyncio.to_thread(write_events, path, orders, first_id=f"{name}-")
    await bring_in(workspace, path, material("orders.toml"), say=lambda _line: None)


async def _contacts(workspace: Workspace) -> int:
    async with workspace.database.connection() as connection:
        return await store.count_contacts(connection)
