"""PostgreSQL as far as the send path needs it, in memory: READ COMMITTED, row locks, commits that may be in doubt.

A statement sees what was committed when it began, and its own transaction's writes; a row it locks it sees as it is
once the lock is there. Writes are invisible to others until the commit, and gone without one. What each named query
does stands in `memory_queries.py`; the texts of the queries are the product's own, looked up by their text.
"""

import asyncio
import inspect
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Self

from tests.simulation.simulated_loop import CURRENT, Process

from rulecast.database.errors import DeadlockDetected, OperationalError
from rulecast.database.pool import Notice

Row = dict[str, Any]
Key = Any
Answer = list[Any] | int
Handler = Callable[["Transaction", Mapping[str, Any]], Any]
"""Returns an answer, or awaits locks first."""

HANDLERS: dict[str, tuple[str, Handler, bool]] = {}
# Nobody continues a transaction that waits for its own process for so long (deliver.store.TRANSACTION_IDLE_MS).
IDLE_SECONDS_MAX = 5.0
SHARE, NO_KEY, UPDATE = 0, 1, 2


def handles(queries: Mapping[str, str], name: str) -> Callable[[Handler], Handler]:
    """Say what a named query does."""

    def keep(handler: Handler) -> Handler:
        HANDLERS[queries[name]] = (name, handler, inspect.iscoroutinefunction(handler))
        return handler

    return keep


_NOTHING: tuple[str, Handler, bool] = ("", lambda _transaction, _parameters: [], False)


def answers(queries: Mapping[str, str], name: str, answer: Answer) -> None:
    """Say that a named query, which matters to no check here, always answers the same."""
    HANDLERS[queries[name]] = (name, lambda _transaction, _parameters: answer, False)


UNDESCRIBED: set[str] = set()
"""Queries nobody has described here: they find nothing. A test names those that must not be among them."""


@dataclass(slots=True, kw_only=True)
class Weather:
    """What may go wrong between a process and the database; shares are chances per event."""

    is_away: bool = False
    doubtful_commits: float = 0.0
    lost_statements: float = 0.0
    slow_statements: float = 0.0


@dataclass(slots=True)
class Holder:
    """Who holds a row lock, and how strong."""

    held: dict["Transaction", int] = field(default_factory=dict)
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Transaction:
    """One transaction: its writes, its locks, its process."""

    def __init__(self, database: "MemoryDatabase", process: Process | None) -> None:
        """Begin with nothing written."""
        self.database = database
        self.process = process
        self.writes: dict[str, dict[Key, Row | None]] = {}
        self.locks: list[tuple[str, Key]] = []
        self.waits_for: tuple[Transaction, ...] = ()
        self.notices: list[str] = []
        self.is_over = False
        database.open[self] = None

    def find(self, table: str, key: Key) -> Row | None:
        """Return a row as this transaction sees it."""
        mine = self.writes.get(table)
        if mine is not None and key in mine:
            return mine[key]
        return self.database.tables.get(table, {}).get(key)

    def rows(self, table: str) -> Iterator[tuple[Key, Row]]:
        """Yield every row of a table as this transaction sees it."""
        mine = self.writes.get(table)
        committed = self.database.tables.get(table, {})
        if not mine:
            yield from tuple(committed.items())
            return
        for key, row in tuple(committed.items()):
            if key not in mine:
                yield key, row
        for key, own in tuple(mine.items()):
            if own is not None:
                yield key, own

    def put(self, table: str, key: Key, row: Row | None) -> None:
        """Write a row; None deletes it."""
        self.writes.setdefault(table, {})[key] = row

    def change(self, table: str, key: Key, **values: Any) -> Row:
        """Write some columns of a row that is there."""
        found = self.find(table, key)
        assert found is not None, "only rows that are there are changed"
        row = {**found, **values}
        self.put(table, key, row)
        return row

    async def lock(self, table: str, key: Key, strength: int = NO_KEY) -> None:
        """Wait until no other transaction holds a lock that forbids this one."""
        holder = self.database.locks.setdefault((table, key), Holder())
        while others := [one for one, held in holder.held.items() if one is not self and held + strength > 1]:
            if self._closes_a_circle(others):
                raise DeadlockDetected("deadlock detected")
            waiting = asyncio.get_running_loop().create_future()
            holder.waiting.append(waiting)
            self.waits_for = tuple(others)
            try:
                await waiting
            finally:
                self.waits_for = ()
            self.check()
        if self not in holder.held:
            self.locks.append((table, key))
        holder.held[self] = max(strength, holder.held.get(self, SHARE))

    def is_locked_by_others(self, table: str, key: Key) -> bool:
        """Return whether SKIP LOCKED passes a row by."""
        holder = self.database.locks.get((table, key))
        return holder is not None and any(
            one is not self and held > SHARE for one, held in holder.held.items()
        )

    def _closes_a_circle(self, others: list["Transaction"]) -> bool:
        seen: set[Transaction] = set()
        asked = list(others)
        while asked:
            one = asked.pop()
            if one is self:
                return True
            if one not in seen:
                seen.add(one)
                asked.extend(one.waits_for)
        return False

    def check(self) -> None:
        """Raise where the server ended this transaction."""
        if self.is_over:
            raise OperationalError("the connection is lost")

    def commit(self) -> None:
        """Make the writes visible, all at once, and let the locks go."""
        self.check()
        self.database.on_commit(self)
        for table, rows in self.writes.items():
            kept = self.database.tables.setdefault(table, {})
            for key, row in rows.items():
                if row is None:
                    kept.pop(key, None)
                else:
                    kept[key] = row
        self._end()
        for channel in self.notices:
            self.database.notify(channel)

    def roll_back(self) -> None:
        """Forget everything."""
        if not self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        self.database.open.pop(self, None)
        for place in self.locks:
            holder = self.database.locks[place]
            holder.held.pop(self, None)
            waiting, holder.waiting = holder.waiting, deque()
            for one in waiting:
                if not one.done():
                    one.set_result(None)


