"""Bringing a database to this release's schema: plain SQL files in order, each in one transaction.

yoyo-migrations keeps the order and the record. A session advisory lock, which dies with its
process, lets a second migrator wait; yoyo's own lock row would outlive a kill and is not used.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

import procrastinate
import psycopg
from procrastinate.schema import SchemaManager, migrations_path
from psycopg.conninfo import make_conninfo

from rulecast.database.errors import DatabaseNewerError, MigrationFailedError
from rulecast.database.locks import key_of

MIGRATION_LOCK = "rulecast.migrate"
# Whoever asks for a table after a migration waits behind it, every sender too: a short wait, and often again.
LOCK_LIMIT = "1s"
LOCK_TRIES = 30
LOCK_PAUSE_SECONDS = 1.0
STATEMENT_LIMIT = "10min"
MAIN_DIRECTORY = "migrations"
KEYS_DIRECTORY = "migrations_keys"
JOBS_SCHEMA = "jobs"

Connection = psycopg.Connection[tuple[object, ...]]


def migrate_main(conninfo: str) -> tuple[str, ...]:
    """Apply what is missing of the main schema and of the work list's; return the applied names.

    Raises:
        DatabaseNewerError: the database holds a migration this release does not know.
        MigrationFailedError: a migration failed; the ones before it stay applied.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if (
            not _missing(connection, MAIN_DIRECTORY)
            and _jobs_version(connection) == procrastinate.__version__
        ):
            return ()
    with _migrating(conninfo) as connection:
        applied = _apply(connection, conninfo, MAIN_DIRECTORY)
        _apply_jobs(connection)
    return applied


def migrate_keys(conninfo: str) -> tuple[str, ...]:
    """Apply what is missing of the keys schema; return the applied names.

    Raises:
        DatabaseNewerError: the database holds a migration this release does not know.
        MigrationFailedError: a migration failed; the ones before it stay applied.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if not _missing(connection, KEYS_DIRECTORY):
            return ()
    with _migrating(conninfo) as connection:
        return _apply(connection, conninfo, KEYS_DIRECTORY)


def migration_names(directory: str) -> tuple[str, ...]:
    """Return the names of the shipped migrations, in order, without their ending."""
    return tuple(
        sorted(
            one.name.removesuffix(".sql") for one in _folder(directory).iterdir() if one.name.endswith(".sql")
        )
    )


def _folder(directory: str) -> Traversable:
    return files("rulecast.database").joinpath(directory)


@contextmanager
def _migrating(conninfo: str) -> Iterator[Connection]:
    """Hold the migration lock of a database; a second migrator waits here and then finds nothing to do."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (key_of(MIGRATION_LOCK),))
        yield connection


def _missing(connection: Connection, directory: str) -> tuple[str, ...]:
    applied = _applied(connection)
    known = migration_names(directory)
    if unknown := sorted(applied.difference(known, _fitting(connection))):
        raise DatabaseNewerError(f"It holds the migration {unknown[-1]}, this release ends at {known[-1]}.")
    return tuple(name for name in known if name not in applied)


def _fitting(connection: Connection) -> frozenset[str]:
    """Return the migrations of newer releases that say an older one may ignore them."""
    found = connection.execute("SELECT to_regclass('public.fitting_migration') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return frozenset()
    rows = connection.execute("SELECT migration_id FROM public.fitting_migration")
    return frozenset(str(row[0]) for row in rows)


def _applied(connection: Connection) -> frozenset[str]:
    found = connection.execute("SELECT to_regclass('public._yoyo_migration') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return frozenset()
    return frozenset(
        str(row[0]) for row in connection.execute("SELECT migration_id FROM public._yoyo_migration")
    )


def _apply(connection: Connection, conninfo: str, directory: str) -> tuple[str, ...]:
    missing = _missing(connection, directory)
    if not missing:
        return ()
    limited = make_conninfo(
        conninfo, options=f"-c lock_timeout={LOCK_LIMIT} -c statement_timeout={STATEMENT_LIMIT}"
    )
    with as_file(_folder(directory)) as folder:
        try:
            _apply_patiently(limited, folder)
        except psycopg.Error as error:
            done = _applied(connection)
            failed = next((name for name in missing if name not in done), missing[-1])
            raise MigrationFailedError(f"{failed}: {_first_line(error)}.") from error
    return missing


def _apply_patiently(conninfo: str, folder: Path) -> None:
    """Apply a folder; a table that is in use is asked for again and again, never for long."""
    # Imported only when there is work: it costs a tenth of a second that every command would pay.
    from rulecast.database.migration_record import apply_in_order  # noqa: PLC0415

    for _ in range(LOCK_TRIES - 1):
        try:
            return apply_in_order(conninfo, folder)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            # What was applied before stays; the rest begins anew.
            time.sleep(LOCK_PAUSE_SECONDS)
    return apply_in_order(conninfo, folder)


def _first_line(error: psycopg.Error) -> str:
    """Return PostgreSQL's own message without DETAIL, which may quote rows."""
    return (error.diag.message_primary or type(error).__name__).rstrip(".")


def _apply_jobs(connection: Connection) -> None:
    """Create or advance the work list's tables in their own schema, by the library's own SQL."""
    present = _jobs_version(connection)
    installed = procrastinate.__version__
    if present is not None and _version(present) >= _version(installed):
        # A newer release has been here; the library's own migrations are additive.
        return
    with connection.transaction():
        connection.execute(f"SET LOCAL search_path TO {JOBS_SCHEMA}".encode())
        connection.execute(f"SET LOCAL lock_timeout TO '{LOCK_LIMIT}'".encode())
        for statement in [SchemaManager.get_schema()] if present is None else _jobs_steps(present):
            connection.execute(statement.encode())
        connection.execute(f"COMMENT ON SCHEMA {JOBS_SCHEMA} IS 'procrastinate {installed}'".encode())


def _jobs_steps(present: str) -> list[str]:
    """Return the library's migrations that are newer than the version present."""
    return [
        one.read_text(encoding="utf-8")
        for one in sorted(migrations_path.glob("*.sql"))
        if _version(one.name.partition("_")[0]) > _version(present)
    ]


def _jobs_version(connection: Connection) -> str | None:
    """Return the library version whose tables stand in the jobs schema, None when there are none."""
    row = connection.execute(
        "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", (JOBS_SCHEMA,)
    ).fetchone()
    found = re.fullmatch(r"procrastinate ([0-9.]+)", str(row[0])) if row is not None and row[0] else None
    return found[1] if found else None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
