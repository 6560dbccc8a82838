"""The checks that follow every test that sends: each of them can fail."""

import asyncio

import psycopg
import pytest
from tests.graph_stub import GraphStub
from tests.sending import launch, prepare_number, prepare_people

from ledger_check.promises import broken_promises
from rulecast.wiring.sender import run_sender
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


async def test_each_broken_promise_is_found(
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


class _DoneError(Exception):
    """Rolls a violation back."""
