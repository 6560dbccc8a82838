"""What pacing knows beyond one sender's memory, with real restarts and a real database."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta

from tests.integration.deliver.test_sender import planned
from tests.sending import NUMBER, states

from rulecast.database import fetch_all
from rulecast.deliver.pace_memory import forget_inbound, keep_pace, note_inbound, read_inbound, recall_pace
from rulecast.deliver.pacing import Pace
from rulecast.deliver.transport import Answered, MayStart, OutboundRequest, TransportResult, Withheld, always
from rulecast.values.clock import Clock
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace

PER_SECOND = 80
MESSAGES = 150


@dataclass(slots=True)
class Counter:
    """A peer that notes when each request started and answers at once; `pause` is set at every so many."""

    clock: Clock
    starts: list[float] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stop_at: int = MESSAGES

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        cause = await may_start()
        if cause is not None:
            return Withheld(cause)
        self.starts.append(self.clock.now().timestamp())
        if len(self.starts) >= self.stop_at:
            self.stop.set()
        opaque = json.loads(request.body)["biz_opaque_callback_data"]
        answer = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{opaque}"}]}
        return Answered(200, json.dumps(answer).encode(), "")


async def test_no_second_of_a_number_holds_more_than_its_throughput_across_restarts_p8(
    workspace: Workspace,
) -> None:
    run = await planned(workspace, MESSAGES)
    peer = Counter(workspace.clock)
    for stop_at in (30, 60, 61, 110, MESSAGES + 1):
        peer.stop_at, peer.stop = stop_at, asyncio.Event()
        async with asyncio.timeout(60):
            await run_sender(
                workspace,
                stop_event=peer.stop,
                until_idle=stop_at > MESSAGES,
                drill=SenderDrill(transport=peer, per_second=PER_SECOND),
            )
    assert await states(workspace, run.run_id) == {"accepted": MESSAGES}
    within = [sum(at - 1 < other <= at for other in peer.starts) for at in peer.starts]
    assert max(within) <= PER_SECOND
    async with workspace.database.connection() as connection:
        memory = await recall_pace(connection, NUMBER, now=workspace.clock.now())
        earlier = workspace.clock.now() - timedelta(hours=1)
        put_back = await recall_pace(connection, NUMBER, now=earlier)
    assert set(memory.pairs) <= set(run.contact_ids)
    # Every permit is of an hour to come: nobody rests through it.
    assert set(put_back.pairs) == set(run.contact_ids)
    assert {at for instants in put_back.pairs.values() for at in instants} == {earlier}


async def test_a_pace_that_was_learnt_is_there_for_the_next_sender(workspace: Workspace) -> None:
    await planned(workspace, 1)
    now = workspace.clock.now()
    until = now + timedelta(minutes=5)
    async with workspace.database.transaction() as connection:
        await keep_pace(connection, NUMBER, Pace(factor=0.25, factor_at=now, rests_until=until))
        # A later, shorter rest does not end the longer one.
        await keep_pace(connection, NUMBER, Pace(factor=0.5, factor_at=now, rests_until=None))
        memory = await recall_pace(connection, NUMBER, now=now)
    assert (memory.factor, memory.factor_at, memory.rests_until) == (0.5, now, until)
    assert (memory.recent_starts, memory.pairs) == (0, {})


async def test_a_rest_of_time_that_comes_again_is_as_long_as_it_was_f61(workspace: Workspace) -> None:
    await planned(workspace, 1)
    now, minute = workspace.clock.now(), timedelta(minutes=1)
    noted = now + timedelta(hours=1)
    async with workspace.database.transaction() as connection:
        await keep_pace(connection, NUMBER, Pace(factor=0.5, factor_at=noted, rests_until=noted + minute))
        memory = await recall_pace(connection, NUMBER, now=now)
        assert (memory.factor_at, memory.rests_until) == (now, now + minute)
        await keep_pace(connection, NUMBER, Pace(factor=0.5, factor_at=now, rests_until=memory.rests_until))
        again = await recall_pace(connection, NUMBER, now=now + minute)
    assert (again.factor_at, again.rests_until) == (now, now + minute)


async def test_inbound_messages_are_counted_by_number_and_second(workspace: Workspace) -> None:
    await planned(workspace, 1)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await note_inbound(connection, {NUMBER: 3, "": 1, "999": 5}, now=now - timedelta(seconds=0.5))
        await note_inbound(connection, {NUMBER: 4}, now=now)
        await note_inbound(connection, {NUMBER: 9}, now=now - timedelta(minutes=2))
        assert await read_inbound(connection, now=now) == {NUMBER: 7}
        await forget_inbound(connection, now=now)
        assert await fetch_all(connection, "SELECT sum(messages) FROM deliver.inbound") == [(7,)]
