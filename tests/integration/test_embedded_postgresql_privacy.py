"""Nobody else on the machine, and nobody on the network, reaches the embedded server or its files."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.database.embedded.confinement import choose_confinement, unprivileged_confinement
from rulecast.database.embedded.layout import SOCKET_PATH_LIMIT_BYTES
from rulecast.database.errors import EmbeddedMajorError, EmbeddedStartError


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("privacy") / "home"


@pytest.fixture
def conninfo(home: Path) -> Iterator[str]:
    server = EmbeddedServer(home, tuning=DISPOSABLE)
    yield make_conninfo(server.enter(), dbname="postgres")
    server.leave()


def shown(conninfo: str, name: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return "" if row is None else str(row[0])


def test_every_directory_is_0700_and_every_secret_0600(conninfo: str, home: Path) -> None:
    root = home / "postgresql"
    directories = [home, root, root / "18", root / "18" / "data", root / "socket"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in directories} == {0o700}
    secret = [root / "password", root / "server.log", root / "start.lock", root / "users.lock"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in secret} == {0o600}
    owners = {one.stat().st_uid for one in [*directories, *secret]}
    assert owners == {os.geteuid()}


def test_no_port_is_open_and_no_setting_opens_one(home: Path) -> None:
    server = EmbeddedServer(home, tuning=DISPOSABLE)
    with psycopg.connect(make_conninfo(server.enter(), dbname="postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET listen_addresses = '127.0.0.1'")
    server.leave()
    server = EmbeddedServer(home, tuning=DISPOSABLE)
    try:
        assert shown(make_conninfo(server.enter(), dbname="postgres"), "listen_addresses") == ""
    finally:
        server.leave()


def test_the_password_is_asked_for(conninfo: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(conninfo, password="guess"))
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert rows == [("scram-sha-256",)]


def test_text_sorts_by_code_point_and_folds_unicode(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT 'a' > 'B', lower('ÉÇ'), current_setting('data_checksums')"
        ).fetchone()
    assert row == (True, "éç", "on")


def test_no_value_of_a_failing_statement_reaches_the_log(conninfo: str, home: Path) -> None:
    secret = "+212612345678"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE person (phone text UNIQUE)")
        connection.execute("INSERT INTO person VALUES (%s)", (secret,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", (secret,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(f"INSERT INTO person VALUES ('{secret}')")
    log = (home / "postgresql" / "server.log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert secret not in log


def test_a_long_home_gets_a_short_private_socket_directory(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    server = EmbeddedServer(home, tuning=DISPOSABLE)
    try:
        directory = Path(str(conninfo_to_dict(server.enter())["host"]))
        assert len(os.fsencode(directory / ".s.PGSQL.5432")) < SOCKET_PATH_LIMIT_BYTES
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        again = EmbeddedServer(home, tuning=DISPOSABLE)
        assert Path(str(conninfo_to_dict(again.enter())["host"])) == directory
        again.leave()
    finally:
        server.leave()
    assert not directory.exists()


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgresql" / "17" / "data").mkdir(parents=True)
    with pytest.raises(EmbeddedMajorError, match="PostgreSQL 17"):
        EmbeddedServer(tmp_path, tuning=DISPOSABLE).enter()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path, tuning={**DISPOSABLE, "max_connections": "none"})
    with pytest.raises(EmbeddedStartError, match="max_connections"):
        server.enter()


def test_root_hands_the_data_to_another_user_where_namespaces_are_forbidden() -> None:
    if os.geteuid() != 0:
        # Only root is refused by PostgreSQL; an ordinary user needs no confinement.
        assert choose_confinement().command_prefix == ()
        return
    base = Path(tempfile.mkdtemp(prefix="rulecast-"))
    confinement = replace(unprivileged_confinement(), base=base / "store")
    base.chmod(0o711)
    server = EmbeddedServer(base / "home", tuning=DISPOSABLE, confinement=confinement)
    try:
        conninfo = make_conninfo(server.enter(), dbname="postgres")
        data = Path(shown(conninfo, "data_directory"))
        assert data.stat().st_uid == confinement.uid
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((base / "home" / "postgresql").stat().st_mode) == 0o700
    finally:
        server.leave()
        shutil.rmtree(base)
