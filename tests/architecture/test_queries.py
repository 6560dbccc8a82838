"""Every named query of every room is valid against the migrated schema and used by its room."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.database import cloned_database

from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.database.queries import FILE_NAME, parse_queries

ROOT = Path(__file__).parents[2] / "src" / "rulecast"
FILES = sorted(ROOT.rglob(FILE_NAME))
# Rooms whose tables stand in the keys database.
KEYS_ROOMS = frozenset({"vault"})
PARAMETER = re.compile(r"%\((?P<name>[a-z0-9_]+)\)[sbt]")
COPY_IN = re.compile(r"\ACOPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
# The query inside a COPY out; its parameters are written in by the driver, so it is prepared by itself.
COPY_OUT = re.compile(r"\ACOPY\s*\((?P<query>.*)\)\s*TO\s+STDOUT\b", re.IGNORECASE | re.DOTALL)
# PostgreSQL prepares only statements that can be planned; the others are run and rolled back.
PLANNED = re.compile(r"\A(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES)\b", re.IGNORECASE)


def room_of(file: Path) -> str:
    return file.parent.relative_to(ROOT).as_posix()


def queries_of(file: Path) -> dict[str, str]:
    return parse_queries(file.read_text(encoding="utf-8"), source=room_of(file))


def with_numbers(query: str) -> str:
    """Write named parameters as PostgreSQL's own numbered ones."""
    numbers: dict[str, int] = {}
    numbered = PARAMETER.sub(lambda found: f"${numbers.setdefault(found['name'], len(numbers) + 1)}", query)
    return numbered.replace("%%", "%")


@pytest.fixture(scope="module")
def main() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with cloned_database(MAIN_DIRECTORY) as conninfo, psycopg.connect(conninfo) as connection:
        yield connection


@pytest.fixture(scope="module")
def keys() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with cloned_database(KEYS_DIRECTORY) as conninfo, psycopg.connect(conninfo) as connection:
        yield connection


def refusal(connection: psycopg.Connection[tuple[object, ...]], query: str) -> str | None:
    """Return why PostgreSQL refuses a query, None when it would run."""
    if copied := COPY_OUT.match(query):
        query = copied["query"].strip()
    try:
        if COPY_IN.match(query):
            with connection.cursor().copy(query.encode()):
                pass
        elif PLANNED.match(query):
            connection.execute(f"PREPARE tried AS {with_numbers(query)}".encode())
            connection.execute(b"DEALLOCATE tried")
        else:
            connection.execute(query.encode())
    except psycopg.Error as error:
        return str(error).strip()
    finally:
        connection.rollback()
    return None


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_every_named_query_prepares_against_the_migrated_schema(
    file: Path, main: psycopg.Connection[tuple[object, ...]], keys: psycopg.Connection[tuple[object, ...]]
) -> None:
    connection = keys if room_of(file) in KEYS_ROOMS else main
    refused = {name: why for name, query in queries_of(file).items() if (why := refusal(connection, query))}
    assert not refused, "\n".join(f"{room_of(file)}: {name}: {why}" for name, why in refused.items())


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_every_named_query_is_used_by_its_room(file: Path) -> None:
    code = "\n".join(one.read_text(encoding="utf-8") for one in sorted(file.parent.glob("*.py")))
    unused = sorted(name for name in queries_of(file) if f'"{name}"' not in code)
    assert not unused, f"{room_of(file)}: no code asks for {', '.join(unused)}; delete them or use them."


@pytest.mark.parametrize("file", FILES, ids=room_of)
def test_every_named_query_states_its_intent(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    silent = re.findall(r"^-- name: (\S+)\n(?!--)", text, flags=re.MULTILINE)
    assert not silent, f"{room_of(file)}: write a line of intent under the name of {', '.join(silent)}."


def test_a_broken_query_is_found(main: psycopg.Connection[tuple[object, ...]]) -> None:
    assert refusal(main, "SELECT no_such_column FROM public.workspace") is not None
    assert refusal(main, "COPY public.no_such_table FROM STDIN") is not None
    assert refusal(main, "LOCK TABLE public.workspace IN SHARE MODE") is None
