"""A dump carries everything to another server, privately, and only into empty databases."""

import stat
from pathlib import Path

import psycopg
import pytest
from tests.database import empty_database

from rulecast.config import load_settings
from rulecast.database.dump import load_dump, main, write_dump
from rulecast.database.errors import DumpFailedError
from rulecast.database.opening import prepare_databases

KEY = "INSERT INTO contact_key (contact_id, wrapped_key) VALUES (7, decode(repeat('ab', 60), 'hex'))"


def test_a_dump_fills_empty_databases_with_the_same_rows_and_schema(
    database_url: str, keys_database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(keys_database_url) as connection:
        connection.execute(KEY)
    directory = tmp_path / "dump"
    write_dump(database_url, keys_database_url, directory)
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o600}
    with empty_database() as new_main, empty_database() as new_keys:
        load_dump(new_main, new_keys, directory)
        prepare_databases(new_main, new_keys)
        with psycopg.connect(new_keys) as connection:
            assert connection.execute("SELECT contact_id FROM contact_key").fetchall() == [(7,)]
        with pytest.raises(DumpFailedError, match="not empty"):
            load_dump(new_main, new_keys, directory)


def test_a_dump_that_fails_says_what_postgresql_said(tmp_path: Path) -> None:
    with pytest.raises(DumpFailedError, match="pg_dump said"):
        write_dump("host=/nowhere dbname=rulecast", "host=/nowhere dbname=keys", tmp_path)
    assert not list(tmp_path.glob("*.sql"))


def test_the_command_moves_an_embedded_home(tmp_path: Path) -> None:
    old = load_settings({"RULECAST_HOME": str(tmp_path / "old")})
    new = load_settings({"RULECAST_HOME": str(tmp_path / "new")})
    dump = str(tmp_path / "dump")
    assert main(["write", dump], old) == 0
    assert main(["load", dump], new) == 0
    assert main(["burn", dump], new) == 2
