"""Both databases as plain SQL files: the way to another major version or another server.

`python -m rulecast.database.dump write DIRECTORY` writes `rulecast.sql` and `rulecast_keys.sql`, mode
0600, from the databases of the environment's settings; `load DIRECTORY` fills empty databases from them.
The files hold sealed values and wrapped keys: with the root key they are everything.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rulecast.config import Settings, load_settings
from rulecast.database.embedded import EmbeddedServer
from rulecast.database.embedded.layout import SECRET_MODE, installed_programs
from rulecast.database.errors import DumpFailedError
from rulecast.database.opening import addresses, check_or_create, prepare_databases

MAIN_FILE = "rulecast.sql"
KEYS_FILE = "rulecast_keys.sql"
# A copy that proves a dump; a crash leaves it behind, and the next proof drops it first.
PROOF_SUFFIX = "_proof"
# Large ledgers take long; a dump that hangs on a lock should still end.
DUMP_LIMIT_SECONDS = 6 * 3600
ERROR_TAIL_CHARACTERS = 400
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


def run_program(name: str, conninfo: str, *arguments: str, limit_seconds: float = DUMP_LIMIT_SECONDS) -> str:
    """Run one of PostgreSQL's own programs against a database and return what it printed; blocking.

    Raises:
        DumpFailedError: the program failed; its last words are in the error.
    """
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    # A password on the command line could be read by every user of the machine.
    environment = os.environ | {"PGPASSWORD": parts.pop("password", "")}
    command = [str(installed_programs() / name), f"--dbname={make_conninfo(**parts)}", *arguments]
    done = subprocess.run(  # noqa: S603 - a fixed program of ours, no input of a user
        command, check=False, capture_output=True, text=True, timeout=limit_seconds, env=environment
    )
    if done.returncode != 0:
        raise DumpFailedError(f"{name} said: {done.stderr.strip()[-ERROR_TAIL_CHARACTERS:]}")
    return done.stdout


def write_dump(main_conninfo: str, keys_conninfo: str, directory: Path) -> None:
    """Write both databases into a directory, each file private and whole or absent; blocking.

    The keys come last: a contact made in between has its key in the dump, an orphan key harms nothing.

    Raises:
        DumpFailedError: pg_dump failed.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, conninfo in ((MAIN_FILE, main_conninfo), (KEYS_FILE, keys_conninfo)):
        unfinished = directory / f"{name}.unfinished"
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE))
        run_program("pg_dump", conninfo, "--no-owner", "--no-privileges", f"--file={unfinished}")
        unfinished.rename(directory / name)


def load_dump(main_conninfo: str, keys_conninfo: str, directory: Path) -> None:
    """Fill two empty databases from a dump, each in one transaction; blocking.

    Raises:
        DumpFailedError: a database is not empty, or psql failed.
    """
    pairs = ((MAIN_FILE, main_conninfo), (KEYS_FILE, keys_conninfo))
    for name, conninfo in pairs:
        with psycopg.connect(conninfo) as connection:
            row = connection.execute(_TABLES).fetchone()
        if row is None or row[0] != 0:
            raise DumpFailedError(f"The database for {name} is not empty.")
    for name, conninfo in pairs:
        run_program(
            "psql",
            conninfo,
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--file={directory / name}",
        )


@contextmanager
def loaded_copy(main_conninfo: str, keys_conninfo: str, directory: Path) -> Iterator[tuple[str, str]]:
    """Fill databases beside the real ones from a dump, bring them up to date, and drop them after; blocking.

    Raises:
        DumpFailedError: the dump is not whole, or psql failed.
        DatabaseSettingsError: the role may not create databases.
    """
    copies = (_beside(main_conninfo), _beside(keys_conninfo))
    for name in (MAIN_FILE, KEYS_FILE):
        if not (directory / name).is_file():
            raise DumpFailedError(f"The file {name} is missing.")
    try:
        for one in copies:
            _drop(one)
            check_or_create(one)
        load_dump(*copies, directory)
        prepare_databases(*copies)
        yield copies
    finally:
        for one in copies:
            _drop(one)


def _beside(conninfo: str) -> str:
    return make_conninfo(conninfo, dbname=f"{conninfo_to_dict(conninfo)['dbname']}{PROOF_SUFFIX}")


def _drop(conninfo: str) -> None:
    name = sql.Identifier(str(conninfo_to_dict(conninfo)["dbname"]))
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def main(arguments: list[str], settings: Settings) -> int:
    """Run `write DIRECTORY` or `load DIRECTORY`; return the exit code."""
    verbs = {"write": write_dump, "load": load_dump}
    if len(arguments) != 2 or arguments[0] not in verbs:  # noqa: PLR2004 - a verb and a directory
        sys.stderr.write("usage: python -m rulecast.database.dump write|load DIRECTORY\n")
        return 2
    embedded = EmbeddedServer(settings.home) if settings.database_url is None else None
    main_conninfo, keys_conninfo = addresses(settings, embedded.enter() if embedded else None)
    try:
        for conninfo in (main_conninfo, keys_conninfo):
            check_or_create(conninfo)
        verbs[arguments[0]](main_conninfo, keys_conninfo, Path(arguments[1]))
    finally:
        if embedded:
            embedded.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], load_settings(os.environ)))
