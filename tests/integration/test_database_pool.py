"""Transactions, rows, bulk copy, notifications, locks and retries, as every store uses them."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import LiteralString

import pytest
from psycopg.conninfo import make_conninfo
from tests.database import empty_database

from rulecast.database import Connection, Database, copy_rows, execute, fetch_all, fetch_one, fetch_value
from rulecast.database.columns import bigints, blobs, instants, integers, texts
from rulecast.database.errors import DeadlockDetected, UniqueViolation
from rulecast.database.locks import lock_in_transaction, try_lock_in_transaction
from rulecast.database.retry import ATTEMPTS_LIMIT, retry_conflicts
from rulecast.database.rows import Jsonb

LIMIT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    thing_id: int
    name: str


@pytest.fixture
async def things() -> AsyncIterator[Database]:
    """An otherwise empty database with one table; the pool has two connections."""
    with empty_database() as conninfo:
        opened = await Database(conninfo, pool_size=2).open()
        async with opened.connection() as connection:
            await execute(
                connection, "CREATE TABLE thing (thing_id bigint PRIMARY KEY, name text, body bytea)"
            )
            await execute(connection, "INSERT INTO thing VALUES (1, 'one'), (2, 'two')")
        yield opened
        await opened.close()


async def names(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [row[0] for row in await fetch_all(connection, "SELECT name FROM thing ORDER BY thing_id")]


async def test_a_transaction_commits_when_its_block_ends(things: Database) -> None:
    async with things.transaction() as connection:
        assert await execute(connection, "UPDATE thing SET name = name || '!'") == 2
    assert await names(things) == ["one!", "two!"]


async def test_a_transaction_that_raises_leaves_nothing(things: Database) -> None:
    async def break_a_rule() -> None:
        async with things.transaction() as connection:
            await execute(connection, "INSERT INTO thing VALUES (3, 'three')")
            await execute(connection, "INSERT INTO thing VALUES (1, 'again')")

    with pytest.raises(UniqueViolation):
        await break_a_rule()
    assert await names(things) == ["one", "two"]


async def test_rows_come_as_tuples_records_or_one_value(things: Database) -> None:
    async with things.connection() as connection:
        query = "SELECT thing_id, name FROM thing WHERE thing_id <= %(limit)s ORDER BY thing_id"
        assert await fetch_all(connection, query, {"limit": 2}) == [(1, "one"), (2, "two")]
        assert await fetch_one(connection, query, {"limit": 1}, record=Thing) == Thing(thing_id=1, name="one")
        assert await fetch_all(connection, query, {"limit": 1}, record=Thing) == [
            Thing(thing_id=1, name="one")
        ]
        assert await fetch_one(connection, query, {"limit": 0}) is None
        assert await fetch_one(connection, query, {"limit": 0}, record=Thing) is None
        assert await fetch_value(connection, query, {"limit": 0}) is None
        assert await fetch_value(connection, query, {"limit": 2}) == 1


async def test_arrays_travel_in_binary(things: Database) -> None:
    async with things.connection() as connection:
        query = "SELECT name FROM thing WHERE thing_id = ANY (%(ids)b::bigint[])"
        assert await fetch_all(connection, query, {"ids": [2, 9]}) == [("two",)]
        assert (
            await fetch_value(connection, "SELECT %(body)s::jsonb ->> 'a'", {"body": Jsonb({"a": "b"})})
            == "b"
        )


@pytest.mark.parametrize("types", [None, ["int8", "text", "bytea"]])
async def test_rows_are_copied_in_bulk(things: Database, types: list[str] | None) -> None:
    rows = [(number, f"name\t{number}", bytes([number % 256])) for number in range(10, 1010)]
    async with things.transaction() as connection:
        if types is None:
            count = await copy_rows(connection, "COPY thing (thing_id, name, body) FROM STDIN", rows)
        else:
            binary = "COPY thing (thing_id, name, body) FROM STDIN (FORMAT BINARY)"
            count = await copy_rows(connection, binary, rows, types=types)
        kept = await fetch_all(
            connection, "SELECT thing_id, name, body FROM thing WHERE thing_id >= 10 ORDER BY 1"
        )
    assert count == 1000
    assert kept == rows


async def test_a_copy_that_fails_half_way_leaves_nothing(things: Database) -> None:
    with pytest.raises(UniqueViolation):
        async with things.transaction() as connection:
            await copy_rows(connection, "COPY thing (thing_id, name) FROM STDIN", [(5, "five"), (1, "again")])
    assert await names(things) == ["one", "two"]


async def test_every_connection_speaks_utc(things: Database) -> None:
    async with things.connection() as connection:
        assert await fetch_value(connection, "SHOW TIME ZONE") == "UTC"
        assert await fetch_value(connection, "SHOW transaction_isolation") == "read committed"


@pytest.mark.parametrize(("asked", "given"), [("off", "on"), ("local", "local")])
async def test_no_setting_of_the_server_weakens_a_lock_or_a_commit(asked: str, given: str) -> None:
    """A statement after a lock must see what was committed meanwhile, and a commit must wait for the log."""
    weak = f"-c default_transaction_isolation=serializable -c synchronous_commit={asked}"
    with empty_database() as conninfo:
        opened = await Database(make_conninfo(conninfo, options=weak)).open()
        async with opened.transaction() as connection:
            assert await fetch_value(connection, "SHOW transaction_isolation") == "read committed"
            assert await fetch_value(connection, "SHOW synchronous_commit") == given
        await opened.close()


async def test_a_notification_sent_after_listening_began_is_not_missed(things: Database) -> None:
    async with things.listen("stop", "change") as notices:
        async with things.transaction() as connection:
            await execute(connection, "SELECT pg_notify('stop', 'all')")
            await execute(connection, "SELECT pg_notify('other', 'unheard')")
            await execute(connection, "SELECT pg_notify('change', '7')")
        heard = [await notices.next(timeout_seconds=LIMIT_SECONDS) for _ in range(2)]
    assert heard == [("stop", "all"), ("change", "7")]


async def test_waiting_for_a_notification_ends_without_one(things: Database) -> None:
    async with things.listen("stop") as notices:
        assert await notices.next(timeout_seconds=0.01) is None


async def test_notifications_can_be_iterated(things: Database) -> None:
    async with things.listen("stop") as notices:
        async with things.connection() as connection:
            await execute(
                connection, "SELECT pg_notify('stop', number::text) FROM generate_series(1, 3) AS number"
            )
        heard: list[str] = []
        async for notice in notices:
            heard.append(notice.payload)
            if len(heard) == 3:
                break
    assert heard == ["1", "2", "3"]


@pytest.mark.parametrize("channel", ["a b", 'x"; DROP TABLE thing; --', ""])
async def test_a_channel_is_a_plain_name(things: Database, channel: str) -> None:
    with pytest.raises(ValueError, match="plain identifier"):
        async with things.listen(channel):
            pass


async def test_a_named_lock_is_held_by_one_and_freed_at_the_end_f85(things: Database) -> None:
    async with things.advisory_lock("mart.sync") as first:
        assert first
        async with things.advisory_lock("mart.sync", wait=False) as second:
            assert not second
        async with things.advisory_lock("mart.rebuild", wait=False) as other:
            assert other
    async with things.advisory_lock("mart.sync", wait=False) as third:
        assert third


async def test_a_lock_in_a_transaction_ends_with_it(things: Database) -> None:
    async with things.transaction() as first, things.transaction() as second:
        await lock_in_transaction(first, "profile.merge")
        assert not await try_lock_in_transaction(second, "profile.merge")
    async with things.transaction() as third:
        assert await try_lock_in_transaction(third, "profile.merge")


async def test_the_loser_of_a_deadlock_runs_again_f70(things: Database) -> None:
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def move(first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        is_first_run = runs <= 2
        async with things.transaction() as connection:
            await lock_row(connection, first)
            if is_first_run:
                await both_hold_one.wait()
            await lock_row(connection, second)

    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(retry_conflicts(lambda: move(1, 2)))
        group.create_task(retry_conflicts(lambda: move(2, 1)))
    assert runs == 3
    assert await names(things) == ["one++", "two++"]


async def lock_row(connection: Connection, thing_id: int) -> None:
    await execute(connection, "UPDATE thing SET name = name || '+' WHERE thing_id = %(id)s", {"id": thing_id})


async def test_a_conflict_without_end_is_raised() -> None:
    runs = 0

    async def lose() -> None:
        nonlocal runs
        runs += 1
        raise DeadlockDetected

    with pytest.raises(DeadlockDetected):
        await retry_conflicts(lose)
    assert runs == ATTEMPTS_LIMIT


async def test_another_error_is_not_retried(things: Database) -> None:
    runs = 0

    async def break_a_rule() -> None:
        nonlocal runs
        runs += 1
        async with things.transaction() as connection:
            await execute(connection, "INSERT INTO thing VALUES (1, 'again')")

    with pytest.raises(UniqueViolation):
        await retry_conflicts(break_a_rule)
    assert runs == 1


async def test_packed_lists_arrive_as_the_driver_would_send_them(things: Database) -> None:
    at = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    later = datetime(2026, 11, 22, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    packed: list[tuple[LiteralString, bytes, Sequence[object]]] = [
        ("text", texts(["é", None, "", "é", "x" * 70_000]), ["é", None, "", "é", "x" * 70_000]),
        ("bytea", blobs([b"\0", None, b"", b"\xff" * 9]), [b"\0", None, b"", b"\xff" * 9]),
        ("integer", integers([0, -1, 2**31 - 1, None]), [0, -1, 2**31 - 1, None]),
        ("bigint", bigints([2**63 - 1, None, -(2**63)]), [2**63 - 1, None, -(2**63)]),
        ("timestamptz", instants([at, None, later]), [at, None, later]),
        ("text", texts([]), []),
    ]
    async with things.connection() as connection:
        for kind, parameter, values in packed:
            query = f"SELECT pg_typeof(%(packed)b)::text, %(packed)b::{kind}[]"
            found = await fetch_one(connection, query, {"packed": parameter})
            assert found == (
                {"timestamptz": "timestamp with time zone"}.get(kind, kind) + "[]",
                list(values),
            )
        filled = "SELECT a, b FROM unnest(%(some)b::bigint[], %(none)b::text[]) AS u (a, b)"
        rows = await fetch_all(connection, filled, {"some": bigints([1, 2]), "none": texts(())})
        assert rows == [(1, None), (2, None)]
    with pytest.raises(struct.error):
        integers([2**31])
