"""Launch, stop, resume, opt out, agree again, withdraw, send, die and be told, in any order (F48, F52, F84).

After each step the database must keep its promises, and Meta must not have been asked twice for one message.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import ROOT_KEY
from tests.database import cloned_database
from tests.graph_stub import Exchange, graph_stub
from tests.sending import NUMBER, Launched, launch, prepare_number, prepare_people, running_clock

from ledger_check.promises import broken_promises
from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.config import load_settings
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.deliver.statuses import MessageDirectory, apply_statuses
from rulecast.gate import resume_sending, stop_sending
from rulecast.gate.stop import StopScope
from rulecast.profile import ConsentEntry, record_consents
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.profile.suppression.suppress import lock_people
from rulecast.template.messages.request import opaque_text
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.values.ids import ContactId, OpaqueId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import open_workspace

EXAMPLES = int(os.environ.get("RULECAST_TEST_STATEFUL_EXAMPLES", "2"))
STEPS = 14
PEOPLE = 6
SEND_SECONDS = 0.8
# A sender that was cut off is known to live; its lease has to run out.
LEASE_SECONDS = 1.0
POINTS = (Failpoint.AFTER_INTENT_COMMIT, Failpoint.BEFORE_CONNECT, Failpoint.AFTER_RESPONSE_BEFORE_RESULT)
Found = TypeVar("Found")
person = st.integers(0, PEOPLE - 1)


class Sending(RuleBasedStateMachine):
    """One workspace, one number, six people; rules act on it and the invariants look at it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.ExitStack()
        self.asynchronous = contextlib.AsyncExitStack()
        self.runs: list[Launched] = []
        self.stopped: set[tuple[StopScope, str]] = set()
        self.asked: list[str] = []
        self.messages: dict[str, int] = {}

    def do(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        self.conninfo = self.stack.enter_context(cloned_database(MAIN_DIRECTORY))
        keys = self.stack.enter_context(cloned_database(KEYS_DIRECTORY))
        self.do(self._open(keys))

    async def _open(self, keys: str) -> None:
        self.graph = await self.asynchronous.enter_async_context(graph_stub())
        home = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="rulecast-order-")))
        given = load_settings(
            {
                "RULECAST_HOME": str(home),
                "RULECAST_DATABASE_URL": self.conninfo,
                "RULECAST_KEYS_DATABASE_URL": keys,
                "RULECAST_ROOT_KEY": ROOT_KEY,
            }
        )
        pointed = replace(given, graph_base_url=self.graph.base_url, access_token="test", sender_slots=4)
        self.workspace = await self.asynchronous.enter_async_context(
            open_workspace(pointed, actor="test", clock=running_clock())
        )
        async with self.workspace.database.transaction() as connection:
            await prepare_number(connection)
            self.people = await prepare_people(self.workspace, connection, PEOPLE)

    @rule(people=st.sets(person, min_size=1), name=st.sampled_from(("winback", "promo", "news")))
    def launch(self, people: set[int], name: str) -> None:
        self.do(self._launch([self.people[one] for one in sorted(people)], name))

    async def _launch(self, people: list[ContactId], name: str) -> None:
        async with self.workspace.database.transaction() as connection:
            self.runs.append(await launch(self.workspace, connection, people, name=name))

    @rule(scope=st.sampled_from(("all", "rule", "sender")))
    def stop(self, scope: StopScope) -> None:
        target = {"all": "", "rule": "winback", "sender": NUMBER}[scope]
        if scope != "rule" or any(self.runs):
            self.do(self._stop(scope, target))

    async def _stop(self, scope: StopScope, target: str) -> None:
        with contextlib.suppress(Exception):
            async with self.workspace.database.transaction() as connection:
                await stop_sending(
                    connection,
                    scope=scope,
                    target=target,
                    reason="test",
                    by="test",
                    now=self.workspace.clock.now(),
                )
                self.stopped.add((scope, target))

    @precondition(lambda self: self.stopped)
    @rule()
    def resume(self) -> None:
        self.do(self._resume())

    async def _resume(self) -> None:
        async with self.workspace.database.transaction() as connection:
            for scope, target in sorted(self.stopped):
                await resume_sending(
                    connection, scope=scope, target=target, by="test", now=self.workspace.clock.now()
                )
        self.stopped.clear()

    @rule(
        one=person,
        action=st.sampled_from((SuppressionAction.STOP, SuppressionAction.RESUME)),
        ago=st.integers(0, 3),
    )
    def speak(self, one: int, action: SuppressionAction, ago: int) -> None:
        self.do(self._speak(self.people[one], action, ago))

    async def _speak(self, contact_id: ContactId, action: SuppressionAction, ago: int) -> None:
        now = self.workspace.clock.now()
        async with self.workspace.database.transaction() as connection:
            await lock_people(connection, [contact_id])
            said = Stop(
                contact_id=contact_id,
                cause=SuppressionCause.STOP_WORD,
                action=action,
                occurred_at=now - timedelta(seconds=ago),
            )
            await suppress(connection, [said], now)

    @rule(one=person, status=st.sampled_from((ConsentStatus.WITHDRAWN, ConsentStatus.GRANTED)))
    def agree(self, one: int, status: ConsentStatus) -> None:
        self.do(self._agree(self.people[one], status))

    async def _agree(self, contact_id: ContactId, status: ConsentStatus) -> None:
        now = self.workspace.clock.now()
        entry = ConsentEntry(
            contact_id=contact_id,
            purpose=Purpose.MARKETING,
            status=status,
            occurred_at=now,
            method="form",
            wording_version="v2",
            source="agent",
        )
        async with self.workspace.database.transaction() as connection:
            await lock_people(connection, [contact_id])
            await record_consents(connection, self.workspace.vault, [entry], now)

    @rule(code=st.sampled_from((0, 0, 0, 131000, 130429, 131056, 131049)))
    def send(self, code: int) -> None:
        async def answer(exchange: Exchange) -> None:
            await (exchange.refuse(code) if code else exchange.accept())

        self.graph.handle = answer
        self.do(self._send())

    async def _send(self) -> None:
        stop_event = asyncio.Event()
        asyncio.get_running_loop().call_later(SEND_SECONDS, stop_event.set)
        drill = SenderDrill(lease_seconds=LEASE_SECONDS, slots=4)
        await asyncio.wait_for(run_sender(self.workspace, stop_event=stop_event, drill=drill), 60)

    @rule(point=st.sampled_from(POINTS))
    def die(self, point: Failpoint) -> None:
        """Let a sender come to a point, if it comes there, and cut it off: it writes nothing any more."""
        self.graph.handle = Exchange.accept
        self.do(self._die(point))

    async def _die(self, point: Failpoint) -> None:
        reached = asyncio.Event()

        async def stay() -> None:
            reached.set()
            await asyncio.Event().wait()

        drill = SenderDrill(
            lease_seconds=LEASE_SECONDS, slots=4, failpoints=Failpoints({point: lambda _: stay()})
        )
        sending = asyncio.create_task(run_sender(self.workspace, stop_event=asyncio.Event(), drill=drill))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await reached.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    @rule(word=st.sampled_from(("sent", "delivered", "read", "failed")), share=st.integers(1, 3))
    def tell(self, word: StatusWord, share: int) -> None:
        self.do(self._tell(word, share))

    async def _tell(self, word: StatusWord, share: int) -> None:
        now = self.workspace.clock.now()
        async with self.workspace.database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT opaque_id FROM deliver.attempt WHERE state IN ('accepted', 'unknown') ORDER BY opaque_id"
            )
            opaque_ids = [OpaqueId(row[0]) for row in await cursor.fetchall()][::share]
            told = [
                StatusFact(
                    wamid=f"wamid.{one.hex()}",
                    status=word,
                    occurred_at=now.replace(microsecond=0),
                    opaque_id=one,
                    error_code=131000 if word == "failed" else 0,
                )
                for one in opaque_ids
                if await self._was_asked(one)
            ]
            await apply_statuses(connection, MessageDirectory(self.workspace.vault), told, now)

    async def _was_asked(self, opaque_id: OpaqueId) -> bool:
        return opaque_text(opaque_id) in self.graph.asked

    @invariant()
    def promises_are_kept(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            assert broken_promises(connection) == {}
            row = connection.execute(
                "SELECT count(*) FROM (SELECT message_id FROM deliver.attempt"
                " WHERE state IN ('accepted', 'unknown', 'held') GROUP BY message_id HAVING count(*) > 1) AS twice"
            ).fetchone()
        assert row == (0,)
        assert len(self.graph.asked) == len(set(self.graph.asked))

    def teardown(self) -> None:
        self.do(self.asynchronous.aclose())
        self.runner.close()
        self.stack.close()


def test_in_any_order_the_promises_hold_f48_f52_f84() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call] # hypothesis has no types here
        Sending,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=EXAMPLES <= 2,
            suppress_health_check=list(HealthCheck),
        ),
    )