class MemoryDatabase:
    """Stands where `rulecast.database.Database` is handed in."""

    def __init__(
        self, chance: random.Random, weather: Weather, on_commit: Callable[[Transaction], None]
    ) -> None:
        """Begin empty; `on_commit` sees each transaction right before its writes become visible."""
        self.tables: dict[str, dict[Key, Row]] = {}
        self.locks: dict[tuple[str, Key], Holder] = {}
        self.open: dict[Transaction, None] = {}
        self.weather = weather
        self.on_commit = on_commit
        self.chance = chance
        self.listeners: list[Notices] = []
        self.serial = 0

    def next_id(self) -> int:
        """Return a new number; numbers follow time."""
        self.serial += 1
        return self.serial

    def transaction(self) -> "Block":
        """Return one transaction as a context."""
        return Block(self, is_autocommit=False)

    def connection(self) -> "Block":
        """Return a connection on which every statement is its own transaction."""
        return Block(self, is_autocommit=True)

    def listen(self, *channels: str) -> "Notices":
        """Return the notifications of these channels."""
        return Notices(self, frozenset(channels))

    def notify(self, channel: str) -> None:
        """Tell everybody who listens, a little later; a lost one is what polls are for."""
        for one in self.listeners:
            one.tell(channel)

    def cut(self, process: Process) -> None:
        """End what a dead process left open."""
        for one in [one for one in self.open if one.process is process]:
            one.roll_back()
        self.listeners = [one for one in self.listeners if one.process is not process]

    def crash(self) -> None:
        """Go down: whatever is not committed is gone."""
        self.weather.is_away = True
        for one in tuple(self.open):
            one.roll_back()

    async def pause(self) -> None:
        """Take the time of a statement: often none, sometimes some."""
        if self.weather.is_away:
            await asyncio.sleep(0.002)
            raise OperationalError("the database does not answer")
        drawn = self.chance.random()
        if drawn < self.weather.lost_statements:
            raise OperationalError("the connection is lost")
        if drawn > 1.0 - self.weather.slow_statements:
            await asyncio.sleep(self.chance.expovariate(20.0))
        elif drawn > 0.8:
            await asyncio.sleep(0)


class Block:
    """A transaction, or a connection of single statements, as the product holds it."""

    def __init__(self, database: MemoryDatabase, *, is_autocommit: bool) -> None:
        """Take what the connection is for."""
        self._database = database
        self._is_autocommit = is_autocommit
        self._connection: Connection | None = None

    async def __aenter__(self) -> "Connection":
        await self._database.pause()
        transaction = None if self._is_autocommit else Transaction(self._database, CURRENT.get())
        self._connection = Connection(self._database, transaction)
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        assert self._connection is not None
        transaction = self._connection.transaction_under_way
        if transaction is None:
            return
        if kind is not None:
            transaction.roll_back()
            return
        await commit(transaction)


async def commit(transaction: Transaction) -> None:
    """Commit over the network: the word about it may be lost, before or after it was done."""
    database = transaction.database
    try:
        await database.pause()
        is_doubtful = database.chance.random() < database.weather.doubtful_commits
        if is_doubtful and database.chance.random() < 0.5:
            transaction.roll_back()
        transaction.commit()
    except BaseException:
        transaction.roll_back()
        raise
    await asyncio.sleep(database.chance.uniform(0.0005, 0.004))
    if is_doubtful:
        raise OperationalError("the connection is lost")


