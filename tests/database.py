"""A real PostgreSQL for tests, private to each: a migrated template, cloned per test in about 30 ms.

The server is shared by every test process of this user (first in starts it, last out stops it) and
keeps its templates between runs; a template is named after the hash of what built it.
"""

import atexit
import hashlib
import itertools
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import platformdirs
import procrastinate
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.database.locks import key_of
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY, migrate_keys, migrate_main
from rulecast.values import zone_offsets

SOURCE = Path(__file__).parents[1] / "src" / "rulecast" / "database"
CLONE = re.compile(r"rulecast_test_(?P<process>[0-9]+)_[0-9]+")
ROOM_BYTES = 2_000_000_000
TEMPLATES_LIMIT = 3
_numbers = itertools.count(1)


@cache
def server_conninfo() -> str:
    """Return the address of the test server, started on first use; its `postgres` database."""
    given = os.environ.get("RULECAST_TEST_DATABASE_URL")
    if given:
        return make_conninfo(given)
    server = EmbeddedServer(_home(), tuning=DISPOSABLE)
    conninfo = make_conninfo(server.enter(), dbname="postgres")
    _drop_clones_of_the_dead(conninfo)
    atexit.register(server.leave)
    return conninfo


def _home() -> Path:
    """Return a private directory, in memory where there is room: a clone is 1,300 files, four times faster there."""
    memory = Path("/dev/shm")
    if memory.is_dir():
        room = os.statvfs(memory)
        chosen = memory / f"rulecast-tests-{os.geteuid()}"
        if room.f_bavail * room.f_frsize > ROOM_BYTES or chosen.exists():
            chosen.mkdir(mode=0o700, exist_ok=True)
            found = chosen.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
                return chosen
    return platformdirs.user_cache_path("rulecast-tests")


@contextmanager
def cloned_database(directory: str) -> Iterator[str]:
    """Clone the template of `migrations` or `migrations_keys`; yields the clone's address, drops it after."""
    template = _template(directory)
    name = f"rulecast_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield make_conninfo(server_conninfo(), dbname=name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def empty_database() -> Iterator[str]:
    """Make a database with nothing in it; yields its address, drops it after."""
    name = f"rulecast_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_conninfo(), autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY FILE_COPY").format(
            sql.Identifier(name)
        )
        connection.execute(made)
        try:
            yield make_conninfo(server_conninfo(), dbname=name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def _template(directory: str) -> str:
    """Return the template of a folder of migrations, building it once per hash of its files."""
    built_from = hashlib.sha256(f"{procrastinate.__version__} {zone_offsets.tzdata_version()}".encode())
    for file in sorted((SOURCE / directory).glob("*.sql")):
        built_from.update(file.name.encode() + b"\0" + file.read_bytes())
    name = f"template_{directory}_{built_from.hexdigest()[:16]}"
    with psycopg.connect(server_conninfo(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (key_of("rulecast.test.template"),))
        if _exists(connection, name):
            return name
        _drop_old_templates(connection, directory)
        unfinished = f"{name}_unfinished"
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(unfinished))
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(unfinished))
        )
        migrate = {MAIN_DIRECTORY: migrate_main, KEYS_DIRECTORY: migrate_keys}[directory]
        migrate(make_conninfo(server_conninfo(), dbname=unfinished))
        if directory == MAIN_DIRECTORY:
            _load_zone_offsets(make_conninfo(server_conninfo(), dbname=unfinished))
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
        )
    return name


def _load_zone_offsets(conninfo: str) -> None:
    """Load what the first opening of a workspace would compute for three seconds."""
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY public.zone_offset (zone, from_utc, minutes) FROM STDIN") as copy:
            for row in zone_offsets.zone_offsets():
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO public.zone_table (tzdata_version) VALUES (%s)", (zone_offsets.tzdata_version(),)
        )


def _drop_old_templates(connection: psycopg.Connection[tuple[object, ...]], directory: str) -> None:
    """Keep the newest few: another working copy may be testing another schema right now."""
    query = "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid DESC OFFSET %s"
    old = connection.execute(query, (f"^template_{directory}_[0-9a-f]{{16}}$", TEMPLATES_LIMIT)).fetchall()
    for (name,) in old:
        with suppress(psycopg.errors.ObjectInUse):
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(str(name))))


def _exists(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _drop_clones_of_the_dead(conninfo: str) -> None:
    """Drop what killed test processes left behind."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        names = [str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")]
        for name in names:
            found = CLONE.fullmatch(name)
            if found and not Path(f"/proc/{found['process']}").exists():
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
