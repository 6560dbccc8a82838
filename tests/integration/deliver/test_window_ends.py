"""A run that outlasts its window carries over or drops the rest, and says who; no sleeper bursts (F30 F64 F65)."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import send_all, until_value, value_of
from tests.sending import Launched, launch, prepare_number, prepare_people, states

from rulecast.values.clock import VirtualClock
from rulecast.wiring.run_rest import read_run_rest
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace

LIMIT_SECONDS = 60
PEOPLE = 20
WEEKLY = (
    "  once on wednesday at 18:00..20:00 local time of the contact; not on public holidays;"
    " carry over until 2026-11-30\n"
)
EVENING = "  once on weekdays at 18:00..20:00 local time of the contact{carry}\n"
# Casablanca keeps UTC in this release of the zones; the sixteenth is a Monday.
SEVEN = datetime(2026, 11, 16, 19, 0, tzinfo=UTC)
EIGHT = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
NEXT_EVENING = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
FRIDAY_EIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


class JumpingClock:
    """A clock that runs in real seconds from an instant, and jumps where it is told to."""

    def __init__(self, start: datetime) -> None:
        self.jump(start)

    def jump(self, to: datetime) -> None:
        self._running = VirtualClock(start=to, real_start_seconds=time.time(), speed=1.0)  # noqa: TID251 - see above

    def now(self) -> datetime:
        return self._running.now()

    async def sleep(self, seconds: float) -> None:
        await self._running.sleep(seconds)


async def two_runs(workspace: Workspace) -> tuple[Launched, Launched]:
    """Launch a run that carries over until Friday and one that drops what is left; each reaches some people."""
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, per_second=20)
        people = await prepare_people(workspace, connection, 2 * PEOPLE)
        carrying = await launch(
            workspace,
            connection,
            people[:PEOPLE],
            name="carrying",
            clauses=EVENING.format(carry="; carry over until friday"),
            send_until=FRIDAY_EIGHT,
        )
        dropping = await launch(
            workspace,
            connection,
            people[PEOPLE:],
            name="dropping",
            clauses=EVENING.format(carry=""),
            send_until=EIGHT,
        )
    return carrying, dropping


async def test_what_a_window_did_not_send_is_carried_over_or_dropped_and_named_f65(
    workspace: Workspace, graph: GraphStub
) -> None:
    clock = JumpingClock(SEVEN)
    asked: list[str] = []

    async def accept(exchange: Exchange) -> None:
        asked.append(exchange.body["to"])
        if len(asked) == PEOPLE // 2:
            # The window ends in the middle of the run.
            clock.jump(EIGHT)
        await exchange.accept()

    graph.handle = accept
    workspace = replace(workspace, clock=clock)
    carrying, dropping = await two_runs(workspace)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended, drill=SenderDrill(slots=4)))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace,
            "SELECT count(*) = 0 FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent')",
        )
        ended.set()
        await sending
    reached = len(asked)
    assert 0 < reached < 2 * PEOPLE
    waiting, dropped = (
        await read_run_rest(workspace, carrying.run_id),
        await read_run_rest(workspace, dropping.run_id),
    )
    assert waiting.count("dropped") == dropped.count("waits") == 0
    assert waiting.count("waits") + dropped.count("dropped") == 2 * PEOPLE - reached
    assert {one.reason for one in (*waiting.people, *dropped.people)} == {"outside_window"}
    assert {one.send_from for one in waiting.people} == {NEXT_EVENING}
    assert {one.contact_id for one in dropped.people} <= set(dropping.contact_ids)
    # On the next evening the rest of the one goes out, and nobody of the other.
    clock.jump(NEXT_EVENING)
    await send_all(workspace)
    assert await states(workspace, carrying.run_id) == {"accepted": PEOPLE}
    assert len(asked) == reached + waiting.count("waits") == len(set(asked))
    assert not (await read_run_rest(workspace, carrying.run_id)).people


async def test_a_sender_that_slept_through_the_window_sends_nothing_in_the_morning_f64(
    workspace: Workspace, graph: GraphStub
) -> None:
    workspace = replace(workspace, clock=(clock := JumpingClock(SEVEN)))
    carrying, dropping = await two_runs(workspace)
    clock.jump(NEXT_MORNING)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended, drill=SenderDrill(slots=4)))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace,
            "SELECT count(*) = 0 FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent')",
        )
        ended.set()
        await sending
    assert graph.asked == []
    assert await states(workspace, carrying.run_id) == {"deferred": PEOPLE}
    assert await states(workspace, dropping.run_id) == {"expired": PEOPLE}
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit") == 0


async def test_a_messaging_limit_inside_the_day_defers_or_ends_by_the_rule_f30(
    workspace: Workspace, graph: GraphStub
) -> None:
    workspace = replace(workspace, clock=JumpingClock(SEVEN))
    carrying, dropping = await two_runs(workspace)
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, per_second=1000, people_max=PEOPLE // 2)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended, drill=SenderDrill(slots=4)))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace,
            "SELECT count(*) = 0 FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent')",
        )
        ended.set()
        await sending
    # Some of the limit is kept for what is no marketing.
    reached = len(graph.asked)
    assert 0 < reached <= PEOPLE // 2
    found = [await read_run_rest(workspace, run.run_id) for run in (carrying, dropping)]
    assert sum(one.count("waits") + one.count("dropped") for one in found) == 2 * PEOPLE - reached
    assert {row.reason for one in found for row in one.people} == {"portfolio_limit"}


async def test_a_feast_day_in_a_weekly_window_carries_over_to_the_week_after_f65(
    workspace: Workspace, graph: GraphStub
) -> None:
    """The eighteenth, a Wednesday, is a holiday of Morocco: a fortnight lies between the windows."""
    clock = JumpingClock(datetime(2026, 11, 11, 20, 0, tzinfo=UTC))
    workspace = replace(workspace, clock=clock)
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 3)
        december = datetime(2026, 12, 1, tzinfo=UTC)
        run = await launch(workspace, connection, people, clauses=WEEKLY, send_until=december)
        await connection.execute(
            "UPDATE plan.plan SET document = document || jsonb_build_object('sends_until', %s::text)",
            (december.isoformat(),),
        )
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended, drill=SenderDrill(slots=4)))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace,
            "SELECT count(*) = 0 FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent')",
        )
        ended.set()
        await sending
    found = await read_run_rest(workspace, run.run_id)
    assert [(one.reason, one.send_from) for one in found.people] == [
        ("public_holiday", datetime(2026, 11, 25, 18, 0, tzinfo=UTC))
    ] * len(people)
    assert graph.asked == []
    clock.jump(datetime(2026, 11, 25, 18, 0, tzinfo=UTC))
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": len(people)}