class Connection:
    """What a store calls: `execute`, and `cursor` for records."""

    def __init__(self, database: MemoryDatabase, transaction: Transaction | None) -> None:
        """Take the running transaction; None makes one for each statement."""
        self.database = database
        self.transaction_under_way = transaction

    async def execute(self, query: str, parameters: Mapping[str, Any] | None = None) -> "Cursor":
        """Run one statement."""
        if query not in HANDLERS:
            UNDESCRIBED.add(query)
        _, handler, is_async = HANDLERS.get(query, _NOTHING)
        transaction = self.transaction_under_way
        if transaction is not None:
            transaction.check()
        await self.database.pause()
        if transaction is None:
            alone = Transaction(self.database, CURRENT.get())
            try:
                found = await _run(handler, alone, parameters or {}, is_async=is_async)
                alone.commit()
            except BaseException:
                alone.roll_back()
                raise
            return Cursor(found)
        transaction.check()
        return Cursor(await _run(handler, transaction, parameters or {}, is_async=is_async))

    def cursor(self, *, row_factory: Any) -> "RecordCursor":
        """Return a cursor that makes records; the factory of `fetch_all` keeps their class to itself."""
        (kept,) = row_factory.__closure__
        return RecordCursor(self, kept.cell_contents)


async def _run(
    handler: Handler, transaction: Transaction, parameters: Mapping[str, Any], *, is_async: bool
) -> Answer:
    found = handler(transaction, parameters)
    if is_async:
        assert isinstance(found, Awaitable)
        return await found
    assert not isinstance(found, Awaitable)
    return found


class Cursor:
    """The answer of one statement."""

    def __init__(self, answer: Answer) -> None:
        """Take rows, or how many were touched."""
        self._rows = [] if isinstance(answer, int) else answer
        self.rowcount = answer if isinstance(answer, int) else len(answer)

    async def fetchall(self) -> list[Any]:
        """Return every row."""
        return self._rows

    async def fetchone(self) -> Any:
        """Return the first row, or None."""
        return self._rows[0] if self._rows else None


_ABSENT = object()
_EMPTY = {"bool": False, "int": 0, "float": 0.0, "str": ""}


@cache
def _asked_columns(record: type[Any]) -> dict[str, Any]:
    """Return the columns a record asks for, each with what stands where no check here needs it."""
    return {
        one.name: _ABSENT
        if one.default is not MISSING or one.default_factory is not MISSING
        else _EMPTY.get(str(getattr(one.type, "__name__", one.type)))
        for one in fields(record)
    }


def _columns(record: type[Any], row: Row) -> Row:
    """Return a row as a record takes it."""
    asked = _asked_columns(record)
    return {
        name: row.get(name, empty) for name, empty in asked.items() if empty is not _ABSENT or name in row
    }


class RecordCursor:
    """A cursor whose rows become records."""

    def __init__(self, connection: Connection, record: type[Any]) -> None:
        """Take the class of the records."""
        self._connection = connection
        self._record = record
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def execute(self, query: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run one statement whose handler answers with dictionaries."""
        cursor = await self._connection.execute(query, parameters)
        rows = await cursor.fetchall()
        self._rows = [self._record(**_columns(self._record, row)) for row in rows] if rows else []

    async def fetchall(self) -> list[Any]:
        """Return every record."""
        return self._rows

    async def fetchone(self) -> Any:
        """Return the first record, or None."""
        return self._rows[0] if self._rows else None


class Notices:
    """The notifications of one LISTEN."""

    def __init__(self, database: MemoryDatabase, channels: frozenset[str]) -> None:
        """Take the channels; nothing is heard before the context is entered."""
        self._database = database
        self._channels = channels
        self.process = CURRENT.get()
        self._arrived = asyncio.Event()
        self._waiting: list[str] = []

    async def __aenter__(self) -> Self:
        await self._database.pause()
        self._database.listeners.append(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self in self._database.listeners:
            self._database.listeners.remove(self)

    def tell(self, channel: str) -> None:
        """Note a notification."""
        if channel in self._channels:
            self._waiting.append(channel)
            self._arrived.set()

    async def next(self, *, timeout_seconds: float) -> Notice | None:
        """Return the next notification, or None when none came in time."""
        if self._database.weather.is_away:
            raise OperationalError("the database does not answer")
        if not self._waiting:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout_seconds)
            except TimeoutError:
                return None
        return Notice(self._waiting.pop(0), "")
