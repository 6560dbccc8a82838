"""The checks that follow every test that sends: each of them can fail."""

import asyncio

import psycopg
import pytest
from tests.canaries import kinds_in, leaks_in_database, leaks_in_files
from tests.graph_stub import GraphStub
from tests.sending import launch, prepare_number, prepare_people

from ledger_check.promises import broken_promises
from rulecast.observe.metrics import render_metrics
from rulecast.wiring.incidents import incident_samples
from rulecast.wiring.opt_outs.review import review_samples
from rulecast.wiring.sender import run_sender
from rulecast.wiring.triggers.figures import trigger_samples
from rulecast.wiring.workspace import Workspace

# What nobody would have written, and the promise it breaks.
VIOLATIONS = {
    "P1 accepted or permitted twice": """
        INSERT INTO deliver.attempt
            (intent_at, message_id, contact_id, permit_id, opaque_id, fence, state, sealed_request)
        SELECT intent_at + interval '1 second', message_id, contact_id, permit_id, decode(md5('x'), 'hex'), fence,
            'accepted', sealed_request
        FROM deliver.attempt LIMIT 1""",
    "P2 state without its attempt or permit": "UPDATE deliver.message SET state = 'cancelled' WHERE message_id ="
    " (SELECT max(message_id) FROM deliver.message)",
    "P4 permit without consent": """
        INSERT INTO profile.consent (contact_id, purpose, status, occurred_at, effective_at, source, recorded_at)
        SELECT contact_id, 'marketing', 'withdrawn', granted_at - interval '1 hour', granted_at - interval '1 hour',
            'agent', granted_at - interval '1 hour'
        FROM gate.permit LIMIT 1""",
    "code of two people": """
        WITH pool AS (INSERT INTO gate.coupon_pool (name, created_at) VALUES ('x', now()) RETURNING pool_id),
        code AS (
            INSERT INTO gate.coupon (pool_id, code_index, sealed_code, imported_at)
            SELECT pool_id, decode(md5('z'), 'hex'), 'x', now() FROM pool RETURNING coupon_id)
        INSERT INTO gate.coupon_use (permit_id, coupon_id, contact_id, message_id, used_at)
        SELECT permit_id, coupon_id, contact_id, message_id, granted_at FROM gate.permit, code LIMIT 2""",
    "P5 permit after an opt-out": """
        INSERT INTO profile.suppression (suppression_index, contact_id, scope, action, cause, occurred_at, recorded_at)
        SELECT decode(md5('y'), 'hex'), contact_id, 'marketing', 'stop', 'stop_word', granted_at - interval '1 hour',
            granted_at - interval '1 hour'
        FROM gate.permit LIMIT 1""",
    "P8 more in a second than a number may": """
        WITH slow AS (UPDATE account.business_number SET throughput_per_second = 3)
        UPDATE deliver.attempt SET intent_at = (SELECT min(intent_at) FROM deliver.attempt),
            finished_at = (SELECT min(intent_at) FROM deliver.attempt)""",
    "P8 a pair without its rest": """
        UPDATE deliver.attempt SET contact_id = (SELECT min(contact_id) FROM deliver.attempt),
            intent_at = (SELECT min(intent_at) FROM deliver.attempt), finished_at = intent_at + interval '2 seconds'
        WHERE attempt_id IN (SELECT attempt_id FROM deliver.attempt ORDER BY attempt_id LIMIT 2)""",
    "P8 more people in a day than a portfolio may": "UPDATE account.portfolio SET people_per_day_max = 3",
    "P9 permit over a cap": "UPDATE public.workspace SET sending_policy ="
    """ '{"marketing_caps": [{"count": 0, "per_hours": 24}]}'""",
    "P9 permit in a person's own quiet hours": """
        INSERT INTO profile.change (contact_id, kind, payload, valid_from, recorded_at)
        SELECT contact_id, 'attributes', '{"quiet_from": "00:00", "quiet_until": "23:59"}',
            granted_at - interval '1 hour', granted_at - interval '1 hour'
        FROM gate.permit LIMIT 1""",
    "P9 permit in quiet hours": "UPDATE public.workspace SET sending_policy ="
    """ '{"quiet_hours": {"start": "18:00", "end": "21:00"}}'""",
}

# A value of a person where it does not belong, and the column in which it is found.
LEAKS = {
    "deliver.run: launched_by": "UPDATE deliver.run SET launched_by = '+212612000001'",
    "deliver.message: sealed_wamid": "UPDATE deliver.message SET sealed_wamid = 'wamid.HBgLMjEyNjEyMzQ1Njc4'",
    "plan.plan: document": """UPDATE plan.plan SET document = '{"sample": "Bonjour Asha 3"}'""",
    "gate.stop: reason": "INSERT INTO gate.stop (scope, reason, stopped_by, stopped_at)"
    " VALUES ('all', 'MA.13491208655302741918 wrote: mon canari jaune chante', 'x', now())",
}


async def test_each_broken_promise_and_each_leak_is_found_p17(
    workspace: Workspace, graph: GraphStub, database_url: str
) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 4)
        await launch(workspace, connection, people)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    assert len(graph.asked) == 4
    found = await asyncio.to_thread(_break_each, database_url)
    assert found == dict.fromkeys(VIOLATIONS, True)
    assert await asyncio.to_thread(_leak_each, database_url) == {name: [name] for name in LEAKS}
    figures = [
        *await incident_samples(workspace),
        *await review_samples(workspace),
        *await trigger_samples(workspace),
    ]
    assert kinds_in(render_metrics(figures)) == {}
    assert leaks_in_files(workspace.settings.home) == []


def _break_each(conninfo: str) -> dict[str, bool]:
    found = {}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        assert broken_promises(connection) == {}
        for name, violation in VIOLATIONS.items():
            with pytest.raises(_DoneError), connection.transaction():
                connection.execute(violation.encode())
                found[name] = broken_promises(connection).get(name, 0) > 0
                raise _DoneError
        assert broken_promises(connection) == {}
    return found


def _leak_each(conninfo: str) -> dict[str, list[str]]:
    found = {}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for name, leak in LEAKS.items():
            with pytest.raises(_DoneError), connection.transaction():
                connection.execute(leak.encode())
                found[name] = leaks_in_database(connection)
                raise _DoneError
    return found


class _DoneError(Exception):
    """Rolls a violation back."""
