"""Importing event files: people first, then their events, each batch with its checkpoint in one transaction."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice

from rulecast.collect.event import EventColumns, encode_properties
from rulecast.collect.import_batch import ImportCounts
from rulecast.collect.imports.errors import TooManyRepeatsError
from rulecast.collect.imports.limits import BATCH_ROWS, COUNTED_ROWS_MAX
from rulecast.collect.imports.person import ImportedPerson
from rulecast.collect.imports.proposal import Proposal, event_names, property_type
from rulecast.collect.imports.read_ahead import ReadBatch, read_ahead
from rulecast.collect.imports.read_events import SEPARATOR, EventBatch, EventReader, EventWords
from rulecast.collect.imports.refusals import PersonUnknownError, Reject
from rulecast.collect.record_events import record_event_columns
from rulecast.database import Connection
from rulecast.database.errors import DeadlockDetected, UniqueViolation
from rulecast.profile.store_people import PeopleOrigin, StoredPeople, find_people, store_people
from rulecast.values.catalogue import BUILT_IN_EVENTS, Catalogue
from rulecast.values.ids import ContactId, ImportId
from rulecast.vault import Vault
from rulecast.wiring.import_run import ImportOrder, ImportReport, ImportRun, import_run, say_importing
from rulecast.wiring.imports import ATTEMPTS, Progress
from rulecast.wiring.workspace import Workspace

# People of earlier batches whose ids are remembered, so that a long history asks for each person once: 40 MB.
REMEMBERED_PEOPLE_MAX = 200_000


async def import_events(
    workspace: Workspace, order: ImportOrder, *, progress: Progress | None = None
) -> ImportReport:
    """Import what people did; events that are stored already are stored once.

    Raises:
        AlreadyRunningError: another process imports the same file.
        TooManyRepeatsError: identical rows are to be counted in too long a file.
        ImportRefusedError: the reject file cannot be written.
    """
    async with import_run(workspace, order) as run:
        if run.was_finished:
            return run.report()
        async with workspace.database.connection() as connection:
            catalogue = await workspace.catalogue(connection)
        reader = _reader(order.proposal, catalogue, run.batch.started_at)
        numbering = RepeatNumbering(order.proposal)
        await asyncio.to_thread(
            _recount,
            order.proposal,
            reader,
            numbering=numbering,
            vault=workspace.vault,
            rows_done=run.batch.rows_done,
        )
        events = EventStore(workspace, run, numbering)
        batches = read_ahead(
            order.proposal.source,
            lambda: reader.read_batch,
            skip_rows=run.batch.rows_done,
            in_processes=False,
        )
        async for batch in batches:
            await events.store(batch)
            if progress is not None:
                progress(run.counts.rows_done)
        return await run.finish()


def _reader(proposal: Proposal, catalogue: Catalogue, now: datetime) -> EventReader:
    rules = proposal.mapping.event
    assert rules is not None
    types = {name: property_type(name, rule, catalogue) for name, rule in rules.properties.items()}
    built_in = {one.name for one in BUILT_IN_EVENTS}
    names = frozenset({*event_names(rules), *catalogue.events} - built_in)
    words = EventWords(names=names, types=types, attributes=proposal.attributes)
    return EventReader(proposal.mapping, proposal.source.facts.columns, words, join=proposal.join, now=now)


Who = tuple[str | None, str | None, str | None]
# What was said of somebody who has not been met: equal to nothing.
NEVER = object()


class RepeatNumbering:
    """Gives each event its keyed hash; where identical rows count, the second and later ones get one of their own."""

    def __init__(self, proposal: Proposal) -> None:
        """Begin before the first row.

        Raises:
            TooManyRepeatsError: identical rows are to be counted in a file that is too long for it.
        """
        rules = proposal.mapping.event
        assert rules is not None
        self.counts_repeats = rules.repeats == "count" and not rules.source_id
        self._seen: dict[bytes, int] = {}
        rows = proposal.source.facts.rows
        if self.counts_repeats and (rows is None or rows > COUNTED_ROWS_MAX):
            raise TooManyRepeatsError(
                f"Identical rows are counted in files of at most {COUNTED_ROWS_MAX:,} rows."
            )

    def keys(self, vault: Vault, contents: Sequence[str]) -> list[bytes]:
        """Return the keys of the next events, in the order of the file."""
        keys = [vault.lookup_index("event", content) for content in contents]
        if not self.counts_repeats:
            return keys
        for place, key in enumerate(keys):
            number = self._seen.get(key, 0) + 1
            self._seen[key] = number
            if number > 1:
                keys[place] = vault.lookup_index("event", f"{contents[place]}{SEPARATOR}#{number}")
        return keys


def _recount(
    proposal: Proposal, reader: EventReader, *, numbering: RepeatNumbering, vault: Vault, rows_done: int
) -> None:
    """Count the rows an interrupted run has stored; blocking."""
    if not numbering.counts_repeats or rows_done == 0:
        return
    with closing(proposal.source.rows()) as found:
        rows = islice(found, rows_done)
        while batch := list(islice(rows, BATCH_ROWS)):
            numbering.keys(vault, reader.read_batch(batch).contents)


class EventStore:
    """Stores batches of events; remembers the people of earlier ones."""

    def __init__(self, workspace: Workspace, run: ImportRun, numbering: RepeatNumbering) -> None:
        """Begin with nobody remembered."""
        mapping = run.order.proposal.mapping
        assert mapping.event is not None
        self._workspace = workspace
        self._run = run
        self._numbering = numbering
        self._creates = mapping.event.create_contacts
        self._says_more = bool(mapping.attributes or mapping.tags.columns or mapping.tags.constant)
        self._has_consents = bool(mapping.consents)
        self._remembered: dict[Who, tuple[object, ContactId]] = {}

    async def store(self, batch: ReadBatch[EventBatch]) -> None:
        """Store the people and events of a batch with its checkpoint."""
        keys = self._numbering.keys(self._workspace.vault, batch.read.contents)
        for attempt in range(ATTEMPTS):
            try:
                async with self._workspace.database.transaction() as connection:
                    await say_importing(connection, fires_triggers=self._run.order.fires_triggers)
                    done, rejects, met = await self._write(connection, batch, keys)
            except (UniqueViolation, DeadlockDetected):
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                self._run.count(done, rejects)
                if len(self._remembered) + len(met) > REMEMBERED_PEOPLE_MAX:
                    self._remembered.clear()
                self._remembered.update(met)
                return

    async def _write(
        self, connection: Connection, batch: ReadBatch[EventBatch], keys: Sequence[bytes]
    ) -> tuple[ImportCounts, list[Reject], dict[Who, tuple[object, ContactId]]]:
        read, now = batch.read, self._workspace.clock.now()
        met, stored = await self._meet(connection, self._worth_storing(read.people), now)
        refused = {one.line: one for one in (() if stored is None else stored.rejects)}
        found = (met.get(_who(one)) or self._remembered.get(_who(one)) for one in read.people)
        owners = [None if one is None else one[1] for one in found]
        columns, unowned = _columns(read, keys, owners, self._run.batch.import_id)
        new = await record_event_columns(connection, columns, now) if columns.names else 0
        rejects = [
            *read.rejects,
            *(
                replace(refused[person.line], line=line)
                if person.line in refused
                else PersonUnknownError().at(line)
                for line, person in unowned
            ),
        ]
        rejects.sort(key=lambda one: one.line)
        done = ImportCounts(
            rows_done=len(batch.rows),
            rows_stored=new,
            rows_unchanged=len(columns.names) - new,
            rows_rejected=len(rejects),
            people_created=0 if stored is None else stored.people_created,
        )
        await self._run.advance(connection, done, rejects, raw_of=batch.raw_of)
        return done, rejects, met

    async def _meet(
        self, connection: Connection, people: Sequence[ImportedPerson], now: datetime
    ) -> tuple[dict[Who, tuple[object, ContactId]], StoredPeople | None]:
        """Find, change or create people; return what was last said of each, and their ids."""
        if not people:
            return {}, None
        vault = self._workspace.vault
        if not self._creates:
            found = await find_people(connection, vault, people)
            people = [one for one in people if one.line in found]
            if not self._says_more and not self._has_consents:
                return {_who(one): (None, found[one.line]) for one in people}, None
        stored = await store_people(
            connection,
            vault,
            people,
            origin=PeopleOrigin(
                import_id=self._run.batch.import_id,
                started_at=self._run.batch.started_at,
                valid_from=self._run.order.proposal.mapping.valid_from,
            ),
            now=now,
        )
        ids = stored.contact_of_line
        return {_who(one): (self._said(one), ids[one.line]) for one in people if one.line in ids}, stored

    def _worth_storing(self, people: Sequence[ImportedPerson]) -> list[ImportedPerson]:
        """Return, in order, those who are new or of whom something else is said than the last time."""
        last: dict[Who, object] = {}
        chosen: list[ImportedPerson] = []
        for one in people:
            who, said = _who(one), self._said(one)
            if last.get(who, self._remembered.get(who, (NEVER,))[0]) != said:
                chosen.append(one)
            last[who] = said
        return chosen

    def _said(self, person: ImportedPerson) -> object:
        """Return everything a row said of a person, None where the mapping reads nothing but who they are."""
        if not self._says_more and not self._has_consents:
            return None
        return encode_properties(person.attributes), person.tags, person.consents


def _who(person: ImportedPerson) -> Who:
    return person.phone, person.bsuid, person.external


def _columns(
    read: EventBatch, keys: Sequence[bytes], owners: Sequence[ContactId | None], import_id: ImportId
) -> tuple[EventColumns, list[tuple[int, ImportedPerson]]]:
    """Return the events of people who are known now, and line and person of all others."""
    unowned = [
        (line, read.people[place])
        for line, place in zip(read.lines, read.owners, strict=True)
        if owners[place] is None
    ]
    kept = [number for number, place in enumerate(read.owners) if owners[place] is not None]
    columns = EventColumns(
        contact_ids=[owners[read.owners[number]] or 0 for number in kept],
        names=[read.names[number] for number in kept],
        occurred=[read.occurred[number] for number in kept],
        keys=[keys[number] for number in kept],
        sources=["import"] * len(kept),
        import_ids=[import_id] * len(kept),
        properties=[read.properties[number] for number in kept],
    )
    return columns, unowned
