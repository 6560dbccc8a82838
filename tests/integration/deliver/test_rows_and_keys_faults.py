"""Faults of what a sender works with: memory, its own doubles, late failures, consents, erased people, keys, disks."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.graph_stub import GraphStub
from tests.integration.deliver.test_sender import planned, send_all, until_value, value_of
from tests.integration.deliver.test_statuses import status, tell
from tests.sending import NUMBER, states, until

from rulecast.database.errors import OperationalError
from rulecast.deliver.lease import acquire_lease
from rulecast.deliver.pacing import PaceMemory
from rulecast.deliver.sender import NumberSender
from rulecast.profile import ConsentEntry, record_consents
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.sender import SenderDrill, _parts_of, admit, run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

SLOTS = 10
RESTED_ON = (
    "deliver.message",
    "deliver.run",
    "gate.permit",
    "plan.plan",
    "profile.change",
    "profile.consent",
    "profile.contact",
    "rule.rule_version",
    "template.template",
)


@pytest.mark.parametrize("point", [Failpoint.AFTER_INTENT_COMMIT, Failpoint.AFTER_RESPONSE_BEFORE_RESULT])
async def test_a_sender_without_memory_asks_nobody_twice_f14(
    workspace: Workspace, graph: GraphStub, point: Failpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulecast.wiring.sender.RESTART_SECONDS", 0.05)
    run = await planned(workspace, 30)
    met: list[Failpoint] = []

    async def fail(at: Failpoint) -> None:
        if len(met) < 2:
            met.append(at)
            raise MemoryError

    drill = SenderDrill(failpoints=Failpoints({point: fail}), slots=SLOTS, lease_seconds=0.5)
    await send_all(workspace, drill)
    found = await states(workspace, run.run_id)
    assert len(graph.asked) == len(set(graph.asked))
    assert found["accepted"] + found.get("unknown", 0) == 30
    assert found.get("unknown", 0) <= 2 * SLOTS


async def test_two_senders_under_one_lease_ask_for_each_message_once_f17(
    workspace: Workspace, graph: GraphStub
) -> None:
    """As after a fork that copied a sender: both believe they hold the number."""
    run = await planned(workspace, 60)
    drill = SenderDrill(slots=SLOTS)
    pulse = await admit(workspace)
    async with _parts_of(workspace, drill, pulse) as parts:
        await parts.stops.read()
        watching = asyncio.create_task(parts.stops.watch())
        async with workspace.database.transaction() as connection:
            lease = await acquire_lease(
                connection, NUMBER, holder="both", lease_seconds=30, now=workspace.clock.now()
            )
        assert lease is not None
        never = asyncio.Event()
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(NumberSender(parts, lease, PaceMemory()).run(never, until_idle=True) for _ in range(4)),
                return_exceptions=True,
            )
        watching.cancel()
    await send_all(workspace)
    found = await states(workspace, run.run_id)
    # Whichever ends first gives the number back; what the others had out then is in doubt, and is not asked again.
    assert found["accepted"] + found.get("unknown", 0) == 60
    assert found.get("unknown", 0) <= 3 * SLOTS
    assert len(graph.asked) == len(set(graph.asked)) <= 60


async def test_what_fails_hours_after_it_was_accepted_keeps_both_facts_and_its_cap_f29(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 2)
    await send_all(workspace)
    book, hours = MessageFacts.of(workspace), 5 * 3600
    late = [
        status("delivered", wamid=f"wamid.{graph.asked[1]}", seconds=1),
        status("failed", wamid=f"wamid.{graph.asked[0]}", seconds=hours, error_code=131049),
    ]
    await tell(workspace, book, late, workspace.clock.now() + timedelta(hours=6))
    assert await states(workspace, run.run_id) == {"accepted": 2}
    facts = "SELECT count(*) FROM deliver.message WHERE accepted_at IS NOT NULL AND failed_code = 131049"
    assert await value_of(workspace, f"{facts} AND failed_at > accepted_at + interval '4 hours'") == 1
    # Meta counted the attempt, and so does the cap; nothing was billed for it, so the report counts no cost.
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == 2
    billed = "SELECT count(*) FROM deliver.message WHERE failed_at IS NOT NULL AND billed_category <> ''"
    assert await value_of(workspace, billed) == 0
    await send_all(workspace)
    assert len(graph.asked) == 2


async def test_a_consent_nobody_can_prove_is_never_sent_by_f54(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 2)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        # A newer list says yes without a date of its own, a method or a wording: that takes the proof away.
        entry = ConsentEntry(
            contact_id=run.contact_ids[0],
            purpose=Purpose.MARKETING,
            status=ConsentStatus.GRANTED,
            occurred_at=now - timedelta(days=1),
            source="import",
        )
        await record_consents(connection, workspace.vault, [entry], now)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 1, "cancelled": 1}
    assert await value_of(workspace, "SELECT reason FROM deliver.message WHERE state = 'cancelled'") == (
        "unproven_consent"
    )
    assert len(graph.asked) == 1


async def test_an_erased_person_gets_nothing_that_was_planned_f57(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 3)
    first, second, _ = run.contact_ids
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE profile.contact SET erased_at = %s WHERE contact_id = %s", (workspace.clock.now(), first)
        )
    # Of the second one only the key is gone yet: an erasure that was killed half-way.
    for one in (first, second):
        await workspace.vault.destroy_key(one)
    stop = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop))
    await until_value(
        workspace, "SELECT count(*) >= 2 FROM deliver.message WHERE state IN ('accepted', 'cancelled')"
    )
    stop.set()
    await sending
    assert len(graph.asked) == 1
    assert (
        await value_of(workspace, f"SELECT reason FROM deliver.message WHERE contact_id = {first}")
        == "restricted"
    )


async def test_without_the_keys_nothing_is_sent_and_nothing_is_lost_f103(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 5)
    # Whatever this process remembers of keys is gone, as after its thirty seconds.
    workspace.vault._contacts.clear()
    assert workspace.settings.keys_database_url is not None
    name = str(conninfo_to_dict(workspace.settings.keys_database_url)["dbname"])
    allow(workspace, name, is_allowed=False)
    stop = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop))
    await until_value(workspace, "SELECT count(*) > 0 FROM deliver.lease WHERE holder <> ''")
    done, _ = await asyncio.wait({sending}, timeout=0.5)
    assert not done
    assert graph.asked == []
    allow(workspace, name, is_allowed=True)
    await until_value(workspace, "SELECT count(*) = 5 FROM deliver.message WHERE state = 'accepted'")
    stop.set()
    await sending
    assert await states(workspace, run.run_id) == {"accepted": 5}


async def test_no_deletion_takes_away_what_a_message_rests_on_f101(
    workspace: Workspace, graph: GraphStub
) -> None:
    """Whoever thins tables out beside the sending, by hand or by a job to come, is refused by the database."""
    await planned(workspace, 2)
    await send_all(workspace)
    lost = []
    async with workspace.database.connection() as connection:
        for table in RESTED_ON:
            try:
                async with connection.transaction():
                    deleted = await connection.execute(f"DELETE FROM {table}".encode())
                    lost.append((table, deleted.rowcount))
                    raise psycopg.errors.RaiseException
            except psycopg.Error:
                continue
    assert lost == []


def allow(workspace: Workspace, name: str, *, is_allowed: bool) -> None:
    """Let the server take connections to a database, or end all of them."""
    assert workspace.settings.database_url is not None
    with psycopg.connect(workspace.settings.database_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(name), sql.Literal(is_allowed)
            )
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )


def make_read_only(workspace: Workspace, *, is_read_only: bool) -> None:
    """Let the main database refuse every write, as over a file system that turned read-only."""
    assert workspace.settings.database_url is not None
    name = str(conninfo_to_dict(workspace.settings.database_url)["dbname"])
    with psycopg.connect(workspace.settings.database_url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(name), sql.Literal("on" if is_read_only else "off")
            )
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (name,),
        )


async def test_a_database_that_takes_no_writes_sends_nothing_until_it_does_f69(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 40)
    stop = asyncio.Event()
    sending = asyncio.create_task(
        run_sender(workspace, stop_event=stop, drill=SenderDrill(slots=SLOTS, per_second=20))
    )

    async def has_asked() -> bool:
        return len(graph.asked) >= 10 or sending.done()

    await until(has_asked)
    make_read_only(workspace, is_read_only=True)
    asked = len(graph.asked)
    await asyncio.wait({sending}, timeout=1.0)
    # Only what was permitted before may have started since.
    assert len(graph.asked) - asked <= SLOTS
    asked = len(graph.asked)
    await asyncio.wait({sending}, timeout=0.5)
    assert len(graph.asked) == asked
    assert not sending.done()
    make_read_only(workspace, is_read_only=False)
    ended = "SELECT count(*) = 40 FROM deliver.message WHERE state IN ('accepted', 'unknown')"

    async def has_ended() -> bool:
        # Sessions of the test were ended as well.
        with suppress(OperationalError):
            return bool(await value_of(workspace, ended))
        return False

    await until(has_ended)
    stop.set()
    await sending
    found = await states(workspace, run.run_id)
    assert found.get("unknown", 0) <= SLOTS
    assert len(graph.asked) == len(set(graph.asked))
