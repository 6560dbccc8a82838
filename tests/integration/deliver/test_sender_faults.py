"""Faults around the sender's transactions: nothing is lost, nothing is sent twice, and one bad row holds up nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_courier import withdraw
from tests.integration.deliver.test_sender import planned, send_all, until_value, value_of
from tests.sending import NUMBER, Launched, launch, states

from rulecast.database.errors import OperationalError
from rulecast.deliver import store
from rulecast.deliver.group import LeaseLostError
from rulecast.deliver.lease import acquire_lease
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.wiring.incidents import read_incidents, resume_incident
from rulecast.wiring.receiver import JOURNAL_DIRECTORY
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace

LIMIT_SECONDS = 30


def once(act: Callable[[], Awaitable[None]], *, at: Failpoint) -> SenderDrill:
    """Return a drill that acts the first time this point is met."""
    met: list[Failpoint] = []

    async def drill(point: Failpoint) -> None:
        if not met:
            met.append(point)
            await act()

    return SenderDrill(failpoints=Failpoints({at: drill}), slots=10)


async def execute(workspace: Workspace, text: str) -> None:
    async with workspace.database.transaction() as connection:
        await connection.execute(text.encode())


async def test_a_claim_that_a_status_settles_is_dropped_alone(
    workspace: Workspace, graph: GraphStub, promises_are_broken_on_purpose: None
) -> None:
    run = await planned(workspace, 10)

    async def settle() -> None:
        await execute(
            workspace,
            "UPDATE deliver.message SET state = 'accepted', accepted_at = changed_at"
            " WHERE message_id = (SELECT min(message_id) + 3 FROM deliver.message)",
        )

    drill = once(settle, at=Failpoint.AFTER_CLAIM_COMMIT)
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, drill)
    assert await states(workspace, run.run_id) == {"accepted": 10}
    assert len(graph.asked) == 9
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit") == 9
    assert len(drill.started) == 1
    assert await value_of(workspace, "SELECT epoch FROM deliver.lease") == 1


async def test_a_claim_that_failed_after_its_commit_goes_back(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 10)

    async def fail() -> None:
        raise OperationalError("the connection is gone")

    drill = once(fail, at=Failpoint.AFTER_CLAIM_COMMIT)
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, drill)
    assert await states(workspace, run.run_id) == {"accepted": 10}
    assert await value_of(workspace, "SELECT state FROM deliver.run") == "finished"


async def test_a_fenced_off_sender_claims_nothing_more(
    workspace: Workspace, promises_are_broken_on_purpose: None
) -> None:
    run = await planned(workspace, 3)
    drill = SenderDrill(slots=10)
    sending = asyncio.create_task(run_sender(workspace, stop_event=(ended := asyncio.Event()), drill=drill))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(workspace, "SELECT count(*) = 3 FROM deliver.message WHERE state = 'accepted'")
        ended.set()
        await sending
        old = drill.started[0]
        async with workspace.database.transaction() as connection:
            lease = await acquire_lease(
                connection, NUMBER, holder="another", lease_seconds=60, now=workspace.clock.now()
            )
        assert lease is not None
        await execute(workspace, "UPDATE deliver.message SET state = 'planned', wamid_index = NULL")
        with pytest.raises(LeaseLostError):
            await old._claim_once(10)
        assert await states(workspace, run.run_id) == {"planned": 3}
        # What an older fence left claimed is found by whoever comes next, whatever the fence.
        await execute(workspace, "UPDATE deliver.message SET state = 'claimed', fence = 0")
        async with workspace.database.transaction() as connection:
            _, returned = await store.recover(
                connection, NUMBER, epoch=lease.epoch, now=workspace.clock.now()
            )
    assert returned == 3


async def test_an_opt_out_in_an_answer_waits_for_the_journal(workspace: Workspace, graph: GraphStub) -> None:
    async def stopped(exchange: Exchange) -> None:
        if exchange.number == 1:
            await exchange.refuse(131050)
        else:
            await exchange.accept()

    graph.handle = stopped
    run = await planned(workspace, 5)
    in_the_way = workspace.settings.home / JOURNAL_DIRECTORY
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("not a directory")
    renewals: list[int] = []

    async def make_room(_: Failpoint) -> None:
        renewals.append(len(graph.asked))
        if renewals[-1] and len(renewals) > 1 and in_the_way.is_file():
            in_the_way.unlink()

    drill = SenderDrill(failpoints=Failpoints({Failpoint.DURING_LEASE_RENEWAL: make_room}), slots=1)
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, drill)
    assert await states(workspace, run.run_id) == {"accepted": 4, "refused": 1}
    assert await value_of(workspace, "SELECT count(*) FROM profile.suppression") == 1
    # While the journal was away nothing else started, and the sender did not fall over.
    assert 1 in renewals
    assert len(drill.started) == 1


async def test_a_result_whose_commit_fails_is_written_again_and_nothing_is_sent_twice_f16(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 20)
    failures: list[Failpoint] = []

    async def fail(point: Failpoint) -> None:
        if len(failures) < 3:
            failures.append(point)
            raise OperationalError("the server closed the connection")

    drill = SenderDrill(failpoints=Failpoints({Failpoint.BEFORE_RESULT_COMMIT: fail}), slots=5)
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, drill)
    assert len(failures) == 3
    assert await states(workspace, run.run_id) == {"accepted": 20}
    assert len(graph.asked) == len(set(graph.asked)) == 20
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 20


async def test_a_result_that_can_never_be_written_leaves_a_doubt_that_is_not_resent_f16(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 4)

    async def fail(_: Failpoint) -> None:
        raise OperationalError("the disk is full")

    drill = SenderDrill(failpoints=Failpoints({Failpoint.BEFORE_RESULT_COMMIT: fail}), slots=4)
    sending = asyncio.create_task(run_sender(workspace, stop_event=asyncio.Event(), drill=drill))
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(graph.asked) < 4:
            await graph.arrived.wait()
            graph.arrived.clear()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert await states(workspace, run.run_id) == {"intent": 4}
        await execute(workspace, "UPDATE deliver.lease SET expires_at = clock_timestamp()")
        await send_all(workspace)
    assert await states(workspace, run.run_id) == {"unknown": 4}
    assert len(graph.asked) == 4


async def test_a_person_whose_message_ends_without_a_permit_is_free_for_another_rule(
    workspace: Workspace, graph: GraphStub
) -> None:
    pilot = await planned(workspace, 4)
    late = await planned_again(workspace, pilot, name="late", send_until=workspace.clock.now())
    other = await planned_again(workspace, pilot, name="other")
    async with workspace.database.transaction() as connection:
        await withdraw(workspace, connection, list(pilot.contact_ids[:1]))
        await connection.execute("UPDATE plan.member SET decision_day = '2026-11-17'")
        for launched, people in ((pilot, pilot.contact_ids[:2]), (late, pilot.contact_ids[2:])):
            await connection.execute(
                "INSERT INTO plan.reservation (contact_id, decision_day, plan_id, rule_name, band, priority)"
                " SELECT contact_id, '2026-11-17', %s, 'winback', 2, 40 FROM unnest(%s::bigint[]) AS contact_id",
                (launched.plan_id, list(people)),
            )
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace)
    kept = await value_of(workspace, "SELECT array_agg(contact_id) FROM plan.reservation")
    # Asha got the message her reservation was for; nobody else is kept from any other rule.
    assert kept == [pilot.contact_ids[1]]
    assert await states(workspace, late.run_id) == {"expired": 4}
    assert (await states(workspace, other.run_id))["cancelled"] >= 1


async def planned_again(workspace: Workspace, run: Launched, **options: Any) -> Launched:
    async with workspace.database.transaction() as connection:
        return await launch(workspace, connection, run.contact_ids, **options)


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE profile.identity SET sealed_value = sealed_value || '\\x00' WHERE contact_id = ",
        "UPDATE profile.contact SET sealed_attributes = sealed_attributes || '\\x00' WHERE contact_id = ",
    ],
    ids=["address", "values"],
)
async def test_a_broken_seal_costs_one_message_and_holds_up_nobody(
    workspace: Workspace, graph: GraphStub, broken: str
) -> None:
    run = await planned(workspace, 6)
    await execute(workspace, f"{broken}{run.contact_ids[2]}")
    drill, ended = SenderDrill(slots=10), asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended, drill=drill))
    async with asyncio.timeout(LIMIT_SECONDS):
        # A changed seal stops everything within a second (P22), before the others have left or after.
        await until_value(workspace, "SELECT count(*) = 1 FROM gate.stop WHERE resumed_at IS NULL")
        (incident,) = (await read_incidents(workspace)).incidents
        assert incident.cause == "broken:seal_broken"
        await resume_incident(workspace, incident.incident_id, because="a row of the test")
        await until_value(workspace, "SELECT count(*) = 5 FROM deliver.message WHERE state = 'accepted'")
        await until_value(workspace, "SELECT count(*) = 1 FROM deliver.message WHERE state = 'cancelled'")
        ended.set()
        await sending
    assert await states(workspace, run.run_id) == {"accepted": 5, "cancelled": 1}
    assert await value_of(workspace, "SELECT max(reason) FROM deliver.message") == "unreachable"
    assert len(graph.asked) == 5
    # Nothing is told of it twice, and no sender began anew.
    assert (await read_incidents(workspace)).incidents == []
    assert len(drill.started) == 1


async def test_a_sender_without_any_number_leaves_when_nothing_waits(workspace: Workspace) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace)


async def test_a_sender_frozen_in_a_transaction_holds_up_a_taker_only_briefly(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TRANSACTION_IDLE_MS", 200)
    await planned(workspace, 1)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        lease = await acquire_lease(connection, NUMBER, holder="frozen", lease_seconds=60, now=now)
    assert lease is not None

    async def freeze() -> None:
        async with workspace.database.transaction() as connection:
            assert await store.hold_lease(connection, NUMBER, epoch=lease.epoch)
            held.set()
            await asyncio.Event().wait()

    held = asyncio.Event()
    frozen = asyncio.create_task(freeze())
    async with asyncio.timeout(LIMIT_SECONDS):
        await held.wait()
        await execute(workspace, "UPDATE deliver.lease SET expires_at = clock_timestamp()")
        async with workspace.database.transaction() as connection:
            taken = await acquire_lease(connection, NUMBER, holder="taker", lease_seconds=60, now=now)
    assert taken is not None
    assert taken.epoch == lease.epoch + 1
    frozen.cancel()
    await asyncio.gather(frozen, return_exceptions=True)
