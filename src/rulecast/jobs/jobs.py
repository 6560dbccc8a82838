"""A thin cover over Procrastinate: register, defer, run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.retry import RetryStrategy

QUEUE = "runs"
POOL_SIZE = 3
# A run that failed three times needs a person, not a fourth try.
ATTEMPTS_LIMIT = 3
FIRST_PAUSE_SECONDS = 5
# Procrastinate's workers say every 10 s that they live; three missed words mean dead.
STALLED_SECONDS = 30
GRACE_SECONDS = 10
CONCURRENCY = 4
RESCUE_NAME = "jobs.rescue_stalled"
RESCUE_CRON = "* * * * *"

Run = Callable[..., Awaitable[None]]


class Addressed(Protocol):
    """Anything that knows the address of the main database."""

    conninfo: str


class Jobs:
    """The whole runs of one program; use it as an async context manager.

    Job arguments are stored and logged in clear: they carry ids and names of rules, never personal data.
    """

    def __init__(self, database: Addressed) -> None:
        """Prepare an own small pool on the main database, in the `jobs` schema."""
        self._app = App(
            connector=PsycopgConnector(
                conninfo=database.conninfo, min_size=1, max_size=POOL_SIZE, configure=_enter_schema
            )
        )
        self.register_periodic(RESCUE_NAME, self.rescue_stalled, cron=RESCUE_CRON)

    async def __aenter__(self) -> Self:
        """Open the pool."""
        await self._app.open_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the pool."""
        await self._app.close_async()

    def register(self, name: str, run: Run) -> None:
        """Make a run known by name; at most one of a name waits and at most one runs, anywhere."""
        self._app.task(
            name=name,
            queue=QUEUE,
            lock=name,
            queueing_lock=name,
            retry=RetryStrategy(max_attempts=ATTEMPTS_LIMIT, exponential_wait=FIRST_PAUSE_SECONDS),
        )(run)

    def register_periodic(self, name: str, run: Callable[[], Awaitable[None]], *, cron: str) -> None:
        """Make a run known that all workers together start once at each time of a cron line (UTC)."""

        async def at_time(timestamp: int) -> None:  # noqa: ARG001 - the library passes the planned time
            await run()

        task = self._app.task(name=name, queue=QUEUE, lock=name, queueing_lock=name)(at_time)
        self._app.periodic(cron=cron)(task)

    async def defer(self, name: str, **arguments: Any) -> int | None:
        """Ask for a run and return its number, or None when the same run is already waiting.

        Raises:
            LookupError: nobody registered the name; the run would wait for ever.
        """
        if name not in self._app.tasks:
            raise LookupError(f"No run is registered as {name}.")
        try:
            return await self._app.configure_task(
                name, queue=QUEUE, lock=name, queueing_lock=name
            ).defer_async(**arguments)
        except AlreadyEnqueued:
            return None

    async def run_worker(self, stop: asyncio.Event) -> None:
        """Run what is due until `stop` is set.

        Runs in progress then get ten seconds to end; an unfinished one starts again elsewhere.
        """
        worker = asyncio.create_task(self._work(wait=True))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            worker.cancel()
            await asyncio.gather(worker, stopping, return_exceptions=True)
        if not worker.cancelled() and (error := worker.exception()) is not None:
            raise error

    async def run_due(self) -> None:
        """Run everything that is due now and return."""
        await self._work(wait=False)

    async def rescue_stalled(self) -> None:
        """Return runs of dead workers to the queue."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await manager.retry_job(job)

    async def _work(self, *, wait: bool) -> None:
        await self._app.run_worker_async(
            queues=[QUEUE],
            wait=wait,
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE_SECONDS,
            delete_jobs="successful",
        )


async def _enter_schema(connection: Any) -> None:
    await connection.execute("SET search_path TO jobs")
    await connection.commit()
