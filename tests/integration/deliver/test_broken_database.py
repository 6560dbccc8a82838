"""The way to PostgreSQL breaks while messages are sent: nothing is sent twice, nothing is lost (F67 F74)."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, value_of
from tests.sending import states, until
from tests.tcp_proxy import Course, TcpProxy, tcp_proxy, undisturbed

from rulecast.database import Database
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace

# Far more than any of these takes: it only bounds a failure.
LIMIT_SECONDS = 240
PEOPLE = 40
# Every third commit of the sending process is cut, in turn before it arrives and before its answer does.
CUT_EACH = 3


@asynccontextmanager
async def behind_proxy(
    workspace: Workspace, course_of: Callable[[int], Course] = undisturbed
) -> AsyncIterator[tuple[Workspace, TcpProxy]]:
    """Open the workspace's database once more, through a proxy."""
    own = conninfo_to_dict(workspace.database.conninfo)
    async with tcp_proxy(f"{own['host']}/.s.PGSQL.{own['port']}", course_of) as proxy:
        conninfo = make_conninfo(
            workspace.database.conninfo, host="127.0.0.1", port=proxy.port, sslmode="disable"
        )
        database = await Database(conninfo, pool_size=4).open()
        try:
            yield replace(workspace, database=database), proxy
        finally:
            await database.close()


def note_people(graph: GraphStub) -> list[str]:
    """Return a list that grows by everybody the peer is asked to write to."""
    asked: list[str] = []

    async def accept(exchange: Exchange) -> None:
        asked.append(exchange.body["to"])
        await exchange.accept()

    graph.handle = accept
    return asked


async def send_through(workspace: Workspace, slots: int = 6) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        await run_sender(
            workspace, stop_event=asyncio.Event(), until_idle=True, drill=SenderDrill(slots=slots)
        )


async def test_a_commit_whose_word_is_lost_is_settled_by_reading_it_again_f67(
    workspace: Workspace, graph: GraphStub
) -> None:
    asked, run = note_people(graph), await planned(workspace, PEOPLE)
    commits = 0

    def see(data: bytes) -> str:
        nonlocal commits
        if b"COMMIT" not in data:
            return ""
        commits += 1
        if commits % CUT_EACH:
            return ""
        return "before" if commits % (2 * CUT_EACH) else "after"

    async with behind_proxy(workspace, lambda _: Course(sees=see)) as (broken, proxy):
        await send_through(broken)
        assert proxy.cuts > CUT_EACH
    assert await states(workspace, run.run_id) == {"accepted": PEOPLE}
    assert len(asked) == len(set(asked)) == PEOPLE
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == PEOPLE


@pytest.mark.parametrize("seed", [1, *(pytest.param(one, marks=pytest.mark.soak) for one in range(2, 30))])
async def test_a_way_cut_at_any_byte_sends_nobody_two_messages_f67(
    workspace: Workspace, graph: GraphStub, seed: int
) -> None:
    asked, run = note_people(graph), await planned(workspace, PEOPLE)
    chance = random.Random(seed)

    def course_of(_number: int) -> Course:
        # About a group's worth of bytes: most connections die in the middle of a transaction.
        return Course(cut_asking_at=chance.randint(500, 60_000))

    async with behind_proxy(workspace, course_of) as (broken, proxy):
        await send_through(broken)
        assert proxy.cuts > 0
    found = await states(workspace, run.run_id)
    # An answer whose result could not be kept before the lease ran out stays a doubt; no doubt is sent again.
    assert found.get("accepted", 0) + found.get("unknown", 0) == PEOPLE
    assert len(asked) == len(set(asked)) == PEOPLE


@pytest.mark.parametrize(
    "directions",
    [("asking", "answering"), pytest.param(("answering",), marks=pytest.mark.soak)],
    ids=["both ways", "one way"],
)
async def test_a_sender_cut_off_from_the_database_starts_nothing_more_f74(
    workspace: Workspace, graph: GraphStub, directions: tuple[str, ...]
) -> None:
    asked, run = note_people(graph), await planned(workspace, PEOPLE)

    async def some_are_asked() -> bool:
        return len(asked) >= PEOPLE // 4

    ended = asyncio.Event()
    async with behind_proxy(workspace) as (parted, proxy), asyncio.timeout(LIMIT_SECONDS):
        drill = SenderDrill(slots=4, lease_seconds=1.0, per_second=60)
        cut_off = asyncio.create_task(run_sender(parted, stop_event=ended, drill=drill))
        await until(some_are_asked)
        proxy.part(*directions)
        # Takes the number over as soon as the lease has run out, and sends what is left.
        await send_through(workspace)
        proxy.heal()
        ended.set()
        await cut_off
    found = await states(workspace, run.run_id)
    assert found.get("accepted", 0) + found.get("unknown", 0) == PEOPLE
    assert found.get("unknown", 0) <= 4
    assert len(asked) == len(set(asked))
