"""A code is reserved with the intent, sent once to one person, and never to a second one."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import LIMIT_SECONDS, send_all, value_of
from tests.sending import Launched, launch, prepare_number, prepare_people, states, until

from rulecast.database import execute, fetch_all
from rulecast.gate import release_permits
from rulecast.gate.coupons import free_coupons
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.gate.coupons.free_coupons import REST
from rulecast.gate.coupons.records import Stock
from rulecast.gate.coupons.tell_low import tell_low_pools
from rulecast.gate.retake import retake_permits
from rulecast.values.ids import ContactId
from rulecast.values.reason import Reason
from rulecast.wiring.coupons import import_coupons, show_coupons
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace

POOL = "winback_codes"


class Codes:
    """What arrived at Meta's stand-in: the codes by the person they went to."""

    def __init__(self, graph: GraphStub, *, refuse: int = 0) -> None:
        self.by_person: dict[str, list[str]] = defaultdict(list)
        self.refuse = refuse
        graph.handle = self.take

    async def take(self, exchange: Exchange) -> None:
        parameters = exchange.body["template"]["components"][0]["parameters"]
        self.by_person[exchange.body["to"]].append(parameters[0]["text"])
        if self.refuse:
            await exchange.refuse(self.refuse)
        else:
            await exchange.accept()

    @property
    def all(self) -> list[str]:
        return [code for codes in self.by_person.values() for code in codes]


async def fill(workspace: Workspace, count: int, *, low_stock: int = 0, first: int = 0) -> Stock:
    codes = "\n".join(f"RC-{number:06d}" for number in range(first, first + count))
    pool = DeclaredPool(name=POOL, low_stock=low_stock)
    return (await import_coupons(workspace, pool, source="codes.csv", text=codes)).stock


async def people_of(workspace: Workspace, count: int, *, first: int = 0) -> list[ContactId]:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        return await prepare_people(workspace, connection, count, first=first)


async def launched(workspace: Workspace, people: Sequence[ContactId], name: str = "winback") -> Launched:
    async with workspace.database.transaction() as connection:
        return await launch(workspace, connection, people, name=name, said=f"coupon from {POOL}")


async def told(workspace: Workspace) -> list[tuple[str, str, bool]]:
    """Return the incidents of pools with what rests because of them, and whether they are open."""
    async with workspace.database.transaction() as connection:
        await tell_low_pools(connection, now=workspace.clock.now())
        return await fetch_all(
            connection,
            "SELECT scope_id, response, closed_at IS NULL FROM gate.incident WHERE cause = 'coupons:low'",
        )


async def reasons(workspace: Workspace, run: Launched) -> dict[tuple[str, str], int]:
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection,
            "SELECT state, reason, count(*) FROM deliver.message WHERE run_id = %(run)s GROUP BY 1, 2",
            {"run": run.run_id},
        )
    return {(row[0], row[1]): row[2] for row in rows}


async def test_each_person_of_a_rule_gets_one_code_and_the_same_one_again(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph)
    await fill(workspace, 50)
    people = await people_of(workspace, 20)
    run = await launched(workspace, people)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 20}
    assert len(set(codes.all)) == 20
    first = {person: sent[0] for person, sent in codes.by_person.items()}
    await launched(workspace, people[:10])
    # Another rule is another code.
    await launched(workspace, people[10:15], "spring")
    await send_all(workspace)
    again = [(first[person], sent[1]) for person, sent in codes.by_person.items() if len(sent) == 2]
    assert len([one for one in again if one[0] == one[1]]) == 10
    assert len(codes.all) == 35
    assert len(set(codes.all)) == 25
    stock = await show_coupons(workspace, POOL)
    assert (stock.free, stock.given, stock.reserved, stock.given_twice) == (25, 25, 0, 0)
    # Nothing in the database says a code in clear.
    kept = await value_of(workspace, "SELECT string_agg(encode(sealed_code, 'escape'), '') FROM gate.coupon")
    assert "RC-0" not in str(kept)


async def test_a_pool_keeps_back_what_it_shall_and_its_rule_waits_until_more_codes_come(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph)
    await fill(workspace, 12, low_stock=4)
    run = await launched(workspace, await people_of(workspace, 10))
    await send_all_that_can_go(workspace, run)
    assert await reasons(workspace, run) == {
        ("accepted", ""): 8,
        ("deferred", Reason.COUPON_POOL_LOW.value): 2,
    }
    stock = await show_coupons(workspace, POOL)
    assert stock.free == 4
    assert stock.low_since is not None
    for _ in range(2):
        assert await told(workspace) == [(POOL, "note", True)]
    assert (await fill(workspace, 2, first=100)).low_since is None
    assert await told(workspace) == [(POOL, "note", False)]
    async with workspace.database.transaction() as connection:
        await execute(connection, "UPDATE deliver.message SET send_from = now() - interval '9 years'")
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 10}
    assert len(set(codes.all)) == 10


async def test_a_refused_message_gives_its_code_back_after_a_rest_and_a_doubt_never(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph, refuse=132005)
    await fill(workspace, 3)
    people = await people_of(workspace, 3)
    run = await launched(workspace, people)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"refused": 3}
    first = set(codes.all)
    later = await people_of(workspace, 6, first=3)
    async with workspace.database.transaction() as connection:
        assert await free_coupons(connection, now=workspace.clock.now()) == 0
    assert (await show_coupons(workspace, POOL)).free == 0
    # A day on, one of them proves to have been accepted after all: its code stays with its person.
    taken = await value_of(workspace, "SELECT min(message_id) FROM deliver.message")
    async with workspace.database.transaction() as connection:
        assert isinstance(taken, int)
        await retake_permits(connection, [taken])
        now = workspace.clock.now() + REST + timedelta(seconds=1)
        assert await free_coupons(connection, now=now) == 2
        assert await free_coupons(connection, now=now) == 0
    codes.refuse = 131000
    run = await launched(workspace, later)
    await send_all_that_can_go(workspace, run)
    assert await reasons(workspace, run) == {
        ("unknown", "code_131000"): 2,
        ("deferred", Reason.COUPON_POOL_LOW.value): 4,
    }
    assert len(first & set(codes.all[3:])) == 2
    async with workspace.database.transaction() as connection:
        assert await free_coupons(connection, now=now + REST) == 0
        # Nor where two people have a doubt sent once more, which gives its permit back.
        doubts = await fetch_all(connection, "SELECT message_id FROM deliver.message WHERE state = 'unknown'")
        await release_permits(connection, [row[0] for row in doubts], now)
        assert await free_coupons(connection, now=now + 2 * REST) == 0
        await retake_permits(connection, [row[0] for row in doubts])
    stock = await show_coupons(workspace, POOL)
    assert (stock.free, stock.reserved, stock.given_twice) == (0, 3, 0)


async def send_all_that_can_go(workspace: Workspace, run: Launched) -> None:
    """Send until what is left waits for a later time."""
    stop_event = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop_event))

    async def holds() -> bool:
        found = await states(workspace, run.run_id)
        return not found.keys() & {"planned", "claimed", "intent"}

    await asyncio.wait_for(until(holds), LIMIT_SECONDS)
    stop_event.set()
    await asyncio.wait_for(sending, LIMIT_SECONDS)
