"""Whatever a message was believed to be, every order of its statuses leaves the same row, permit and attempts (P12)."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_statuses import AT, MARKS, rows, sent, status, tell
from tests.sending import NUMBER, launch, prepare_number, prepare_people

from rulecast.deliver.statuses import MessageDirectory, settle_parked
from rulecast.gate import release_permits
from rulecast.gate.settle_prices import settle_prices
from rulecast.values.ids import BusinessNumberId, OpaqueId
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

OTHER_NUMBER = BusinessNumberId("100000000000002")
STORY: list[Any] = [("failed", 3, 131049), ("sent", 1, 0), ("delivered", 2, 0), ("failed", 4, 131026)]
ONLY_FAILURES: list[Any] = [("failed", 3, 131049), ("failed", 4, 131026), ("failed", 2, 132015)]


async def message_ids(workspace: Workspace) -> list[tuple[int, bytes]]:
    return [
        (row[0], row[1])
        for row in await rows(
            workspace, "SELECT message_id, opaque_id FROM deliver.attempt ORDER BY message_id"
        )
    ]


async def put_back(workspace: Workspace, state: str, code: int) -> None:
    """Let every message be as it is in a state, before anything was told of it."""
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE deliver.message SET state = %s, error_code = %s, reason = 'before', accepted_at = NULL,"
            " wamid_index = NULL, sealed_wamid = NULL",
            (state, code),
        )
        await connection.execute("UPDATE deliver.attempt SET state = 'cancelled'")
        if state not in {"held", "unknown", "unresolved"}:
            await connection.execute("UPDATE gate.permit SET released_at = granted_at")


@pytest.mark.parametrize(
    "state", ["held", "unknown", "unresolved", "planned", "deferred", "refused", "cancelled", "expired"]
)
async def test_any_order_of_statuses_ends_accepted_and_counted_p12(
    workspace: Workspace, graph: GraphStub, state: str
) -> None:
    orders = list(permutations(STORY))
    await sent(workspace, len(orders))
    await put_back(workspace, state, 131000)
    messages, book = await message_ids(workspace), MessageFacts.of(workspace)
    for step in range(len(STORY)):
        told = [
            status(
                order[step][0],
                wamid=f"wamid.{message_id}",
                seconds=order[step][1],
                error_code=order[step][2],
                opaque_id=OpaqueId(opaque),
            )
            for (message_id, opaque), order in zip(messages, orders, strict=True)
        ]
        await tell(workspace, book, told)
    found = set(
        await rows(
            workspace,
            "SELECT state, sent_at, delivered_at, failed_at, failed_code, error_code, reason, accepted_at"
            " FROM deliver.message",
        )
    )
    at = [AT + timedelta(seconds=seconds) for seconds in range(5)]
    assert found == {("accepted", at[1], at[2], at[3], 131049, 0, "", at[1])}
    assert await rows(workspace, "SELECT DISTINCT state FROM deliver.attempt") == [("accepted",)]
    live = await rows(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL")
    assert live == [(len(orders),)]


async def test_any_order_of_failures_refuses_what_meta_held_p12(
    workspace: Workspace, graph: GraphStub
) -> None:
    orders = list(permutations(ONLY_FAILURES))
    await sent(workspace, len(orders))
    await put_back(workspace, "held", 0)
    messages, book = await message_ids(workspace), MessageFacts.of(workspace)
    for step in range(len(ONLY_FAILURES)):
        await tell(
            workspace,
            book,
            [
                status(
                    "failed", seconds=order[step][1], error_code=order[step][2], opaque_id=OpaqueId(opaque),
                    wamid=f"wamid.{message_id}",
                )
                for (message_id, opaque), order in zip(messages, orders, strict=True)
            ],
        )  # fmt: skip
    found = await rows(
        workspace, "SELECT DISTINCT state, failed_code, error_code, accepted_at FROM deliver.message"
    )
    assert found == [("refused", 132015, 132015, AT + timedelta(seconds=2))]


async def test_a_late_status_counts_the_message_and_ends_the_second_attempt(
    workspace: Workspace, graph: GraphStub
) -> None:
    told = asyncio.Event()
    book = MessageFacts.of(workspace)

    async def answer(exchange: Exchange) -> None:
        if exchange.number == 1:
            await exchange.refuse(130429)
            return
        # While the second request is out, Meta reports that the first one left after all.
        found = await rows(workspace, "SELECT opaque_id FROM deliver.attempt ORDER BY intent_at")
        await tell(workspace, book, [status("sent", wamid="wamid.first", opaque_id=OpaqueId(found[0][0]))])
        told.set()
        await exchange.accept()

    graph.handle = answer
    await sent(workspace, 1)
    assert told.is_set()
    assert [row[0] for row in await rows(workspace, MARKS)] == ["accepted"]
    # By time: every connection draws ids from a block of its own.
    states = [row[0] for row in await rows(workspace, "SELECT state FROM deliver.attempt ORDER BY intent_at")]
    assert (states[0], states[-1]) == ("accepted", "unknown")
    # Between them the pair may have had to rest: intents whose requests were never started.
    assert set(states[1:-1]) <= {"cancelled"}
    assert len(graph.asked) == 2
    assert await rows(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == [(1,)]


async def test_the_newest_permit_counts_again_whatever_its_number(
    workspace: Workspace, graph: GraphStub, promises_are_broken_on_purpose: None
) -> None:
    await sent(workspace, 1)
    await put_back(workspace, "cancelled", 0)
    async with workspace.database.transaction() as connection:
        # A later attempt over another connection, whose block of ids is an older one.
        await connection.execute(
            "INSERT INTO gate.permit SELECT (jsonb_populate_record(p, jsonb_build_object("
            "'permit_id', -1, 'granted_at', granted_at + interval '1 minute'))).* FROM gate.permit AS p"
        )
        await connection.execute(
            "INSERT INTO deliver.attempt SELECT (jsonb_populate_record(a, jsonb_build_object('attempt_id', -1,"
            " 'permit_id', -1, 'intent_at', intent_at + interval '1 minute'))).* FROM deliver.attempt AS a"
        )
    [(_, opaque), _] = await message_ids(workspace)
    await tell(workspace, MessageFacts.of(workspace), [status("sent", opaque_id=OpaqueId(opaque))])
    assert await rows(workspace, "SELECT permit_id FROM gate.permit WHERE released_at IS NULL") == [(-1,)]


async def test_a_budget_pays_for_what_left_after_all(workspace: Workspace, graph: GraphStub) -> None:
    await sent(workspace, 2, clauses="  budget 100.00 MAD per run\n")
    await put_back(workspace, "cancelled", 0)
    spent = "SELECT coalesce(sum(spent_e4), -1) FROM gate.budget"
    [(before,)] = await rows(workspace, spent)
    [(_, opaque), _] = await message_ids(workspace)
    await tell(workspace, MessageFacts.of(workspace), [status("sent", opaque_id=OpaqueId(opaque))])
    [(after,)] = await rows(workspace, spent)
    assert after > before >= 0


async def test_a_refund_of_what_the_budget_showed_only_in_part_leaves_nothing_spent(
    workspace: Workspace, graph: GraphStub, promises_are_broken_on_purpose: None
) -> None:
    await sent(workspace, 2, clauses="  budget 100.00 MAD per run\n")
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE gate.budget SET limit_e4 = spent_e4")
    (first, _), (second, _) = await message_ids(workspace)
    # Dearer than what is left of the budget, then free: the difference is more than the budget ever showed.
    for billed_e4 in (100_000, 0):
        async with workspace.database.transaction() as connection:
            await settle_prices(connection, {first: billed_e4})
    spent = "SELECT spent_e4 FROM gate.budget"
    assert await rows(workspace, spent) == [(0,)]
    async with workspace.database.transaction() as connection:
        await release_permits(connection, [second], workspace.clock.now())
    assert await rows(workspace, spent) == [(0,)]
    # What is given back is what was charged in the end, not the estimate.
    async with workspace.database.transaction() as connection:
        await settle_prices(connection, {first: 30_000})
        await release_permits(connection, [first], workspace.clock.now())
    assert await rows(workspace, spent) == [(0,)]


HELD = "SELECT business_number_id, state FROM account.business_number ORDER BY 1"


@pytest.mark.parametrize("code", [0, 190, 132000, 33])
async def test_a_failure_without_a_word_about_the_account_holds_nothing(
    workspace: Workspace, graph: GraphStub, code: int
) -> None:
    await sent(workspace, 1)
    wamid = f"wamid.{graph.asked[0]}"
    await tell(workspace, MessageFacts.of(workspace), [status("failed", wamid=wamid, error_code=code)])
    assert await rows(workspace, "SELECT failed_code FROM deliver.message") == [(code,)]
    assert await rows(workspace, "SELECT count(*) FROM gate.stop") == [(0,)]
    assert await rows(workspace, HELD) == [(NUMBER, "active")]
    assert await rows(workspace, "SELECT status FROM template.template") == [("approved",)]


async def test_a_parked_failure_holds_the_number_of_its_message(
    workspace: Workspace, graph: GraphStub
) -> None:
    book = MessageFacts.of(workspace)

    async def tell_before_the_answer(exchange: Exchange) -> None:
        failed = status("failed", wamid=f"wamid.{exchange.opaque}", error_code=131048)
        await tell(workspace, book, [failed])
        await exchange.accept()

    graph.handle = tell_before_the_answer
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        await prepare_number(connection, number=OTHER_NUMBER)
        people = await prepare_people(workspace, connection, 1)
        await launch(workspace, connection, people, number=OTHER_NUMBER)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    async with workspace.database.transaction() as connection:
        await settle_parked(connection, MessageDirectory(workspace.vault), workspace.clock.now())
    assert await rows(workspace, HELD) == [(NUMBER, "active"), (OTHER_NUMBER, "held")]
