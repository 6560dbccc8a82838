"""What error codes make rest, from the failed status to the gate and back."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tests.graph_stub import GraphStub
from tests.integration.deliver.test_statuses import sent, tell
from tests.sending import NUMBER, START, Launched, launch, prepare_number, prepare_people

from rulecast.account.facts import list_holds
from rulecast.collect.webhook_facts import StatusFact
from rulecast.conversation import Heard, open_windows
from rulecast.database import execute, fetch_all, fetch_value
from rulecast.gate.incidents import list_incidents
from rulecast.wiring.report import make_report
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

AT = START + timedelta(minutes=5)


async def fail(
    workspace: Workspace, graph: GraphStub, code: int, *, position: int = 0, at: datetime = AT
) -> None:
    fact = StatusFact(
        wamid=f"wamid.{graph.asked[position]}",
        status="failed",
        occurred_at=at,
        business_number_id=NUMBER,
        error_code=code,
    )
    await tell(workspace, MessageFacts.of(workspace), [fact])


async def again(workspace: Workspace, run: Launched, name: str) -> str:
    """Send the same people another rule's message and return the reason of the last verdict.

    What is put off for longer than its time expires.
    """
    soon = workspace.clock.now() + timedelta(seconds=30)
    async with workspace.database.transaction() as connection:
        second = await launch(workspace, connection, run.contact_ids, name=name, send_until=soon)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    async with workspace.database.connection() as connection:
        found: Any = await fetch_value(
            connection,
            "SELECT verdict.reason FROM gate.verdict AS verdict JOIN deliver.message USING (message_id)"
            " WHERE run_id = %(run_id)s ORDER BY decided_at DESC LIMIT 1",
            {"run_id": second.run_id},
        )
    return str(found)


async def test_marketing_rests_after_131049_and_an_unreachable_person_until_they_write(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await sent(workspace, 1)
    # Told twice, counted once.
    await fail(workspace, graph, 131049)
    await fail(workspace, graph, 131049)
    async with workspace.database.connection() as connection:
        (rest,) = await fetch_all(connection, "SELECT kind, failed_at, rests_until FROM gate.rest")
    assert rest == ("marketing", [AT], AT + timedelta(hours=24))
    assert await again(workspace, run, "second") == "marketing_rests"
    for minutes in (6, 7, 8):
        await fail(workspace, graph, 131026, at=START + timedelta(minutes=minutes))
    assert await again(workspace, run, "third") == "undeliverable"
    heard = Heard(
        business_number_id=NUMBER,
        contact_id=run.contact_ids[0],
        occurred_at=START + timedelta(minutes=9),
        wamid="wamid.in",
    )
    async with workspace.database.transaction() as connection:
        await open_windows(connection, workspace.vault, [heard])
    # Marketing still rests; what the person wrote ended the other rest.
    assert await again(workspace, run, "fourth") == "marketing_rests"


async def test_a_country_and_the_utility_of_an_account_are_held_with_an_incident(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await sent(workspace, 1)
    await fail(workspace, graph, 130497)
    await fail(workspace, graph, 131064, at=AT + timedelta(seconds=1))
    async with workspace.database.connection() as connection:
        holds = {(one.scope, one.kind, one.cause) for one in await list_holds(connection, AT)}
        incidents = {(one.scope, one.cause) for one in await list_incidents(connection)}
    assert holds == {("country", "all", "code:130497"), ("waba", "utility", "code:131064")}
    assert {("country", "code:130497"), ("waba", "code:131064")} <= incidents
    assert await again(workspace, run, "second") == "account_held"


async def test_an_answer_in_the_service_window_takes_none_of_the_people_of_a_day(
    workspace: Workspace, graph: GraphStub, promises_are_broken_on_purpose: None
) -> None:
    run = await sent(workspace, 2)
    heard = Heard(
        business_number_id=NUMBER,
        contact_id=run.contact_ids[0],
        occurred_at=workspace.clock.now() - timedelta(hours=1),
        wamid="wamid.in",
    )
    async with workspace.database.transaction() as connection:
        await open_windows(connection, workspace.vault, [heard])
        # A pair rests for six seconds, whoever sends next.
        await execute(connection, "UPDATE gate.permit SET granted_at = granted_at - interval '6 seconds'")
    await again(workspace, run, "second")
    async with workspace.database.connection() as connection:
        found = await fetch_all(
            connection,
            "SELECT contact_id, is_in_window FROM gate.permit WHERE rule_name = 'second' ORDER BY contact_id",
        )
    assert found == [(run.contact_ids[0], True), (run.contact_ids[1], False)]


async def test_what_meta_billed_settles_the_estimate_its_budget_and_the_report(
    workspace: Workspace, graph: GraphStub
) -> None:
    async with workspace.database.transaction() as connection:
        await execute(
            connection,
            "INSERT INTO gate.month_budget (rule_name, month, limit_e4, spent_e4)"
            " VALUES ('winback', '2026-11-01', 200000, 165600)",
        )
    run = await sent(workspace, 4)
    async with workspace.database.transaction() as connection:
        await execute(connection, "UPDATE gate.permit SET budget_month = '2026-11-01'")
    book = MessageFacts.of(workspace)
    prices = [
        ("regular", "utility"),
        ("free_entry_point", "referral_conversion"),
        ("regular", "marketing"),
        ("", ""),
    ]
    for opaque, (kind, category) in zip(graph.asked, prices, strict=True):
        for _ in range(2):
            fact = StatusFact(
                wamid=f"wamid.{opaque}",
                status="delivered",
                occurred_at=AT,
                business_number_id=NUMBER,
                pricing_type=kind,
                pricing_category=category,
            )
            await tell(workspace, book, [fact])
    async with workspace.database.connection() as connection:
        billed = await fetch_all(
            connection,
            "SELECT billed_e4 FROM gate.permit JOIN deliver.message USING (message_id) WHERE billed_e4 IS NOT NULL"
            " ORDER BY billed_e4",
        )
        left = await fetch_value(connection, "SELECT spent_e4 FROM gate.month_budget")
    # Utility to Morocco costs 2.3 cents, marketing 4.14; nothing in an entry point. Told twice, charged once.
    assert billed == [(0,), (23_000,)]
    assert left == 165_600 - 41_400 - (41_400 - 23_000)
    report = await make_report(workspace, run_id=int(run.run_id), rule_name=None)
    found = {
        one.billed_as: (one.messages, one.difference_e4, one.is_another_category) for one in report.costs
    }
    assert found == {
        "utility": (1, 23_000 - 41_400, True),
        "free": (1, -41_400, False),
        "marketing": (1, 0, False),
        "untold": (1, 0, False),
    }
    assert report.total.cost_billed_e4 == 41_400 + 23_000


async def test_a_new_template_goes_out_in_growing_batches(workspace: Workspace, graph: GraphStub) -> None:
    async with workspace.database.transaction() as connection:
        await execute(connection, """UPDATE public.workspace SET sending_policy = '{"template_ramp": [2]}'""")
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 5)
        soon = workspace.clock.now() + timedelta(minutes=30)
        await launch(workspace, connection, people, send_until=soon)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    async with workspace.database.connection() as connection:
        found = await fetch_all(
            connection, "SELECT state, reason, count(*) FROM deliver.message GROUP BY 1, 2 ORDER BY 1"
        )
        ramp = await fetch_all(connection, "SELECT batch, granted FROM gate.ramp")
    # The next batch would go in an hour, which is too late for this run.
    assert found == [("accepted", "", 2), ("expired", "template_ramp", 3)]
    assert ramp == [(0, 2)]


async def test_a_failed_status_of_what_went_wrong_at_meta_is_final_and_nothing_rests(
    workspace: Workspace, graph: GraphStub
) -> None:
    """131000 and 131016 as answers leave the message unknown; as statuses they tell that it did not arrive."""
    await sent(workspace, 2)
    for position, code in enumerate((131000, 131016)):
        for _ in range(2):
            await fail(workspace, graph, code, position=position)
    async with workspace.database.connection() as connection:
        failed: Any = await fetch_all(
            connection, "SELECT failed_code FROM deliver.message ORDER BY failed_code"
        )
        counted: Any = await fetch_all(
            connection, "SELECT properties ->> 'code' FROM collect.event WHERE name = 'failed' ORDER BY 1"
        )
        at_rest: Any = await fetch_value(
            connection,
            "SELECT (SELECT count(*) FROM gate.rest) + (SELECT count(*) FROM account.hold)"
            " + (SELECT count(*) FROM gate.stop) + (SELECT count(*) FROM profile.suppression)",
        )
    assert failed == [(131000,), (131016,)]
    assert counted == [("131000",), ("131016",)]
    assert at_rest == 0
    # Marketing is never sent a second time for it, whatever the sender does next.
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    assert len(graph.asked) == len(failed)
