import asyncio
import json
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.integration.receiver.conftest import make_known
from tests.integration.receiver.serving import NoMessages, preference, running, text_message
from tests.integration.receiver.test_opt_out import journal, stopped
from tests.people import ASHA, BILAL, CHITRA
from tests.sending import prepare_number

from rulecast.__main__ import run_sender_role
from rulecast.cli.app import run_command
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.config import Settings, load_settings
from rulecast.database import fetch_value
from rulecast.profile.suppression import JournalEntry, SuppressionAction, SuppressionCause
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.roles import Post
from rulecast.wiring.webhook_group import WebhookPost
from rulecast.wiring.webhooks import WebhookDoor
from rulecast.wiring.workspace import Workspace, open_workspace


async def test_stops_since_a_backup_hold_after_it_is_restored_f99_p6(
    receiver_settings: Settings, clock: ManualClock
) -> None:
    url = receiver_settings.database_url
    assert url is not None
    backup = f"{conninfo_to_dict(url)['dbname']}_backup"
    async with open_workspace(receiver_settings, actor="tester", clock=clock) as workspace:
        asha = await make_known(workspace, ASHA)
        bilal = await make_known(workspace, BILAL)
    _copy_database(url, backup)
    at = clock.now().timestamp()
    async with (
        open_workspace(receiver_settings, actor="tester", clock=clock) as workspace,
        running(build_receiver(workspace)) as receiver,
    ):
        await receiver.post(text_message(ASHA.phone, "stop", at))
        await receiver.post(text_message(CHITRA.phone, "stop", at, wamid="wamid.of_a_stranger"))
        await receiver.post(preference(BILAL.phone, "stop", at - 20))
        await receiver.post(preference(BILAL.phone, "resume", at - 10))
        assert await replay_journal(workspace) == 0
    restored = replace(receiver_settings, database_url=make_conninfo(url, dbname=backup))
    try:
        async with open_workspace(restored, actor="tester", clock=clock) as workspace:
            assert await stopped(workspace, asha.contact_id) == []
            assert await replay_journal(workspace) == 4
            assert await replay_journal(workspace) == 0
            assert await stopped(workspace, asha.contact_id) == [("marketing", "stop_word")]
            assert await stopped(workspace, bilal.contact_id) == []
            chitra = await make_known(workspace, CHITRA)
            assert await stopped(workspace, chitra.contact_id) == [("marketing", "stop_word")]
    finally:
        with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(backup)))


@pytest.mark.parametrize("door", ["command", "role"])
def test_whoever_sends_says_to_the_database_first_what_the_journal_knows_p6(
    environment: dict[str, str], door: str
) -> None:
    """The journal of another life of the database holds one stop; nobody runs `serve`."""

    async def prepare() -> None:
        async with open_workspace(load_settings(environment), actor="tester") as workspace:
            async with workspace.database.transaction() as connection:
                await prepare_number(connection)
            entry = JournalEntry(
                suppression_index=workspace.vault.suppression_index("phone", ASHA.phone),
                scope="marketing",
                action=SuppressionAction.STOP,
                cause=SuppressionCause.STOP_WORD,
                occurred_at=workspace.clock.now(),
            )
            await open_journal(workspace).append([entry])

    async def run_role() -> None:
        async with open_workspace(load_settings(environment), actor="tester") as workspace:
            post = Post(workspace=workspace, stop=asyncio.Event())
            post.stop.set()
            await run_sender_role(post)

    async def stops() -> int:
        async with (
            open_workspace(load_settings(environment), actor="tester") as workspace,
            workspace.database.connection() as connection,
        ):
            return int(await fetch_value(connection, "SELECT count(*) FROM profile.current_suppression"))

    asyncio.run(prepare())
    if door == "command":
        assert run_command(["send", "--until-done"], environment) == 0
    else:
        asyncio.run(run_role())
    assert asyncio.run(stops()) == 1


async def test_a_death_between_journal_and_commit_keeps_stops_and_lifts_nothing_p6(
    workspace: Workspace, clock: ManualClock
) -> None:
    """The journal is flushed, the transaction is not: whoever replays the journal makes nobody reachable."""
    asha, bilal = [await make_known(workspace, one) for one in (ASHA, BILAL)]
    at = clock.now().timestamp()
    safe, dying = [
        WebhookDoor(
            workspace,
            book=NoMessages(),
            journal=open_journal(workspace),
            failpoints=Failpoints({point: die}),
        )
        for point in (Failpoint.BEFORE_INTENT_COMMIT, Failpoint.AFTER_JOURNAL_APPEND)
    ]
    await apply(safe, clock, preference(ASHA.phone, "stop", at - 30))
    assert await stopped(workspace, asha.contact_id) == [("marketing", "user_preferences")]
    for words in (preference(ASHA.phone, "resume", at - 20), preference(BILAL.phone, "stop", at - 20)):
        with pytest.raises(DyingError):
            await apply(dying, clock, words)
    assert await stopped(workspace, bilal.contact_id) == []
    assert await replay_journal(workspace) == 1
    assert await stopped(workspace, asha.contact_id) == [("marketing", "user_preferences")]
    assert await stopped(workspace, bilal.contact_id) == [("marketing", "user_preferences")]
    # Meta repeats what nobody answered; then the journal knows it as well.
    await apply(safe, clock, preference(ASHA.phone, "resume", at - 20))
    assert await stopped(workspace, asha.contact_id) == []
    words = [one.action for one in journal(workspace)]
    assert words.count(SuppressionAction.RESUME) == 1


class DyingError(Exception):
    """The process dies here."""


async def die(_point: Failpoint) -> None:
    raise DyingError


async def apply(door: WebhookDoor, clock: ManualClock, body: object) -> None:
    raw = json.dumps(body).encode()
    await door.apply([WebhookPost(body=raw, parsed=parse_webhook(raw), received_at=clock.now())])


def _copy_database(url: str, name: str) -> None:
    source = conninfo_to_dict(url)["dbname"]
    assert isinstance(source, str)
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
