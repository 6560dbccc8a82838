"""The audit in PostgreSQL is linked by one at a time, anchored in the home, and tells who changed it (F105)."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest

from rulecast.cli.app import run_command
from rulecast.config import Settings
from rulecast.observe.append_audit import append_audit
from rulecast.values.clock import ManualClock
from rulecast.wiring.audit_trail import (
    ANCHOR_DIRECTORY,
    ANCHOR_FILE,
    anchor_audit,
    chain_audit,
    examine_audit,
)
from rulecast.wiring.workspace import Workspace, open_workspace

DETAILS = {"count": 3, "share": 0.1, "why": "Ça va, 你好", "nested": {"b": [1, None, True], "a": "x"}}


async def act(workspace: Workspace, count: int) -> None:
    for number in range(count):
        async with workspace.database.transaction() as connection:
            await append_audit(
                connection,
                actor="Asha",
                action="looked",
                subject=f"contact {number}",
                details=DETAILS,
                now=workspace.clock.now(),
            )


def tamper(settings: Settings, *statements: str) -> None:
    """Do what only somebody with the whole server can."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for one in statements:
            connection.execute(one.encode())


async def test_whoever_changes_the_audit_behind_its_back_is_found_f105(
    settings: Settings, clock: ManualClock
) -> None:
    home = settings.home / ANCHOR_DIRECTORY / ANCHOR_FILE
    async with open_workspace(settings, actor="Omar", clock=clock) as workspace:
        await act(workspace, 12)
        # A transaction that took its number early and commits late is linked late, and nothing is forked.
        async with workspace.database.transaction() as late:
            await append_audit(
                late, actor="Deepa", action="late", subject="x", details={}, now=workspace.clock.now()
            )
            await act(workspace, 3)
            await asyncio.gather(*(chain_audit(workspace) for _ in range(4)))
        await anchor_audit(workspace)
        state = await examine_audit(workspace)
        assert (state.rows, state.anchors, state.unlinked, state.faults) == (16, 1, 0, ())
        assert oct(home.stat().st_mode & 0o777) == "0o600"
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with workspace.database.transaction() as connection:
                await connection.execute(b"UPDATE observe.audit_link SET position = position + 100")

        async def faults_after(*statements: str) -> list[str]:
            tamper(settings, *statements)
            return [one.what for one in (await examine_audit(workspace)).faults]

        found = await faults_after("UPDATE observe.audit SET actor = 'Bilal' WHERE audit_id = 5")
        assert found == ["the row was changed"]
        assert await faults_after("UPDATE observe.audit SET actor = 'Asha' WHERE audit_id = 5") == []
        found = await faults_after("DELETE FROM observe.audit WHERE audit_id = 7")
        assert found == ["the row is gone"]
        # The tail is cut, rows and links: only what stands outside the database knows.
        found = await faults_after(
            "DELETE FROM observe.audit_link WHERE position > 14",
            "DELETE FROM observe.audit WHERE audit_id NOT IN (SELECT audit_id FROM observe.audit_link)",
        )
        assert found == ["the row is gone", "the chain was cut before an anchor"]
        home.write_text(home.read_text().replace('"position": 16', '"position": 14'))
        assert "an anchor of this home was changed" in await faults_after()


def test_the_command_reads_the_whole_audit_f105(
    environment: dict[str, str], settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def begin() -> None:
        async with open_workspace(settings, actor="Omar") as workspace:
            await act(workspace, 2)

    asyncio.run(begin())
    assert run_command(["audit", "verify", "--json"], environment) == 0
    answer = json.loads(capfd.readouterr().out)
    assert (answer["rows"], answer["faults"]) == (2, [])
    tamper(settings, "UPDATE observe.audit SET subject = 'nobody'")
    assert run_command(["audit", "verify"], environment) == 1
    assert "place 1: the row was changed" in capfd.readouterr().out
