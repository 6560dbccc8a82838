from dataclasses import replace

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.integration.receiver.conftest import make_known
from tests.integration.receiver.serving import preference, running, text_message
from tests.integration.receiver.test_opt_out import stopped
from tests.people import ASHA, BILAL, CHITRA

from rulecast.config import Settings
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.workspace import open_workspace


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


def _copy_database(url: str, name: str) -> None:
    source = conninfo_to_dict(url)["dbname"]
    assert isinstance(source, str)
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
