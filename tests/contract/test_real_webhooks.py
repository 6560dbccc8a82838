"""The 59 published webhook payloads: read without loss, and taken by a running receiver."""

import os
from pathlib import Path

import pytest
from tests.integration.receiver.conftest import receiver_settings, workspace  # noqa: F401 - fixtures
from tests.integration.receiver.serving import running

from rulecast.collect.count_facts import count_facts
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.webhook_bodies import split_body
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.wiring.workspace import Workspace

pytestmark = pytest.mark.real_data

PAYLOADS_COUNT = 59


def payloads() -> list[tuple[str, bytes]]:
    folder = Path(os.environ["RULECAST_TEST_DATA"]) / "webhooks"
    return [
        (path.name, path.read_bytes()) for path in sorted(folder.glob("*.json")) if path.name != "index.json"
    ]


def test_every_part_of_every_payload_is_a_fact() -> None:
    found = payloads()
    assert len(found) == PAYLOADS_COUNT
    for name, body in found:
        updates = split_body(body)
        parsed = parse_webhook(body)
        assert not parsed.is_broken, name
        assert sum(count_facts(parsed).values()) == len(updates), name
        for update in updates:
            assert sum(count_facts(parse_webhook(update)).values()) == 1, name


def test_only_the_part_outside_the_envelope_is_unread() -> None:
    unread = [fact.field for _, body in payloads() for fact in parse_webhook(body).unread]
    # One published payload has a second body beside its entries.
    assert unread == ["envelope/all"]


def test_inbound_payloads_name_their_sender() -> None:
    for name, body in payloads():
        for message in parse_webhook(body).messages:
            assert message.sender_phone or message.sender_bsuid, name


async def test_a_receiver_takes_every_payload_on_the_day_it_was_sent(
    workspace: Workspace,  # noqa: F811 - the fixture imported above
    clock: ManualClock,
) -> None:
    async with running(build_receiver(workspace)) as receiver:
        for name, body in payloads():
            parsed = parse_webhook(body)
            instants = [fact.occurred_at for fact in (*parsed.statuses, *parsed.messages)]
            if instants:
                clock.set(instants[0])
            assert await receiver.post(body) == 200, name
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT state, count(*) FROM collect.inbox GROUP BY state")
        assert await rows.fetchall() == [("applied", PAYLOADS_COUNT)]
        rows = await connection.execute("SELECT count(DISTINCT cause) FROM profile.current_suppression")
        # "Unsubscribe" on a button of Meta's own example.
        assert await rows.fetchone() == (1,)
