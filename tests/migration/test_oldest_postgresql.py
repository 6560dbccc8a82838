"""The oldest PostgreSQL that is accepted by address, 16, runs every migration and every named query."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.architecture.test_queries import FILES, KEYS_ROOMS, queries_of, refusal, room_of

from rulecast.database.embedded.confinement import choose_confinement
from rulecast.database.embedded.layout import installed_programs
from rulecast.database.migrate import migrate_main
from rulecast.database.opening import OLDEST_SERVER_VERSION, keys_beside, prepare_databases

# The wheel of the embedded server brings version 16 beside 18.
PROGRAMS = installed_programs().parents[1] / "pginstall" / "bin"
START_LIMIT_SECONDS = 60


@pytest.fixture(scope="module")
def oldest() -> Iterator[str]:
    """The address of a database on a PostgreSQL 16 of this file's own."""
    directory = Path(tempfile.mkdtemp(prefix="rulecast-16-"))
    prefix = choose_confinement().command_prefix
    data = directory / "data"
    password = directory / "password"
    password.write_text("sesame", encoding="ascii")
    create = ["initdb", "-D", str(data), "-U", "rulecast", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256"]
    subprocess.run(
        [*prefix, str(PROGRAMS / create[0]), *create[1:], f"--pwfile={password}", "--no-sync"],
        check=True,
        capture_output=True,
    )
    settings = ["listen_addresses=", f"unix_socket_directories={directory}", "fsync=off"]
    options = [part for one in settings for part in ("-c", one)]
    server = subprocess.Popen(
        [*prefix, str(PROGRAMS / "postgres"), "-D", str(data), *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    for line in server.stderr:
        if "ready to accept connections" in line:
            break
    yield make_conninfo(host=str(directory), user="rulecast", password="sesame", dbname="shop")
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=START_LIMIT_SECONDS)
    shutil.rmtree(directory)


def test_every_migration_and_every_named_query_runs_on_the_oldest_server(oldest: str) -> None:
    prepare_databases(oldest, keys_beside(oldest))
    assert migrate_main(oldest) == ()
    refused: list[str] = []
    with psycopg.connect(oldest) as main, psycopg.connect(keys_beside(oldest)) as keys:
        assert main.info.server_version // 10000 == OLDEST_SERVER_VERSION // 10000
        for file in FILES:
            connection = keys if room_of(file) in KEYS_ROOMS else main
            for name, query in queries_of(file).items():
                if why := refusal(connection, query):
                    refused.append(f"{room_of(file)}: {name}: {why}")
    assert not refused
