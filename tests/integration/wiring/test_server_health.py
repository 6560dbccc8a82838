"""The doctor sees a server that cannot go on, and asks for backups that were restored (F73, F100)."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import START
from tests.sending import prepare_people, running_clock

from rulecast.cli.app import run_command
from rulecast.config import Settings
from rulecast.database.dump import KEYS_FILE, write_dump
from rulecast.database.errors import DumpFailedError
from rulecast.deliver.stop_watch import wall_seconds
from rulecast.wiring.finding import Health
from rulecast.wiring.prove_backup import BackupUnprovenError, prove_backup
from rulecast.wiring.server_health import (
    ServerHealth,
    judge_backup,
    judge_server,
    look_at_backups,
    look_at_clocks,
    look_at_server,
)
from rulecast.wiring.workspace import open_workspace

QUIET = ServerHealth(
    transaction_age=1000,
    multixact_age=1,
    open_seconds=0.1,
    prepared_seconds=0.0,
    worst_table="deliver.message",
    dead_rows=900_000,
    live_rows=10,
)


@pytest.mark.parametrize(
    ("change", "health", "word"),
    [
        ({}, Health.GOOD, "keeps up"),
        ({"transaction_age": 600_000_000}, Health.NOTE, "600 million"),
        ({"transaction_age": 1_100_000_000}, Health.PROBLEM, "1100 million"),
        ({"multixact_age": 1_100_000_000}, Health.PROBLEM, "1100 million"),
        ({"open_seconds": 400.0}, Health.NOTE, "7 minutes"),
        ({"open_seconds": 7200.0}, Health.PROBLEM, "2.0 hours"),
        ({"prepared_seconds": 7200.0}, Health.PROBLEM, "2.0 hours"),
        (
            {"dead_rows": 50_000_000, "live_rows": 49_000_000},
            Health.PROBLEM,
            "deliver.message has 50,000,000",
        ),
        ({"dead_rows": 50_000_000, "live_rows": 100_000_000}, Health.GOOD, "keeps up"),
    ],
)
def test_a_server_that_cannot_go_on_is_seen_before_it_stops_f73(
    change: dict[str, float], health: Health, word: str
) -> None:
    found = judge_server(replace(QUIET, **change))  # type: ignore[arg-type]  # figures of either kind
    assert found.health is health
    assert word in found.what


@pytest.mark.parametrize(("days", "health"), [(None, Health.PROBLEM), (7, Health.GOOD), (9, Health.PROBLEM)])
def test_a_backup_is_proved_every_week_f100(days: int | None, health: Health) -> None:
    proved_at = None if days is None else START - timedelta(days=days)
    assert judge_backup(proved_at, START).health is health


async def test_the_doctor_sees_clocks_that_differ_f62(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_workspace(settings, actor="Omar", clock=running_clock()) as workspace:
        assert (await look_at_clocks(workspace)).health is Health.GOOD
        monkeypatch.setattr("rulecast.wiring.server_health.wall_seconds", lambda: wall_seconds() - 90)
        found = await look_at_clocks(workspace)
    assert found.health is Health.PROBLEM
    assert found.what.startswith("the database's is +")


async def test_a_backup_counts_once_it_was_restored_and_opened_f100(
    settings: Settings, tmp_path: Path
) -> None:
    assert settings.database_url is not None
    assert settings.keys_database_url is not None
    good, broken = tmp_path / "good", tmp_path / "broken"
    async with open_workspace(settings, actor="Omar", clock=running_clock()) as workspace:
        async with workspace.database.transaction() as connection:
            await prepare_people(workspace, connection, 3)
        # What PostgreSQL says is read as it is said.
        assert (await look_at_server(workspace)).health is Health.GOOD
        await asyncio.to_thread(write_dump, settings.database_url, settings.keys_database_url, good)
        shutil.copytree(good, broken)
        (broken / KEYS_FILE).unlink()
        with pytest.raises(DumpFailedError):
            await prove_backup(workspace, broken)
        # Keys of a time before the people came.
        keys = (good / KEYS_FILE).read_text(encoding="utf-8")
        start = keys.index("COPY public.contact_key")
        end = keys.index("\\.", start)
        (broken / KEYS_FILE).write_text(keys[: keys.index("\n", start) + 1] + keys[end:], encoding="utf-8")
        with pytest.raises(BackupUnprovenError):
            await prove_backup(workspace, broken)
        assert (await look_at_backups(workspace)).health is Health.PROBLEM
        proof = await prove_backup(workspace, good)
        assert (proof.contacts, proof.opened, proof.messages) == (3, 3, 0)
        assert (await look_at_backups(workspace)).health is Health.GOOD
    with psycopg.connect(settings.database_url) as connection:
        name = conninfo_to_dict(settings.database_url)["dbname"]
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{name}%_proof",)
        )
        assert left.fetchall() == []


def test_the_command_proves_a_backup_and_says_what_it_holds_f100(
    environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["restore", "prove", str(tmp_path)], environment) == 2
    assert "RC-DATABASE-" in capfd.readouterr().err
