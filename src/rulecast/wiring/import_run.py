"""One run of an import: its lock, its row in the database, its reject file, and what it counts."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rulecast.collect import store as collect_store
from rulecast.collect.import_batch import ImportBatch, ImportCounts, ImportKey
from rulecast.collect.imports.errors import AlreadyRunningError
from rulecast.collect.imports.mapping import ImportKind
from rulecast.collect.imports.proposal import Proposal
from rulecast.collect.imports.refusals import Reject
from rulecast.collect.imports.reject_file import RejectFile
from rulecast.collect.imports.write_mapping import write_mapping
from rulecast.database import Connection, execute, load_queries
from rulecast.database.locks import lock_in_transaction
from rulecast.observe.append_audit import append_audit
from rulecast.wiring.catalogue import read_declared, save_declared
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)


async def say_importing(connection: Connection, *, fires_triggers: bool = False) -> None:
    """Mark the caller's transaction as an import's; it makes nobody enter an audience loudly unless it says so."""
    await execute(connection, QUERIES["say_importing"], {"fires_triggers": fires_triggers})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What to import, where refusals go, whether they hold the row, and whether a finished file is read again.

    `fires_triggers` lets its events, and the people who enter an audience by it, set rules off.
    """

    proposal: Proposal
    rejects_path: Path
    with_raw: bool = False
    again: bool = False
    fires_triggers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did.

    `was_finished` says that the same file had been imported with the same mapping before and was not read again;
    `resumed_after` how many rows an interrupted run had done.
    """

    import_id: int
    kind: ImportKind
    counts: ImportCounts
    was_finished: bool
    resumed_after: int
    rejects_path: Path | None
    reject_codes: dict[str, int]
    purposeless_grants: int
    speaks_of_consent: bool


class ImportRun:
    """What one run knows while it goes through the file."""

    def __init__(self, workspace: Workspace, order: ImportOrder, batch: ImportBatch) -> None:
        """Begin after the rows that are done."""
        self.order = order
        self.batch = batch
        self.counts = batch.counts
        self.was_finished = batch.state == "finished"
        self.purposeless_grants = 0
        self._workspace = workspace
        self._rejects = RejectFile(order.rejects_path, with_raw=order.with_raw)
        self._codes: Counter[str] = Counter()

    async def advance(
        self,
        connection: Connection,
        done: ImportCounts,
        rejects: Sequence[Reject],
        *,
        raw_of: Callable[[int], str],
    ) -> None:
        """Write the refusals and count the rows, in the transaction that stores them.

        The refusals reach the disk before the commit: a killed run may have written some that come again, and
        `open_rejects` drops those; none is ever lost.
        """
        if self.order.with_raw:
            rejects = [replace(one, raw=raw_of(one.line)) for one in rejects]
        await asyncio.to_thread(self._rejects.write, rejects)
        await collect_store.advance_import(
            connection, self.batch.import_id, done, expected_rows_done=self.counts.rows_done
        )

    def count(self, done: ImportCounts, rejects: Sequence[Reject]) -> None:
        """Take over what has been committed."""
        self.counts = self.counts.plus(done)
        self._codes.update(one.code for one in rejects)

    def open_rejects(self) -> None:
        """Keep the refusals among the rows an interrupted run had stored."""
        self._rejects.keep_first(self.batch.rows_rejected)

    def close(self) -> None:
        """Close the reject file."""
        self._rejects.close()

    async def finish(self) -> ImportReport:
        """Mark the import as finished; the audit says who imported how much."""
        now = self._workspace.clock.now()
        async with self._workspace.database.transaction() as connection:
            await collect_store.finish_import(connection, self.batch.import_id, now)
            await append_audit(
                connection,
                actor=self._workspace.actor,
                action=f"import.{self.order.proposal.mapping.kind}",
                subject=f"import {self.batch.import_id}",
                details={**asdict(self.counts), "fires_triggers": self.order.fires_triggers},
                now=now,
            )
        return self.report()

    def report(self) -> ImportReport:
        """Return what was done."""
        return ImportReport(
            import_id=self.batch.import_id,
            kind=self.order.proposal.mapping.kind,
            counts=self.counts,
            was_finished=self.was_finished,
            resumed_after=0 if self.was_finished else self.batch.rows_done,
            rejects_path=self._rejects.path if self._rejects.was_written else None,
            reject_codes=dict(sorted(self._codes.items())),
            purposeless_grants=self.purposeless_grants,
            speaks_of_consent=bool(self.order.proposal.mapping.consents),
        )


@asynccontextmanager
async def import_run(workspace: Workspace, order: ImportOrder) -> AsyncIterator[ImportRun]:
    """Hold the file's lock while it is imported; the catalogue learns the mapping's new names first.

    Raises:
        AlreadyRunningError: another process imports the same file with the same mapping.
    """
    key = _key(workspace, order.proposal)
    lock = f"import {key.kind} {key.file_hash.hex()} {key.mapping_hash.hex()}"
    async with workspace.database.advisory_lock(lock, wait=False) as held:
        if not held:
            raise AlreadyRunningError
        async with workspace.database.transaction() as connection:
            batch = await _begin(connection, workspace, key, order)
            await _extend_catalogue(connection, order.proposal)
        run = ImportRun(workspace, order, batch)
        try:
            if not run.was_finished:
                await asyncio.to_thread(run.open_rejects)
            yield run
        finally:
            run.close()


def _key(workspace: Workspace, proposal: Proposal) -> ImportKey:
    mapping = hashlib.sha256(write_mapping(proposal.mapping).encode())
    if proposal.join is not None:
        mapping.update(proposal.join.file_hash)
    return ImportKey(
        kind=proposal.mapping.kind,
        file_hash=workspace.vault.sign("import file", proposal.source.facts.file_hash),
        mapping_hash=workspace.vault.sign("import mapping", mapping.digest()),
    )


async def _begin(
    connection: Connection, workspace: Workspace, key: ImportKey, order: ImportOrder
) -> ImportBatch:
    now = workspace.clock.now()
    batch = await collect_store.begin_import(connection, key, imported_by=workspace.actor, now=now)
    if batch.state == "finished" and order.again:
        await collect_store.reopen_import(connection, batch.import_id, now)
        batch = await collect_store.begin_import(connection, key, imported_by=workspace.actor, now=now)
    if batch.state == "running":
        await collect_store.let_import_fire(connection, batch.import_id, fires_triggers=order.fires_triggers)
    return batch


async def _extend_catalogue(connection: Connection, proposal: Proposal) -> None:
    if not proposal.new_attributes and not proposal.new_events:
        return
    await lock_in_transaction(connection, "catalogue")
    declared = await read_declared(connection)
    attributes = {one.name: one for one in (*proposal.new_attributes, *declared.attributes)}
    events = {one.name: one for one in (*declared.events, *proposal.new_events)}
    extended = replace(declared, attributes=tuple(attributes.values()), events=tuple(events.values()))
    await save_declared(connection, extended)
