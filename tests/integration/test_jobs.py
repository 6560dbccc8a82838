"""What the work list promises about whole runs."""

import asyncio

import pytest

from rulecast.database import Database, fetch_value
from rulecast.jobs import Jobs


async def test_a_deferred_run_runs_once_with_its_arguments(database: Database) -> None:
    seen: list[str] = []

    async def run(reason: str) -> None:
        seen.append(reason)

    jobs = Jobs(database)
    jobs.register("mart.rebuild", run)
    async with jobs:
        assert await jobs.defer("mart.rebuild", reason="drill") is not None
        await jobs.run_due()
        await jobs.run_due()
    assert seen == ["drill"]


async def test_the_same_run_waits_only_once(database: Database) -> None:
    async def run() -> None:
        return None

    jobs = Jobs(database)
    jobs.register("mart.rebuild", run)
    async with jobs:
        assert await jobs.defer("mart.rebuild") is not None
        assert await jobs.defer("mart.rebuild") is None


async def test_a_run_that_failed_is_tried_again_later(database: Database) -> None:
    async def run() -> None:
        raise RuntimeError

    jobs = Jobs(database)
    jobs.register("mart.rebuild", run)
    async with jobs:
        await jobs.defer("mart.rebuild")
        await jobs.run_due()
    async with database.connection() as connection:
        state = await fetch_value(connection, "SELECT status::text FROM jobs.procrastinate_jobs")
    assert state == "todo"


async def test_a_run_of_a_dead_worker_returns_to_the_queue(database: Database) -> None:
    async def run() -> None:
        return None

    jobs = Jobs(database)
    jobs.register("mart.rebuild", run)
    async with jobs:
        await jobs.defer("mart.rebuild")
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL search_path TO jobs")
            await connection.execute(
                "INSERT INTO jobs.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
            )
            await connection.execute(
                "UPDATE jobs.procrastinate_jobs SET status = 'doing', "
                "worker_id = (SELECT id FROM jobs.procrastinate_workers)"
            )
        await jobs.rescue_stalled()
        async with database.connection() as connection:
            state = await fetch_value(connection, "SELECT status::text FROM jobs.procrastinate_jobs")
    assert state == "todo"


async def test_a_worker_stops_when_told(database: Database) -> None:
    started, stop = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        started.set()

    jobs = Jobs(database)
    jobs.register("mart.rebuild", run)
    async with jobs:
        worker = asyncio.create_task(jobs.run_worker(stop))
        await jobs.defer("mart.rebuild")
        await asyncio.wait_for(started.wait(), 20)
        stop.set()
        await asyncio.wait_for(worker, 20)


async def test_an_unknown_name_is_a_programmer_error(database: Database) -> None:
    jobs = Jobs(database)
    async with jobs:
        with pytest.raises(LookupError):
            await jobs.defer("no.such.run")
