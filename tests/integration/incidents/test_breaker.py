"""A bad launch holds its rule, a bad number is slowed, a broken promise stops everything; a usual launch goes on."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.graph_stub import Exchange, GraphStub
from tests.integration.incidents.test_machine import ready
from tests.moments import MomentShop, moment_rule, moment_shop
from tests.planning import Person, create_people
from tests.sending import launch, prepare_number, prepare_people, states, until

from ledger_check.promises import broken_promises
from rulecast.collect.webhook_facts import StatusFact
from rulecast.config import Settings
from rulecast.database import Database, fetch_all
from rulecast.deliver.stop_watch import StopWatch
from rulecast.gate.incidents import Incident, list_incidents
from rulecast.gate.incidents.records import CauseStandsError
from rulecast.values.clock import ManualClock
from rulecast.values.ids import BusinessNumberId, ContactId, OpaqueId
from rulecast.wiring.breaker import Guard, check_rates
from rulecast.wiring.breaker.upkeep import keep_history, look_after
from rulecast.wiring.incidents import resume_incident
from rulecast.wiring.message_book import Answer
from rulecast.wiring.rule_steps import resume_rule
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

LIMIT_SECONDS = 60
PEOPLE = 600


async def open_incidents(workspace: Workspace) -> list[Incident]:
    async with workspace.database.connection() as connection:
        return await list_incidents(connection)


async def crowd(shop: MomentShop, count: int) -> list[ContactId]:
    return await create_people(shop.workspace, [Person(phone=f"+21261400{one:04d}") for one in range(count)])


async def test_a_hostile_audience_is_left_alone_while_most_of_it_still_waits(
    workspace: Workspace, graph: GraphStub
) -> None:
    async with workspace.database.transaction() as connection:
        # As fast as Meta lets an ordinary number send.
        await prepare_number(connection, per_second=80)
        people = await prepare_people(workspace, connection, PEOPLE)
        run = await launch(workspace, connection, people)
    book, door = MessageFacts.of(workspace), asyncio.Lock()
    told: list[asyncio.Task[None]] = []

    async def tell(exchange: Exchange) -> None:
        """Deliver at once; every third person answers that they want no more."""
        opaque = OpaqueId(_opaque(exchange))
        fact = StatusFact(
            wamid=f"wamid.{exchange.opaque}",
            status="delivered",
            occurred_at=workspace.clock.now(),
            business_number_id=str(run_number),
            opaque_id=opaque,
        )
        async with door, workspace.database.transaction() as connection:
            await book.apply_statuses(connection, [fact], workspace.clock.now())
            if exchange.number % 3 == 0:
                rows = await fetch_all(
                    connection, "SELECT contact_id FROM deliver.attempt WHERE opaque_id = %s", (opaque,)
                )
                answer = Answer(
                    contact_id=rows[0][0], occurred_at=workspace.clock.now(), context_wamid=fact.wamid
                )
                await book.apply_opt_out(connection, [answer], workspace.clock.now())

    async def handle(exchange: Exchange) -> None:
        await exchange.accept()
        told.append(asyncio.create_task(tell(exchange)))

    run_number, graph.handle = "100000000000001", handle
    stop_event = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop_event))

    async def is_held() -> bool:
        return bool(await open_incidents(workspace))

    async with asyncio.timeout(LIMIT_SECONDS):
        await until(is_held)
        stop_event.set()
        await sending
        await asyncio.gather(*told)
    by_cause = {one.cause: one for one in await open_incidents(workspace)}
    assert by_cause["usual:opt_outs"].scope_id == "winback"
    assert by_cause["usual:opt_outs"].response == "hold_rule"
    found = await states(workspace, run.run_id)
    assert found["planned"] > PEOPLE / 2, found
    # A person who lets the rule go on has answered the incident too.
    closed = await resume_incident(
        workspace, by_cause["usual:opt_outs"].incident_id, because="wrong list; cut"
    )
    assert closed.incident.closed_by == "test"
    async with workspace.database.connection() as connection:
        held = "SELECT count(*) FROM rule.current_state WHERE state = 'held'"
        assert await fetch_all(connection, held) == [(0,)]


async def test_a_rule_beyond_its_own_limit_and_a_usual_one_are_told_apart(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        people = await crowd(shop, 30)
        await shop.launch(moment_rule(), people)
        for person in people:
            await shop.status(person, "delivered")
        await shop.opt_out(people[0])
        assert await check_rates(shop.workspace) == []
        for person in people[1:6]:
            await shop.opt_out(person)
        # The rule explains what the number has sent.
        (found,) = await check_rates(shop.workspace)
        assert (found.measure, found.rule_name) == ("opt_outs", "winback")
        assert await check_rates(shop.workspace) == []
        (state,) = await shop.fetch("SELECT state, why FROM rule.current_state")
        assert state[0] == "held"
        assert "6 opt-outs of 30 messages; usual are at most 1.0%" in state[1]
        (incident,) = await open_incidents(shop.workspace)
        assert (incident.cause, incident.response) == ("usual:opt_outs", "hold_rule")
        await keep_history(shop.workspace)
        history = await shop.fetch("SELECT delivered, opted_out FROM deliver.rate_history")
        assert history == [(30, 6)]
        # Whoever lets the rule go on at the rule has answered its incident.
        await resume_rule(shop.workspace, "winback", why="a known group")
        await look_after(shop.workspace)
        assert await open_incidents(shop.workspace) == []
        shop.later(minutes=1)
        assert await check_rates(shop.workspace) == []


async def test_people_who_block_the_number_count_apart_from_other_failures(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        people = await crowd(shop, 14)
        await shop.launch(moment_rule(), people)
        for place, person in enumerate(people):
            await shop.status(person, "failed", code=131026 if place < 10 else 131047)
        counted = await shop.fetch("SELECT sum(failed)::int, sum(blocked)::int FROM deliver.tally")
        assert counted == [(14, 10)]
        found = await check_rates(shop.workspace)
        assert ("blocks", 10, 14) in {(one.measure, one.bad, one.total) for one in found}


async def stopped(workspace: Workspace) -> bool:
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection, "SELECT 1 FROM gate.stop WHERE scope = 'all' AND resumed_at IS NULL"
        )
    return bool(rows)


CORRUPTIONS = {
    "permit_without_consent": """
        UPDATE gate.permit AS p SET consent_id = other.consent_id FROM profile.consent AS other
        WHERE other.status = 'withdrawn'""",
    "permit_despite_stop": """
        INSERT INTO profile.suppression
            (suppression_index, contact_id, scope, action, cause, occurred_at, recorded_at)
        SELECT decode(repeat('0', 32), 'hex'), contact_id, 'marketing', 'stop', 'stop_word',
            granted_at - interval '1 minute', granted_at - interval '1 minute' FROM gate.permit LIMIT 1""",
    "accepted_twice": """
        INSERT INTO deliver.attempt (intent_at, message_id, contact_id, permit_id, opaque_id, fence, state,
            sealed_request, finished_at)
        SELECT intent_at, message_id, contact_id, permit_id, decode(repeat('1', 32), 'hex'), fence, 'accepted',
            sealed_request, finished_at FROM deliver.attempt LIMIT 1""",
    "accepted_without_permit": "UPDATE gate.permit SET released_at = granted_at",
}


@pytest.mark.parametrize("invariant", CORRUPTIONS)
async def test_a_broken_promise_stops_everything_with_an_incident(
    promises_are_broken_on_purpose: None, workspace: Workspace, invariant: str
) -> None:
    run = await ready(workspace, 3)
    await run_sender(workspace, stop_event=asyncio.Event(), until_idle=True)
    guard = Guard(workspace)
    assert await guard.look() == []
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO profile.consent (contact_id, purpose, status, occurred_at, method, wording_version,"
            " effective_at, source, recorded_at) SELECT contact_id, purpose, 'withdrawn', occurred_at, method,"
            " wording_version, effective_at, source, recorded_at FROM profile.consent LIMIT 1"
        )
        await connection.execute(CORRUPTIONS[invariant])
    (number,) = await guard.look()
    assert await stopped(workspace)
    (incident,) = await open_incidents(workspace)
    assert (incident.incident_id, incident.cause, incident.response) == (
        number,
        f"broken:{invariant}",
        "stop_all",
    )
    # Known already; nobody resumes it by mistake, and whoever does on purpose is not stopped again by the same rows.
    assert await guard.look() == []
    with pytest.raises(CauseStandsError, match=invariant):
        await resume_incident(workspace, number, because="enough")
    await resume_incident(workspace, number, because="the row is a test's", is_forced=True)
    assert await guard.look() == []
    assert not await stopped(workspace)
    assert len(run.contact_ids) == 3


WORDS = """
    INSERT INTO profile.suppression (suppression_index, contact_id, scope, action, cause, occurred_at, recorded_at)
    SELECT decode(md5(%s), 'hex'), %s, 'marketing', said.action, 'stop_word', said.at, said.at
    FROM (VALUES ('stop', %s::timestamptz), ('resume', %s::timestamptz)) AS said (action, at)"""


async def test_what_the_decision_read_tells_whether_a_person_had_come_back(
    promises_are_broken_on_purpose: None, workspace: Workspace
) -> None:
    run = await ready(workspace, 2)
    back_before, back_after = run.contact_ids
    guard, minute = Guard(workspace), timedelta(minutes=1)
    stopped_at = workspace.clock.now() - minute
    # The host that took the word has a clock ahead of the sender's.
    async with workspace.database.transaction() as connection:
        await connection.execute(WORDS, ("one", back_before, stopped_at, workspace.clock.now() + minute))
    await run_sender(workspace, stop_event=asyncio.Event(), until_idle=True)
    async with workspace.database.connection() as connection:
        permits = dict(
            await fetch_all(
                connection, "SELECT contact_id, permit_id FROM gate.permit WHERE released_at IS NULL"
            )
        )
    assert set(permits) == {back_before, back_after}
    assert await guard.look() == []
    assert await open_incidents(workspace) == []
    assert await asyncio.to_thread(_broken, workspace.database.conninfo) == {}
    # What is committed after the permit excuses nothing, whatever its clock says.
    async with workspace.database.transaction() as connection:
        resumed_at = stopped_at + minute / 2
        await connection.execute(WORDS, ("two", back_after, stopped_at, resumed_at))
    (number,) = await guard.look()
    (incident,) = await open_incidents(workspace)
    assert (incident.incident_id, incident.cause) == (number, "broken:permit_despite_stop")
    assert incident.facts["found"] == [f"permit:{permits[back_after]}"]
    assert await asyncio.to_thread(_broken, workspace.database.conninfo) == {"P5 permit after an opt-out": 1}


def _broken(conninfo: str) -> dict[str, int]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return broken_promises(connection)


async def test_a_seal_that_does_not_open_stops_everything_while_it_sends(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await ready(workspace, 40)
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE profile.identity SET sealed_value = set_byte(sealed_value, 20, 255 - get_byte(sealed_value, 20))"
            " WHERE contact_id = %s",
            (run.contact_ids[0],),
        )
    stop_event = asyncio.Event()
    sending = asyncio.create_task(run_sender(workspace, stop_event=stop_event))
    async with asyncio.timeout(LIMIT_SECONDS):
        await until(lambda: stopped(workspace))
        stop_event.set()
        await sending
    (incident,) = await open_incidents(workspace)
    assert incident.cause == "broken:seal_broken"
    assert str(incident.facts["found"]).startswith("['profile.identity")


class _Slow(Database):
    """A database whose connections hang from some moment on, as where its disk does not answer."""

    hangs: bool = False

    def connection(self) -> Any:
        if self.hangs:
            return _Hanging()
        return super().connection()


class _Hanging:
    async def __aenter__(self) -> None:
        await asyncio.Event().wait()

    async def __aexit__(self, *_: object) -> None:
        return


async def test_a_database_that_hangs_lets_nothing_through_after_a_second(
    workspace: Workspace, database_url: str
) -> None:
    await ready(workspace)
    number, seconds = BusinessNumberId("100000000000001"), [0.0]
    slow = await _Slow(database_url, pool_size=2).open()
    try:
        watch = StopWatch(slow, lambda: seconds[0], workspace.clock)
        await watch.read()
        assert not watch.stops_number(number)
        slow.hangs = True
        reading = asyncio.create_task(watch.read())
        seconds[0] = 0.99
        assert not watch.stops_number(number)
        seconds[0] = 1.01
        assert watch.stops_number(number)
        reading.cancel()
    finally:
        slow.hangs = False
        await slow.close()


def _opaque(exchange: Exchange) -> bytes:
    return base64.urlsafe_b64decode(exchange.opaque + "==")
