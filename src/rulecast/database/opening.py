"""From settings to two open databases: embedded or by URL, checked, created where missing, migrated."""

import asyncio
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rulecast.config import Settings
from rulecast.database.embedded import EmbeddedServer, keep_running
from rulecast.database.errors import (
    DatabaseBehindStandbyError,
    DatabaseSettingsError,
    DatabaseTooOldError,
    DatabaseUnreachableError,
)
from rulecast.database.migrate import migrate_keys, migrate_main
from rulecast.database.pool import CONNECT_LIMIT_SECONDS, Database

OLDEST_SERVER_VERSION = 160000
EMBEDDED_DATABASE = "rulecast"
KEYS_SUFFIX = "_keys"
KEYS_POOL_SIZE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """The two open databases of a workspace, and the embedded server if there is one."""

    main: Database
    keys: Database
    embedded: EmbeddedServer | None
    watch: asyncio.Task[None] | None
    """Starts the embedded server again should it die."""

    async def close(self) -> None:
        """Close both pools; the last process to close stops the embedded server."""
        await self.main.close()
        await self.keys.close()
        if self.watch is not None:
            self.watch.cancel()
            await asyncio.gather(self.watch, return_exceptions=True)
        if self.embedded is not None:
            await asyncio.to_thread(self.embedded.leave)


async def open_databases(settings: Settings) -> Databases:
    """Start or reach PostgreSQL, create and migrate both databases, and open their pools.

    Raises:
        RulecastError: one of the coded errors of this room; nothing stays open then.
    """
    embedded: EmbeddedServer | None = None
    server: str | None = None
    opened: list[Database] = []
    try:
        if settings.database_url is None:
            embedded = EmbeddedServer(settings.home)
            server = await asyncio.to_thread(embedded.enter)
        main_conninfo, keys_conninfo = addresses(settings, server)
        await asyncio.to_thread(prepare_databases, main_conninfo, keys_conninfo)
        for conninfo, size in ((main_conninfo, settings.database_pool_size), (keys_conninfo, KEYS_POOL_SIZE)):
            opened.append(await Database(conninfo, pool_size=size).open())
    except BaseException:
        for database in opened:
            await database.close()
        if embedded is not None:
            await asyncio.to_thread(embedded.leave)
        raise
    watch = asyncio.create_task(keep_running(embedded)) if embedded is not None else None
    return Databases(main=opened[0], keys=opened[1], embedded=embedded, watch=watch)


def addresses(settings: Settings, server: str | None) -> tuple[str, str]:
    """Return the addresses of the main and the keys database; `server` is the embedded one's, if it is used."""
    main_conninfo = settings.database_url or make_conninfo(server or "", dbname=EMBEDDED_DATABASE)
    return main_conninfo, settings.keys_database_url or keys_beside(main_conninfo)


def keys_beside(main_conninfo: str) -> str:
    """Return the address of the keys database that goes with a main database on the same server."""
    name = _database_name(main_conninfo)
    return make_conninfo(main_conninfo, dbname=name + KEYS_SUFFIX)


def prepare_databases(main_conninfo: str, keys_conninfo: str) -> None:
    """Check the server, create missing databases, bring both schemas up to date; blocking.

    Raises:
        DatabaseUnreachableError: the server does not answer or refuses the role.
        DatabaseTooOldError: it is older than 16.
        DatabaseBehindStandbyError: it is in recovery.
        DatabaseSettingsError: a database is missing and cannot be created, or is not UTF-8.
        DatabaseNewerError: a newer release has migrated it.
        MigrationFailedError: a migration failed.
    """
    for conninfo, migrate in ((main_conninfo, migrate_main), (keys_conninfo, migrate_keys)):
        check_or_create(conninfo)
        migrate(conninfo)


def check_or_create(conninfo: str) -> None:
    """Reach a database, create it where it is missing, and refuse an unfit server; blocking.

    Raises:
        DatabaseUnreachableError: the server does not answer or refuses the role.
        DatabaseTooOldError: it is older than 16.
        DatabaseBehindStandbyError: it is in recovery.
        DatabaseSettingsError: the database is missing and cannot be created, or is not UTF-8.
    """
    with _connect_or_create(conninfo) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version_num')::integer, pg_is_in_recovery(), "
            "current_setting('server_encoding')"
        ).fetchone()
    version, is_standby, encoding = row if row is not None else (0, True, "")
    refuse_unfit(version, is_standby=is_standby, encoding=encoding)


def refuse_unfit(version: int, *, is_standby: bool, encoding: str) -> None:
    """Refuse a server by what it says of itself; `version` is PostgreSQL's number, 160004 for 16.4.

    Raises:
        DatabaseTooOldError: it is older than 16.
        DatabaseBehindStandbyError: it is in recovery.
        DatabaseSettingsError: its database is not in UTF-8.
    """
    if version < OLDEST_SERVER_VERSION:
        raise DatabaseTooOldError(
            f"Its version number is {version}, needed is {OLDEST_SERVER_VERSION} or more."
        )
    if is_standby:
        raise DatabaseBehindStandbyError
    if encoding != "UTF8":
        raise DatabaseSettingsError(f"The database's encoding is {encoding}, needed is UTF8.")


def _connect_or_create(conninfo: str) -> psycopg.Connection[tuple[int, bool, str]]:
    try:
        return _connect(conninfo)
    except psycopg.OperationalError as error:
        # A refused connection carries no SQLSTATE in libpq; the text is PostgreSQL's own, untranslated by rulecast.
        if f'database "{_database_name(conninfo)}" does not exist' not in str(error):
            raise DatabaseUnreachableError(
                f"The server refused or did not answer ({type(error).__name__})."
            ) from None
    _create_database(conninfo)
    try:
        return _connect(conninfo)
    except psycopg.OperationalError:
        raise DatabaseUnreachableError("The server stopped answering.") from None


def _connect(conninfo: str) -> psycopg.Connection[tuple[int, bool, str]]:
    try:
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_LIMIT_SECONDS)
    except psycopg.ProgrammingError:
        raise DatabaseSettingsError(
            "The connection text cannot be read as a URL or as key=value pairs."
        ) from None


def _create_database(conninfo: str) -> None:
    name = _database_name(conninfo)
    statement = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
        psycopg.sql.Identifier(name)
    )
    try:
        with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
            connection.execute(statement)
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.errors.UniqueViolation:
        # Two processes created it in the same instant; PostgreSQL reports the loser in this way.
        return
    except psycopg.Error as error:
        raise DatabaseSettingsError(
            f"The database {name} is missing and cannot be created ({type(error).__name__})."
        ) from None


def _database_name(conninfo: str) -> str:
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        raise DatabaseSettingsError(
            "The connection text cannot be read as a URL or as key=value pairs."
        ) from None
    return str(parts.get("dbname") or parts.get("user") or EMBEDDED_DATABASE)
