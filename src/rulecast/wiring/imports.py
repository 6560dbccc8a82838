"""Importing files: survey and mapping first, then batches of rows, each with its checkpoint in one transaction."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from rulecast.collect.import_batch import ImportCounts
from rulecast.collect.imports.mapping import ImportMapping
from rulecast.collect.imports.person import ImportedPerson
from rulecast.collect.imports.read_ahead import WORKERS_FROM_ROWS, ReadBatch, read_ahead
from rulecast.collect.imports.read_people import PeopleBatch, PersonReader
from rulecast.collect.imports.source import SourceRow
from rulecast.database.errors import DeadlockDetected, UniqueViolation
from rulecast.profile.store_people import PeopleOrigin, store_people
from rulecast.values.catalogue import Attribute
from rulecast.values.purpose import ConsentStatus
from rulecast.wiring.import_run import ImportOrder, ImportReport, ImportRun, import_run, say_importing
from rulecast.wiring.workspace import Workspace

# Two imports that meet on one new person, or on two in opposite order: the second finds them at the next try.
ATTEMPTS = 3

Progress = Callable[[int], None]


async def import_contacts(
    workspace: Workspace, order: ImportOrder, *, progress: Progress | None = None
) -> ImportReport:
    """Import a contact list: normalise, match, store, count; killed half-way, it goes on where it stopped.

    Raises:
        AlreadyRunningError: another process imports the same file.
        ImportRefusedError: the reject file cannot be written.
    """
    proposal = order.proposal
    async with import_run(workspace, order) as run:
        if run.was_finished:
            return run.report()
        reader = partial(
            _person_reader,
            proposal.mapping,
            proposal.source.facts.columns,
            proposal.attributes,
            run.batch.started_at,
        )
        rows = proposal.source.facts.rows
        batches = read_ahead(
            proposal.source,
            reader,
            skip_rows=run.batch.rows_done,
            in_processes=rows is None or rows >= WORKERS_FROM_ROWS,
        )
        async for batch in batches:
            await _store_batch(workspace, run, batch)
            if progress is not None:
                progress(run.counts.rows_done)
        return await run.finish()


def _person_reader(
    mapping: ImportMapping, columns: Sequence[str], attributes: Mapping[str, Attribute], now: datetime
) -> Callable[[Sequence[SourceRow]], PeopleBatch]:
    return PersonReader(mapping, columns, attributes, now).read_batch


async def _store_batch(workspace: Workspace, run: ImportRun, batch: ReadBatch[PeopleBatch]) -> None:
    origin = PeopleOrigin(
        import_id=run.batch.import_id,
        started_at=run.batch.started_at,
        valid_from=run.order.proposal.mapping.valid_from,
    )
    for attempt in range(ATTEMPTS):
        try:
            async with workspace.database.transaction() as connection:
                await say_importing(connection, fires_triggers=run.order.fires_triggers)
                stored = await store_people(
                    connection, workspace.vault, batch.read.people, origin=origin, now=workspace.clock.now()
                )
                rejects = (*batch.read.rejects, *stored.rejects)
                done = replace(
                    _consent_counts(batch.read.people),
                    rows_done=len(batch.rows),
                    rows_stored=stored.rows_stored,
                    rows_unchanged=stored.rows_unchanged,
                    rows_repeated=stored.rows_repeated,
                    rows_conflicting=stored.rows_conflicting,
                    rows_rejected=len(rejects),
                    people_created=stored.people_created,
                )
                await run.advance(connection, done, rejects, raw_of=batch.raw_of)
        except (UniqueViolation, DeadlockDetected):
            if attempt == ATTEMPTS - 1:
                raise
        else:
            run.count(done, rejects)
            run.purposeless_grants += sum(one.purposeless_grants for one in batch.read.people)
            return


def _consent_counts(people: Sequence[ImportedPerson]) -> ImportCounts:
    said: Counter[str] = Counter()
    for person in people:
        for consent in person.consents:
            if consent.status is not ConsentStatus.GRANTED:
                said["refusing"] += 1
            elif consent.occurred_at is not None and consent.method and consent.wording_version:
                said["proven"] += 1
            else:
                said["unproven"] += 1
    return ImportCounts(
        consents_proven=said["proven"],
        consents_unproven=said["unproven"],
        consents_refusing=said["refusing"],
    )
