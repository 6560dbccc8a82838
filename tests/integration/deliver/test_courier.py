"""What may go wrong between a committed intent and its result: the courier loses nothing and starts nothing late."""

import asyncio
from datetime import timedelta

import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.deliver.test_sender import planned, send_all, value_of
from tests.sending import states

from rulecast.database import Connection
from rulecast.deliver import circuit
from rulecast.deliver.transport import (
    MayStart,
    OutboundRequest,
    TransportResult,
    Withheld,
    always,
)
from rulecast.profile import ConsentEntry, record_consents
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.stop import StopTarget, stop
from rulecast.wiring.workspace import Workspace

SLOTS = 12
LIMIT_SECONDS = 30


async def withdraw(workspace: Workspace, connection: Connection, contact_ids: list[ContactId]) -> None:
    now = workspace.clock.now()
    await record_consents(
        connection,
        workspace.vault,
        [
            ConsentEntry(
                contact_id=one,
                purpose=Purpose.MARKETING,
                status=ConsentStatus.WITHDRAWN,
                occurred_at=now - timedelta(minutes=1),
                method="form",
                wording_version="v1",
                source="import",
            )
            for one in contact_ids
        ],
        now,
    )


async def test_a_probe_that_the_gate_refuses_is_followed_by_another_f08(
    workspace: Workspace, graph: GraphStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuit, "PROBE_SECONDS", 0.1)

    async def storm(exchange: Exchange) -> None:
        if exchange.number <= SLOTS:
            exchange.reset()
        else:
            await exchange.accept()

    graph.handle = storm
    run = await planned(workspace, SLOTS + 8)
    async with workspace.database.transaction() as connection:
        # Bilal and two more said no since: theirs are the drafts with which the circuit is probed.
        await withdraw(workspace, connection, list(run.contact_ids[SLOTS : SLOTS + 3]))
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, SenderDrill(slots=SLOTS))
    assert await states(workspace, run.run_id) == {"unknown": SLOTS, "cancelled": 3, "accepted": 5}


class Scripted:
    """A door that connects and then does what it was told once."""

    def __init__(self, workspace: Workspace, *, raises: bool) -> None:
        self._workspace = workspace
        self._raises = raises
        self.written = 0
        self.withheld = asyncio.Event()

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        if self._raises:
            raise RuntimeError(request.body.decode())
        await stop(self._workspace, StopTarget(scope="rule", name="winback"), reason="drill")
        while (cause := await may_start()) is None:  # noqa: ASYNC110 - the stop arrives by notice, in memory
            await asyncio.sleep(0.01)
        self.withheld.set()
        return Withheld(cause)


async def test_a_stop_during_the_connecting_takes_the_request_back(workspace: Workspace) -> None:
    run = await planned(workspace, 3)
    door, ended = Scripted(workspace, raises=False), asyncio.Event()
    sending = asyncio.create_task(
        run_sender(workspace, stop_event=ended, drill=SenderDrill(transport=door, slots=3))
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        await door.withheld.wait()
        ended.set()
        await sending
    assert await states(workspace, run.run_id) == {"planned": 3}
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 0
    assert await value_of(workspace, "SELECT count(DISTINCT reason) FROM deliver.message") == 1
    assert await value_of(workspace, "SELECT min(reason) FROM deliver.message") == "stopped"


async def test_what_nobody_foresaw_is_a_doubt_and_frees_its_slot(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = await planned(workspace, 9)
    async with asyncio.timeout(LIMIT_SECONDS):
        await send_all(workspace, SenderDrill(transport=Scripted(workspace, raises=True), slots=3))
    assert await states(workspace, run.run_id) == {"unknown": 9}
    assert await value_of(workspace, "SELECT count(*) FROM deliver.attempt WHERE state = 'intent'") == 0
    said = capsys.readouterr()
    assert "RuntimeError" in said.out + said.err
    assert "2126" not in said.out + said.err
