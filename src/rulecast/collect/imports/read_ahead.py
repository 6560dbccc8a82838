"""Rows in batches, read by a mapping ahead of the database: in a thread, or in worker processes for big files."""

import asyncio
import gc
import json
import multiprocessing
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar, cast

from rulecast.collect.imports.limits import BATCH_ROWS
from rulecast.collect.imports.source import Source, SourceRow

# Below this number of rows starting processes costs more than it saves.
WORKERS_FROM_ROWS = 20_000
WORKERS = 2
# Batches read before they are stored: enough to keep the workers busy, few enough to stay in memory.
AHEAD = WORKERS + 1
# Objects made before Python looks for cycles. Rows and people form none; at its usual 700 the search took a fifth of
# a worker's time. So many are some 20 MB.
OBJECTS_BETWEEN_COLLECTIONS = 100_000

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBatch(Generic[Read]):
    """Rows as they stood in the file, and what was read from them."""

    rows: Sequence[SourceRow]
    read: Read

    def raw_of(self, line: int) -> str:
        """Return the row of a line as JSON, for a reject file that was asked to hold it."""
        found = next((row.cells for row in self.rows if row.line == line), ())
        return json.dumps([None if cell is None else str(cell) for cell in found], ensure_ascii=False)


async def read_ahead(
    source: Source,
    make_reader: Callable[[], Callable[[Sequence[SourceRow]], Read]],
    *,
    skip_rows: int,
    in_processes: bool,
) -> AsyncIterator[ReadBatch[Read]]:
    """Yield the file's rows after the first `skip_rows`, in order, in batches, already read.

    `make_reader` is called once in each worker; with `in_processes` it must be picklable.
    """
    with (
        _rare_collections(),
        closing(source.rows()) as rows,
        _executor(make_reader, in_processes=in_processes) as (executor, read),
    ):
        await asyncio.to_thread(_skip, rows, skip_rows)
        pending: deque[tuple[list[SourceRow], asyncio.Future[Read]]] = deque()
        loop = asyncio.get_running_loop()
        while True:
            while len(pending) < AHEAD and (batch := await asyncio.to_thread(_take, rows)):
                pending.append((batch, loop.run_in_executor(executor, read, batch)))
            if not pending:
                return
            batch, future = pending.popleft()
            yield ReadBatch(rows=batch, read=await future)


def _take(rows: Iterator[SourceRow]) -> list[SourceRow]:
    return list(islice(rows, BATCH_ROWS))


def _skip(rows: Iterator[SourceRow], count: int) -> None:
    deque(islice(rows, count), maxlen=0)


@contextmanager
def _rare_collections() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _executor(
    make_reader: Callable[[], Callable[[Sequence[SourceRow]], Read]], *, in_processes: bool
) -> Iterator[tuple[Executor, Callable[[Sequence[SourceRow]], Read]]]:
    if not in_processes:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as threads:
            yield threads, make_reader()
        return
    # A forked copy of a process with threads and database connections can hang: workers start clean.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        max_workers=WORKERS, mp_context=context, initializer=_begin_worker, initargs=(make_reader,)
    ) as processes:
        yield processes, cast("Callable[[Sequence[SourceRow]], Read]", _read_in_worker)


_worker: list[Callable[[Sequence[SourceRow]], object]] = []


def _begin_worker(make_reader: Callable[[], Callable[[Sequence[SourceRow]], object]]) -> None:
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    _worker[:] = [make_reader()]


def _read_in_worker(rows: Sequence[SourceRow]) -> object:
    return _worker[0](rows)
