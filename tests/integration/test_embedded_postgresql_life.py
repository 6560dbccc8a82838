"""Who starts the embedded server, who stops it, and what survives a kill."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from rulecast.database.embedded import DURABLE, EmbeddedServer

SCRIPT = Path(__file__).with_name("embedded_user.py")
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the file: every test leaves the server stopped."""
    return tmp_path_factory.mktemp("life") / "home"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    made = EmbeddedServer(home, tuning=DURABLE)
    yield made
    made.leave()
    assert not is_running(home)


def pid_file(home: Path) -> Path:
    return home / "postgresql" / "18" / "data" / "postmaster.pid"


def is_running(home: Path) -> bool:
    return pid_file(home).exists()


def postmaster(home: Path) -> int:
    return int(pid_file(home).read_text(encoding="utf-8").splitlines()[0])


def kill_server(home: Path) -> None:
    """Kill the postmaster and wait until it is gone; its children may outlive it for a moment."""
    process = postmaster(home)
    handle = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    assert select.select([handle], [], [], 60)[0]
    os.close(handle)


@contextmanager
def other_user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has entered the server; ends when the block does."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("host=")
        yield process


def ask(conninfo: str, query: str) -> object:
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def change(conninfo: str, statement: str) -> None:
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


def test_the_first_starts_it_and_the_last_stops_it(server: EmbeddedServer, home: Path) -> None:
    with other_user(home) as other:
        started = postmaster(home)
        conninfo = server.enter()
        assert postmaster(home) == started
        assert other.stdin is not None
        other.stdin.close()
        assert other.wait(60) == 0
        assert ask(conninfo, "SELECT 1") == 1
    server.leave()
    assert not is_running(home)


def test_two_members_of_one_process_count_as_two(server: EmbeddedServer, home: Path) -> None:
    second = EmbeddedServer(home, tuning=DURABLE)
    server.enter()
    conninfo = second.enter()
    server.leave()
    assert ask(conninfo, "SELECT 1") == 1
    second.leave()
    assert not is_running(home)


def test_leaving_twice_is_leaving_once(server: EmbeddedServer, home: Path) -> None:
    server.enter()
    server.leave()
    server.leave()
    assert not is_running(home)


def test_a_killed_user_leaves_the_server_to_the_next(server: EmbeddedServer, home: Path) -> None:
    with other_user(home) as other:
        started = postmaster(home)
        other.send_signal(signal.SIGKILL)
        other.wait(60)
    assert is_running(home)
    server.enter()
    assert postmaster(home) == started
    server.leave()
    assert not is_running(home)


def test_a_killed_server_recovers_what_was_committed_f66(server: EmbeddedServer, home: Path) -> None:
    conninfo = server.enter()
    change(conninfo, "CREATE TABLE kept AS SELECT 41 + 1 AS answer")
    kill_server(home)
    next_one = EmbeddedServer(home, tuning=DURABLE)
    recovered = next_one.enter()
    assert ask(recovered, "SELECT answer FROM kept") == 42
    change(recovered, "DROP TABLE kept")
    next_one.leave()


def test_a_pid_file_naming_a_stranger_does_not_block_the_start(server: EmbeddedServer, home: Path) -> None:
    server.enter()
    lines = pid_file(home).read_text(encoding="utf-8").splitlines(keepends=True)
    kill_server(home)
    # After a reboot the number may belong to anybody: here to this test.
    stranger = "".join([f"{os.getpid()}\n", *lines[1:]])
    pid_file(home).write_text(stranger, encoding="utf-8")
    (home / "postgresql" / "socket" / ".s.PGSQL.5432.lock").write_text(stranger, encoding="utf-8")
    next_one = EmbeddedServer(home, tuning=DURABLE)
    assert ask(next_one.enter(), "SELECT 1") == 1
    assert postmaster(home) != os.getpid()
    next_one.leave()


def test_a_forked_child_that_leaves_stops_nothing(server: EmbeddedServer, home: Path) -> None:
    conninfo = server.enter()
    child = os.fork()
    if child == 0:
        server.leave()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(conninfo, "SELECT 1") == 1


def test_a_start_killed_half_way_leaves_nothing_half_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    unfinished = home / "postgresql" / "18" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18", encoding="ascii")
    (home / "postgresql" / "password").touch()
    server = EmbeddedServer(home, tuning=DURABLE)
    assert ask(server.enter(), "SELECT 1") == 1
    server.leave()
    assert not unfinished.exists()


def test_four_processes_starting_at_once_share_one_server(home: Path) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
        )
        for _ in range(4)
    ]
    answers = set()
    for user in users:
        assert user.stdout is not None
        answers.add(user.stdout.readline())
    assert len(answers) == 1
    for user in users:
        user.communicate(timeout=60)
    assert not is_running(home)
