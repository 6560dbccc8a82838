"""Replayed migrations and the checked-in schema lead to the same database; migrating is safe to repeat."""

import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import psycopg
import pytest
from tests.database import SOURCE, cloned_database, empty_database

from rulecast.database.errors import DatabaseNewerError, MigrationFailedError
from rulecast.database.locks import key_of
from rulecast.database.migrate import (
    KEYS_DIRECTORY,
    MAIN_DIRECTORY,
    MIGRATION_LOCK,
    migrate_keys,
    migrate_main,
    migration_names,
)
from rulecast.database.migration_record import apply_in_order
from rulecast.database.snapshot import HEADING, SCHEMA_FILES, dump_schema

FILE_NAME = re.compile(r"[0-9]{4}\.[a-z][a-z0-9_]*")
BOTH = list(zip((MAIN_DIRECTORY, KEYS_DIRECTORY), SCHEMA_FILES, strict=True))


@cache
def replayed(directory: str) -> tuple[int, str]:
    """Return the version of the server and the schema that all migrations lead to."""
    with cloned_database(directory) as conninfo, psycopg.connect(conninfo) as connection:
        return connection.info.server_version, dump_schema(conninfo)


@pytest.mark.parametrize(("directory", "file"), BOTH)
def test_both_roads_lead_to_the_same_schema(directory: str, file: str) -> None:
    written = (SOURCE / file).read_text(encoding="utf-8")
    _, by_migrations = replayed(directory)
    with empty_database() as loaded:
        with psycopg.connect(loaded, autocommit=True) as connection:
            connection.execute(f"SET check_function_bodies = off;\n{written}".encode())
        by_file = dump_schema(loaded)
    assert by_file == by_migrations, f"{file} is not current: run python -m rulecast.database.snapshot"


@pytest.mark.parametrize(("directory", "file"), BOTH)
def test_the_schema_file_is_what_the_generator_writes(directory: str, file: str) -> None:
    server_version, by_migrations = replayed(directory)
    if server_version < 180000:
        # Older servers write constraints in another form; the other test compares the roads there.
        return
    assert (SOURCE / file).read_text(encoding="utf-8") == HEADING + by_migrations, (
        f"{file} is not current: run python -m rulecast.database.snapshot"
    )


@pytest.mark.parametrize("directory", [MAIN_DIRECTORY, KEYS_DIRECTORY])
def test_migrations_are_numbered_once_and_named_in_one_shape(directory: str) -> None:
    names = migration_names(directory)
    assert [name for name in names if not FILE_NAME.fullmatch(name)] == []
    numbers = [name.partition(".")[0] for name in names]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("directory", "migrate"), [(MAIN_DIRECTORY, migrate_main), (KEYS_DIRECTORY, migrate_keys)]
)
def test_two_migrators_at_once_apply_each_migration_once_and_the_next_one_nothing_f85(
    directory: str, migrate: Callable[[str], tuple[str, ...]]
) -> None:
    together = threading.Barrier(2)

    def migrate_together(conninfo: str) -> tuple[str, ...]:
        together.wait(60)
        return migrate(conninfo)

    with empty_database() as conninfo, ThreadPoolExecutor(2) as pool:
        first, second = pool.map(migrate_together, [conninfo, conninfo])
        assert migrate(conninfo) == ()
    assert sorted([first, second], key=len) == [(), migration_names(directory)]


def test_a_migrator_waits_for_the_one_before_f85() -> None:
    with empty_database() as conninfo, ThreadPoolExecutor(1) as pool:
        with psycopg.connect(conninfo, autocommit=True) as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", (key_of(MIGRATION_LOCK),))
            waiting = pool.submit(migrate_keys, conninfo)
            while not holder.execute(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            ).fetchone():
                assert not waiting.done()
            assert holder.execute("SELECT to_regclass('public.contact_key')").fetchone() == (None,)
        assert waiting.result(60) == migration_names(KEYS_DIRECTORY)


def test_a_database_of_a_newer_release_is_refused() -> None:
    with cloned_database(KEYS_DIRECTORY) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999.from_the_future')"
            )
        with pytest.raises(DatabaseNewerError, match=r"9999\.from_the_future"):
            migrate_keys(conninfo)


def test_a_failing_migration_leaves_those_before_it_and_nothing_of_itself(tmp_path: Path) -> None:
    shutil.copy(SOURCE / KEYS_DIRECTORY / "0001.keys.sql", tmp_path)
    (tmp_path / "0002.broken.sql").write_text(
        "CREATE TABLE half (a integer);\nSELECT 1 / 0;\n", encoding="utf-8"
    )
    with empty_database() as conninfo:
        with pytest.raises(psycopg.errors.DivisionByZero):
            apply_in_order(conninfo, tmp_path)
        with psycopg.connect(conninfo) as connection:
            found = connection.execute(
                "SELECT to_regclass('half'), to_regclass('contact_key') IS NOT NULL"
            ).fetchone()
            assert found == (None, True)
            assert connection.execute("SELECT migration_id FROM _yoyo_migration").fetchall() == [
                ("0001.keys",)
            ]


def test_a_migration_gives_up_rather_than_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LOCK_LIMIT", "50ms"), ("LOCK_TRIES", 2), ("LOCK_PAUSE_SECONDS", 0.01)):
        monkeypatch.setattr(f"rulecast.database.migrate.{name}", value)
    with empty_database() as conninfo, psycopg.connect(conninfo) as holder:
        # Uncommitted: whoever wants the same name must wait for this transaction.
        holder.execute("CREATE TABLE contact_key (a integer)")
        with pytest.raises(MigrationFailedError, match=r"0001\.keys: .*lock timeout"):
            migrate_keys(conninfo)
