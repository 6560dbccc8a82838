"""One database: a pool of connections, transactions, notifications and locks."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString, NamedTuple, Self

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from rulecast.database.locks import key_of

Connection = AsyncConnection[tuple[Any, ...]]

# Waiting longer for a free connection means the process asks for more than it may have.
POOL_WAIT_SECONDS = 30.0
CONNECT_LIMIT_SECONDS = 10
# The pool by itself asks a server that is down more and more rarely, in the end every few minutes; whoever waits asks
# anew so often, so that work goes on within seconds of its return.
ASK_AGAIN_SECONDS = 1.0
# A connection has a statement planned for good the second time it is asked.
PREPARE_THRESHOLD = 1
# A connection that is being made when the pool is closed may never come about; nobody waits for it.
CLOSE_SECONDS = 0.5
# A server that vanished without a word (a lost route, a dead host) is noticed in half a minute, not in the quarter of
# an hour of the system's default; without meaning on a Unix socket.
_NOTICES_SILENCE = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Notice(NamedTuple):
    """One notification: its channel and its text, never personal data."""

    channel: str
    payload: str


class Notices:
    """The notifications of one LISTEN, in order of commit."""

    def __init__(self, connection: Connection) -> None:
        """Take the listening connection."""
        self._connection = connection
        self._waiting: list[Notice] = []

    async def next(self, *, timeout_seconds: float | None = None) -> Notice | None:
        """Return the next notification, or None when none came in time.

        Raises:
            OperationalError: the connection was lost; notifications may have been missed.
        """
        if not self._waiting:
            arrived = self._connection.notifies(timeout=timeout_seconds, stop_after=1)
            self._waiting = [Notice(one.channel, one.payload) async for one in arrived]
        return self._waiting.pop(0) if self._waiting else None

    def __aiter__(self) -> Self:
        """Iterate over notifications until cancelled."""
        return self

    async def __anext__(self) -> Notice:
        """Wait for the next notification."""
        notice = await self.next()
        if notice is None:
            raise StopAsyncIteration
        return notice


class Database:
    """A pool of connections to one database; READ COMMITTED on the primary."""

    def __init__(self, conninfo: str, *, pool_size: int = 10) -> None:
        """Remember the address; nothing is connected before `open`."""
        self.conninfo = make_conninfo(
            conninfo, application_name="rulecast", connect_timeout=CONNECT_LIMIT_SECONDS, **_NOTICES_SILENCE
        )
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self.conninfo,
            min_size=1,
            max_size=pool_size,
            open=False,
            timeout=POOL_WAIT_SECONDS,
            reconnect_timeout=ASK_AGAIN_SECONDS,
            kwargs={"autocommit": True, "prepare_threshold": PREPARE_THRESHOLD},
            configure=self._prepare,
            name="rulecast",
        )
        self._demand: tuple[LiteralString, str] | None = None

    async def open(self) -> Self:
        """Open the pool and wait for its first connection."""
        await self._pool.open(wait=True, timeout=POOL_WAIT_SECONDS)
        return self

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self._pool.close(timeout=CLOSE_SECONDS)

    def demand(self, query: LiteralString, answer: str) -> None:
        """From now on take no new connection of the pool that answers this query otherwise: it is another database.

        Whoever asks for a connection then waits for one in vain, as for a server that is away.
        """
        self._demand = (query, answer)

    async def renew(self) -> None:
        """Give up every connection of the pool: those that come next are made to what answers now."""
        await self._pool.drain()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Hold one transaction: committed when the block ends, rolled back when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Hold one connection on which every statement is its own transaction.

        Raises:
            OperationalError: the server takes no writes any more, which is for now as good as being away.
        """
        connection = await self._take()
        try:
            async with connection:
                yield connection
        except ReadOnlySqlTransaction as error:
            # A session keeps what it was opened with: only a new one sees that writes are taken again.
            await connection.close()
            raise OperationalError("The database takes no writes.") from error
        finally:
            await self._pool.putconn(connection)

    async def _take(self) -> Connection:
        """Return a connection of the pool.

        Raises:
            OperationalError: none was free, or the server was down, all along.
        """
        deadline = time.monotonic() + POOL_WAIT_SECONDS
        while True:
            left_seconds = deadline - time.monotonic()
            try:
                return await self._pool.getconn(timeout=max(0.01, min(left_seconds, ASK_AGAIN_SECONDS)))
            except PoolTimeout:
                if left_seconds <= ASK_AGAIN_SECONDS:
                    raise

    @asynccontextmanager
    async def listen(self, *channels: str) -> AsyncIterator[Notices]:
        """Listen on channels over a connection of its own; once inside, no notification is missed."""
        async with self._own_connection() as connection:
            for channel in channels:
                await connection.execute(_listen_statement(channel))
            yield Notices(connection)

    @asynccontextmanager
    async def advisory_lock(self, name: str, *, wait: bool = True) -> AsyncIterator[bool]:
        """Hold the named session lock over a connection of its own.

        Yields False where the lock was taken and `wait` is off.

        The server drops the lock when the process dies.
        """
        async with self._own_connection() as connection:
            if wait:
                await connection.execute("SELECT pg_advisory_lock(%s)", (key_of(name),))
                yield True
                return
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (key_of(name),))
            row = await cursor.fetchone()
            yield row is not None and bool(row[0])

    @asynccontextmanager
    async def unpooled(self) -> AsyncIterator[Connection]:
        """Hold a connection of its own, of which nothing is demanded."""
        async with self._own_connection() as connection:
            yield connection

    async def _prepare(self, connection: Connection) -> None:
        await _configure(connection)
        if self._demand is not None:
            query, wanted = self._demand
            row = await (await connection.execute(query)).fetchone()
            if row is None or row[0] != wanted:
                raise OperationalError("Another database answers under this address.")

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[Connection]:
        connection = await AsyncConnection.connect(self.conninfo, autocommit=True)
        try:
            await _configure(connection)
            yield connection
        finally:
            await connection.close()


# Whatever the server or the role is set to. Under a higher isolation a statement after a lock would still read what
# was true before it, and an opt-out that was waited for would not be seen; with commits that do not wait for the log,
# a webhook would be answered before it is kept. A stronger promise of an operator (remote_apply) stays.
_CONFIGURATION = """
    SELECT set_config('TimeZone', 'UTC', false),
        set_config('default_transaction_isolation', 'read committed', false),
        set_config('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                ELSE current_setting('synchronous_commit') END, false)
"""


async def _configure(connection: Connection) -> None:
    """Make a fresh connection speak UTC, read what is committed, and wait for the log."""
    await connection.execute(_CONFIGURATION)


def _listen_statement(channel: str) -> bytes:
    if not channel.isidentifier():
        message = f"A channel is a plain identifier, not {channel!r}."
        raise ValueError(message)
    return f'LISTEN "{channel}"'.encode()
