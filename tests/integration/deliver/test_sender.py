"""Planned messages leave once, through the gate, and end in a named state."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.sending import NUMBER, Launched, launch, prepare_number, prepare_people, states, until

from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.stop import StopTarget, resume, stop
from rulecast.wiring.workspace import Workspace

LIMIT_SECONDS = 60


async def planned(workspace: Workspace, count: int, **options: object) -> Launched:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, count)
        return await launch(workspace, connection, people, **options)  # type: ignore[arg-type] - passed through


async def send_all(workspace: Workspace, drill: SenderDrill | None = None) -> None:
    await asyncio.wait_for(
        run_sender(workspace, stop_event=asyncio.Event(), until_idle=True, drill=drill), LIMIT_SECONDS
    )


async def value_of(workspace: Workspace, text: str) -> object:
    async with workspace.database.connection() as connection:
        row = await (await connection.execute(text.encode())).fetchone()
    assert row is not None
    return row[0]


async def until_value(workspace: Workspace, text: str) -> None:
    async def holds() -> bool:
        return bool(await value_of(workspace, text))

    await until(holds)


async def test_planned_messages_are_sent_once_and_accepted(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 100)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 100}
    assert len(graph.asked) == len(set(graph.asked)) == 100
    assert graph.open_max <= 40
    assert await value_of(workspace, "SELECT state FROM deliver.run") == "finished"
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE consent_id IS NOT NULL") == 100
    assert await value_of(workspace, "SELECT count(*) FROM gate.verdict WHERE outcome = 'allowed'") == 100


async def test_launching_a_plan_twice_is_one_run(workspace: Workspace) -> None:
    run = await planned(workspace, 3)
    async with workspace.database.transaction() as connection:
        from rulecast.deliver import create_run  # noqa: PLC0415 - the verb under test

        again = await create_run(
            connection,
            plan_id=run.plan_id,
            rule_name="winback",
            business_number_id=NUMBER,
            launched_by="test",
            is_test=False,
            now=workspace.clock.now(),
        )
    assert again == run.run_id
    assert await states(workspace, run.run_id) == {"planned": 3}


@pytest.mark.parametrize(
    ("code", "status", "state", "live_permits"),
    [
        (132005, 400, "refused", 0),
        (131049, 400, "refused", 3),
        (131000, 500, "unknown", 3),
        (130429, 500, "unknown", 3),
        (1, 400, "unknown", 3),
    ],
)
async def test_a_final_answer_ends_the_message(
    workspace: Workspace, graph: GraphStub, code: int, status: int, state: str, live_permits: int
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse(code, status=status)

    graph.handle = refuse
    run = await planned(workspace, 3)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {state: 3}
    assert len(graph.asked) == 3
    live = await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL")
    assert live == live_permits


async def test_a_throughput_refusal_sends_the_same_message_again(
    workspace: Workspace, graph: GraphStub
) -> None:
    async def refuse_first(exchange: Exchange) -> None:
        if exchange.number <= 5:
            await exchange.refuse(130429)
        else:
            await exchange.accept()

    graph.handle = refuse_first
    run = await planned(workspace, 20)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 20}
    assert len(graph.asked) == 25
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 20


@pytest.mark.parametrize(("code", "held"), [(131031, "stop"), (131045, "number"), (999_999, "number")])
async def test_an_account_code_holds_and_keeps_the_messages_f21_f27(
    workspace: Workspace, graph: GraphStub, code: int, held: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse(code)

    graph.handle = refuse
    run = await planned(workspace, 100)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace,
            "SELECT EXISTS (SELECT FROM gate.stop)"
            " OR EXISTS (SELECT FROM account.business_number WHERE state = 'held')",
        )
        ended.set()
        await sending
    found = await states(workspace, run.run_id)
    # Nothing but the requests that were out already met the code, and nobody is lost.
    assert len(graph.asked) <= 80
    assert sum(found.values()) == 100
    assert found["planned"] >= 20
    assert await value_of(workspace, "SELECT count(*) FROM gate.stop") == (1 if held == "stop" else 0)


async def test_a_paused_template_keeps_its_messages_f22(workspace: Workspace, graph: GraphStub) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse(132015)

    graph.handle = refuse
    await planned(workspace, 3)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(workspace, "SELECT status = 'paused' FROM template.template")
        ended.set()
        await sending
    assert (
        await value_of(
            workspace, "SELECT count(*) FROM deliver.message WHERE state IN ('planned', 'deferred')"
        )
        == 3
    )


async def test_a_reset_after_the_body_is_a_doubt_and_never_repeated_f05(
    workspace: Workspace, graph: GraphStub
) -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.reset()

    graph.handle = reset
    run = await planned(workspace, 4)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"unknown": 4}
    assert len(graph.asked) == 4
    await send_all(workspace)
    assert len(graph.asked) == 4


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{}", ()),
        (b'{"messages":[{"id":""}]}', ()),
        (b"<html>bad gateway</html>", ()),
        (b" " * 200_000, ()),
        (__import__("gzip").compress(b" " * 50_000_000), (b"Content-Encoding: gzip",)),
    ],
    ids=["no id", "empty id", "no json", "too large", "gzip bomb"],
)
async def test_an_answer_without_an_id_is_a_doubt_f10(
    workspace: Workspace, graph: GraphStub, body: bytes, headers: tuple[bytes, ...]
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, body, *headers)

    graph.handle = answer
    run = await planned(workspace, 2)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"unknown": 2}
    assert len(graph.asked) == 2


async def test_an_answer_that_repeats_an_id_is_a_doubt(workspace: Workspace, graph: GraphStub) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, b'{"messages":[{"id":"wamid.same"}]}')

    graph.handle = answer
    run = await planned(workspace, 5)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 1, "unknown": 4}


async def test_a_refused_connection_is_surely_not_sent_f07(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 3)
    closed = replace(workspace, settings=replace(workspace.settings, graph_base_url="http://127.0.0.1:9"))
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(closed, stop_event=ended))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(workspace, "SELECT count(*) > 0 FROM deliver.attempt WHERE state = 'cancelled'")
        ended.set()
        await sending
    assert await value_of(workspace, "SELECT count(*) FROM deliver.message WHERE state = 'unknown'") == 0
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 3}


async def test_a_stop_halts_and_a_resume_skips_nobody_f83_f84(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 400)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended))
    async with asyncio.timeout(LIMIT_SECONDS):
        await graph.arrived.wait()
        await stop(workspace, StopTarget(scope="sender", name="number_001"), reason="drill")
        # Everything that was claimed goes back; from then on nothing arrives.
        await until_value(
            workspace, "SELECT count(*) = 0 FROM deliver.message WHERE state IN ('claimed', 'intent')"
        )
        asked = len(graph.asked)
        assert asked < 400
        assert (await states(workspace, run.run_id))["planned"] == 400 - asked
        assert await resume(workspace, StopTarget(scope="sender", name="number_001")) == 1
        await until_value(workspace, "SELECT count(*) = 400 FROM deliver.message WHERE state = 'accepted'")
        ended.set()
        await sending
    assert len(graph.asked) == len(set(graph.asked)) == 400


async def test_messages_past_their_window_expire(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 3, send_until=workspace.clock.now() - timedelta(seconds=1))
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"expired": 3}
    assert graph.asked == []


async def test_two_rules_reach_a_person_six_seconds_apart(workspace: Workspace, graph: GraphStub) -> None:
    arrived: list[float] = []

    async def note(exchange: Exchange) -> None:
        arrived.append(workspace.clock.now().timestamp())
        await exchange.accept()

    graph.handle = note
    first = await planned(workspace, 1)
    async with workspace.database.transaction() as connection:
        await launch(workspace, connection, first.contact_ids, name="second")
    await send_all(workspace)
    assert len(arrived) == 2
    assert arrived[1] - arrived[0] >= 5.9


async def test_a_run_is_finished_while_its_sender_goes_on(workspace: Workspace, graph: GraphStub) -> None:
    run = await planned(workspace, 3)
    ended = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=ended))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until_value(
            workspace, f"SELECT finished_at IS NOT NULL FROM deliver.run WHERE run_id = {run.run_id}"
        )
        ended.set()
        await sending
    assert await states(workspace, run.run_id) == {"accepted": 3}
