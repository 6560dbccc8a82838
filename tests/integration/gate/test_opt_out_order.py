"""The database's order decides between an opt-out and an intent: never an intent after a committed opt-out."""

import asyncio
import random
from datetime import datetime

from tests.graph_stub import Exchange, GraphStub
from tests.sending import NUMBER, Launched, launch, prepare_number, prepare_people, states
from tests.soak.opt_out_races import race

from rulecast.database import Connection
from rulecast.gate import Gate, lock_people, prepare_drafts
from rulecast.gate.draft import Draft
from rulecast.gate.store import QUERIES
from rulecast.gate.terms import TermsBook
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.profile.suppression.suppress import lock_people as lock_stopped
from rulecast.values.ids import BusinessNumberId, ContactId, MessageId
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace


async def planned(workspace: Workspace, count: int) -> Launched:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, count)
        return await launch(workspace, connection, people)


async def opt_out(workspace: Workspace, connection: Connection, contact_id: ContactId) -> None:
    await lock_stopped(connection, [contact_id])
    await suppress(
        connection,
        [
            Stop(
                contact_id=contact_id,
                cause=SuppressionCause.STOP_WORD,
                action=SuppressionAction.STOP,
                occurred_at=workspace.clock.now(),
            )
        ],
        workspace.clock.now(),
    )


async def drafts_of(workspace: Workspace, run: Launched) -> list[Draft]:
    async with workspace.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT message_id, contact_id, template_id, send_until FROM deliver.message WHERE run_id = %s"
            " ORDER BY message_id",
            (run.run_id,),
        )
        return [
            Draft(
                message_id=MessageId(row[0]),
                contact_id=ContactId(row[1]),
                run_id=run.run_id,
                template_id=row[2],
                variant="",
                attempt=1,
                send_until=row[3],
            )
            for row in await cursor.fetchall()
        ]


async def ask_gate(
    workspace: Workspace,
    drafts: list[Draft],
    *,
    locked: asyncio.Event | None = None,
    number: BusinessNumberId = NUMBER,
    zone: str = "Africa/Casablanca",
    now: datetime | None = None,
) -> list[int]:
    """Run one intent transaction by hand and return whom it permits."""
    terms_book, gate = TermsBook(workspace.catalogue_of_runs), Gate(workspace_zone=zone)
    async with workspace.database.connection() as connection:
        terms = await terms_book.terms(connection, {one.run_id for one in drafts})
        prepared = await prepare_drafts(
            connection,
            workspace.vault,
            drafts,
            terms=terms,
            business_number_id=NUMBER,
            random_bytes=random.Random(1).randbytes,
        )
    async with workspace.database.transaction() as connection:
        held = await lock_people(connection, prepared)
        if locked is not None:
            locked.set()
        found = await gate.authorise(
            connection, held, terms=terms, business_number_id=number, now=now or workspace.clock.now()
        )
        return [one.contact_id for one in found.permits]


async def test_an_opt_out_that_commits_while_the_gate_waits_for_the_lock_is_seen_f49(
    workspace: Workspace,
) -> None:
    run = await planned(workspace, 1)
    drafts = await drafts_of(workspace, run)
    async with workspace.database.transaction() as connection:
        await opt_out(workspace, connection, drafts[0].contact_id)
        asking = asyncio.create_task(ask_gate(workspace, drafts))
        await until_somebody_waits(workspace)
    assert await asking == []


async def test_locking_and_reading_in_one_statement_would_miss_it(workspace: Workspace) -> None:
    run = await planned(workspace, 1)
    drafts = await drafts_of(workspace, run)
    one_statement = (
        "SELECT g.contact_id, EXISTS (SELECT FROM profile.identity AS i JOIN profile.current_suppression AS s"
        " USING (suppression_index) WHERE i.contact_id = g.contact_id)"
        " FROM profile.sending_guard AS g WHERE g.contact_id = %s FOR NO KEY UPDATE"
    )

    async def read_wrongly() -> bool:
        async with workspace.database.transaction() as connection:
            row = await (await connection.execute(one_statement, (drafts[0].contact_id,))).fetchone()
            assert row is not None
            return bool(row[1])

    async with workspace.database.transaction() as connection:
        await opt_out(workspace, connection, drafts[0].contact_id)
        reading = asyncio.create_task(read_wrongly())
        await until_somebody_waits(workspace)
    # The snapshot is older than the lock: the opt-out is committed and still not seen.
    assert await reading is False


def test_the_gate_locks_in_a_statement_that_reads_nothing_else() -> None:
    lock = QUERIES["lock_guards"]
    assert "FOR NO KEY UPDATE" in lock
    assert "ORDER BY contact_id" in lock
    assert "JOIN" not in lock
    assert "consent" not in lock
    assert "suppression" not in lock
    for name in ("read_people_facts", "read_shared_facts", "read_template_states"):
        assert "FOR " not in QUERIES[name].replace("FOR NO KEY UPDATE OF nothing", "")


async def test_races_of_opt_outs_and_intents_never_break_the_order_f49_p5(workspace: Workspace) -> None:
    report = await race(workspace, races=500, seed=7)
    assert report.races >= 500
    assert report.violations == 0
    assert report.is_clean, report


async def test_the_races_catch_a_gate_that_reads_with_the_snapshot_of_its_lock_f49(
    workspace: Workspace,
) -> None:
    report = await race(workspace, races=100, seed=7, together=True)
    assert report.violations > 0


async def test_an_opt_out_while_queued_cancels_the_message_f48(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 10)
    async with workspace.database.transaction() as connection:
        await opt_out(workspace, connection, run.contact_ids[0])
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    assert await states(workspace, run.run_id) == {"accepted": 9, "cancelled": 1}
    assert len(graph.asked) == 9
    async with workspace.database.connection() as connection:
        cursor = await connection.execute("SELECT reason FROM deliver.message WHERE state = 'cancelled'")
        assert await cursor.fetchall() == [("opted_out",)]


async def test_an_opt_out_during_the_request_stops_the_next_message_f50(
    workspace: Workspace, graph: GraphStub
) -> None:
    release = asyncio.Event()

    async def stall(exchange: Exchange) -> None:
        await release.wait()
        await exchange.accept()

    graph.handle = stall
    run = await planned(workspace, 1)
    sending = asyncio.create_task(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True))
    async with asyncio.timeout(60):
        await graph.arrived.wait()
        # The lock of the intent ended with its commit: a person who leaves never waits for a request.
        async with workspace.database.transaction() as connection:
            await opt_out(workspace, connection, run.contact_ids[0])
            second = await launch(workspace, connection, run.contact_ids, name="second")
        release.set()
        await sending
    assert await states(workspace, run.run_id) == {"accepted": 1}
    assert await states(workspace, second.run_id) == {"cancelled": 1}
    assert len(graph.asked) == 1


async def until_somebody_waits(workspace: Workspace) -> None:
    """Return once a transaction waits for a lock."""
    async with workspace.database.connection() as connection, asyncio.timeout(20):
        while True:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return
