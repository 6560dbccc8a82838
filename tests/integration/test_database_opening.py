"""Reaching PostgreSQL by URL: what is created, what is refused, and what the refusal says."""

import asyncio
import os
import select
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.database import cloned_database, server_conninfo

from rulecast.config import Settings
from rulecast.database import Databases, execute, fetch_value, open_databases
from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.database.errors import (
    DatabaseBehindStandbyError,
    DatabaseSettingsError,
    DatabaseTooOldError,
    DatabaseUnreachableError,
)
from rulecast.database.opening import keys_beside, prepare_databases, refuse_unfit


@pytest.fixture
def fresh_url() -> Iterator[str]:
    """An address whose two databases do not exist yet."""
    name = f"rulecast_test_opening_{threading.get_native_id()}"
    yield make_conninfo(server_conninfo(), dbname=name)
    with psycopg.connect(server_conninfo(), autocommit=True) as connection:
        for one in (name, f"{name}_keys"):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(one)))


@pytest.fixture
async def databases(fresh_url: str, tmp_path: Path) -> AsyncIterator[Databases]:
    opened = await open_databases(Settings(home=tmp_path, database_url=fresh_url))
    yield opened
    await opened.close()


async def test_missing_databases_are_created_and_migrated(databases: Databases) -> None:
    async with databases.main.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM public.workspace") == 0
        assert await fetch_value(connection, "SELECT to_regclass('jobs.procrastinate_jobs') IS NOT NULL")
    async with databases.keys.connection() as connection:
        assert str(await fetch_value(connection, "SELECT current_database()")).endswith("_keys")
    assert databases.embedded is None


async def test_without_a_url_the_embedded_server_is_used(tmp_path: Path) -> None:
    databases = await open_databases(Settings(home=tmp_path / "home"))
    async with databases.main.connection() as connection:
        assert await fetch_value(connection, "SHOW synchronous_commit") == "on"
        assert await fetch_value(connection, "SHOW fsync") == "on"
    await databases.close()
    assert not (tmp_path / "home" / "postgresql" / "18" / "data" / "postmaster.pid").exists()


async def test_a_server_that_dies_while_in_use_is_started_again_f66(tmp_path: Path) -> None:
    databases = await open_databases(Settings(home=tmp_path / "home"))
    async with databases.main.transaction() as connection:
        await execute(connection, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid_file = tmp_path / "home" / "postgresql" / "18" / "data" / "postmaster.pid"
    process = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
    handle = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    assert (await asyncio.to_thread(select.select, [handle], [], [], 60))[0]
    os.close(handle)
    async with asyncio.timeout(60):
        answer = None
        while answer is None:
            with suppress(psycopg.OperationalError):
                async with databases.main.connection() as connection:
                    answer = await fetch_value(connection, "SELECT answer FROM kept")
    assert answer == 42
    await databases.close()
    assert not pid_file.exists()


def test_two_first_starts_at_once_agree(fresh_url: str) -> None:
    together = threading.Barrier(2)

    def prepare(conninfo: str) -> None:
        together.wait(60)
        prepare_databases(conninfo, keys_beside(conninfo))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(prepare, [fresh_url, fresh_url])) == [None, None]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:///rulecast?host=/nowhere",
        "host=127.0.0.1 port=1 dbname=rulecast user=rulecast password=secret",
    ],
)
async def test_a_server_that_does_not_answer_is_named_without_the_password(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseUnreachableError) as refused:
        await open_databases(Settings(home=tmp_path, database_url=address))
    assert "secret" not in str(refused.value)
    assert refused.value.code == "RC-DATABASE-001"


async def test_an_unreadable_address_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(DatabaseSettingsError) as refused:
        await open_databases(Settings(home=tmp_path, database_url="password=secret nonsense"))
    assert "secret" not in str(refused.value)


def test_a_role_that_may_not_create_gets_told_which_database_is_missing() -> None:
    with psycopg.connect(server_conninfo(), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS rulecast_test_weak")
        connection.execute("CREATE ROLE rulecast_test_weak LOGIN PASSWORD 'weak'")
        weak = make_conninfo(
            server_conninfo(), user="rulecast_test_weak", password="weak", dbname="no_such_database"
        )
        try:
            with pytest.raises(DatabaseSettingsError, match="no_such_database is missing"):
                prepare_databases(weak, keys_beside(weak))
        finally:
            connection.execute("DROP ROLE rulecast_test_weak")


def test_the_keys_database_stands_beside_the_main_one() -> None:
    assert "dbname=shop_keys" in keys_beside("postgresql://someone@example.invalid/shop?sslmode=require")
    assert "sslmode=require" in keys_beside("postgresql://someone@example.invalid/shop?sslmode=require")


def test_servers_before_16_and_other_encodings_are_refused() -> None:
    with pytest.raises(DatabaseTooOldError, match="150012"):
        refuse_unfit(150012, is_standby=False, encoding="UTF8")
    with pytest.raises(DatabaseSettingsError, match="LATIN1"):
        refuse_unfit(160000, is_standby=False, encoding="LATIN1")
    refuse_unfit(160000, is_standby=False, encoding="UTF8")


async def test_a_standby_is_refused_f72(tmp_path: Path) -> None:
    tuning = {**DISPOSABLE, "wal_level": "replica", "max_wal_senders": "2"}
    home = tmp_path / "home"
    first = EmbeddedServer(home, tuning=tuning)
    first.enter()
    first.leave()
    (home / "postgresql" / "18" / "data" / "standby.signal").touch()
    standby = EmbeddedServer(home, tuning=tuning)
    try:
        address = make_conninfo(standby.enter(), dbname="postgres")
        with pytest.raises(DatabaseBehindStandbyError):
            await open_databases(Settings(home=tmp_path, database_url=address))
    finally:
        standby.leave()


async def test_a_failed_start_leaves_no_embedded_server_running(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    broken = replace(settings, keys_database_url="postgresql:///keys?host=/nowhere")
    with pytest.raises(DatabaseUnreachableError):
        await open_databases(broken)
    assert not (tmp_path / "home" / "postgresql" / "18" / "data" / "postmaster.pid").exists()


def test_a_clone_is_private_to_its_test() -> None:
    with cloned_database("migrations_keys") as first, cloned_database("migrations_keys") as second:
        assert first != second
