"""Rows of an event file -> events of people, by a mapping; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rulecast.collect.event import encode_properties
from rulecast.collect.imports.cells import (
    Cells,
    cell_reader,
    instant_reader,
    position_of,
)
from rulecast.collect.imports.join import Join
from rulecast.collect.imports.limits import FUTURE_TOLERANCE_HOURS
from rulecast.collect.imports.mapping import EventRules, ImportMapping
from rulecast.collect.imports.person import ImportedPerson
from rulecast.collect.imports.read_people import PersonReader, check_cells
from rulecast.collect.imports.read_value import read_spelled
from rulecast.collect.imports.refusals import EventNameError, EventTimeError, Reject, RowRefusedError
from rulecast.collect.imports.source import SourceRow
from rulecast.values.catalogue import Attribute, AttributeType

SEPARATOR = "\x1f"

# What the last row said of a person, and their place in the batch, by their identities.
_Known = dict[tuple[object, ...], tuple[tuple[object, ...], int]]


@dataclass(frozen=True, slots=True)
class EventBatch:
    """What a batch of rows became: columns of equal length, one entry an event.

    `owners` points into `people`; `contents` is the text from which the event's keyed hash is made, and
    `properties` is JSON.
    """

    people: list[ImportedPerson]
    owners: list[int]
    lines: list[int]
    names: list[str]
    occurred: list[datetime]
    contents: list[str]
    properties: list[str]
    rejects: list[Reject]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWords:
    """The names events may have, the types of their properties, and the attributes of people by name."""

    names: frozenset[str]
    types: Mapping[str, AttributeType]
    attributes: Mapping[str, Attribute]


class EventReader:
    """Reads rows by one mapping; made once a file."""

    def __init__(
        self,
        mapping: ImportMapping,
        columns: Sequence[str],
        words: EventWords,
        *,
        join: Join | None,
        now: datetime,
    ) -> None:
        """Compile the mapping for these columns; `join` is the second file.

        Raises:
            ColumnMissingError: the mapping names a column that is not there.
        """
        rules = mapping.event
        assert rules is not None
        self._width = len(columns)
        self._join = join
        columns = [*columns, *(() if join is None else join.columns)]
        positions = {name: place for place, name in enumerate(columns)}
        self._join_at = None if join is None else position_of(join.column, positions)
        self._person = PersonReader(mapping, columns, words.attributes, now)
        self._person_places = _person_places(mapping, positions)
        self._identity_width = len(mapping.identity.columns())
        self._has_known_since = mapping.known_since is not None
        self._name = _name_reader(rules, positions, words.names)
        self._occurred_at = instant_reader(rules.occurred_at, positions)
        self._occurred_column = rules.occurred_at.column or ""
        self._latest = now + timedelta(hours=FUTURE_TOLERANCE_HOURS)
        self._properties = [
            (name, cell_reader(rule, words.types[name], positions)) for name, rule in rules.properties.items()
        ]
        self._source_places = [position_of(one, positions) for one in rules.source_id]

    def read_batch(self, rows: Sequence[SourceRow]) -> EventBatch:
        """Read rows; a row that cannot be imported becomes a refusal."""
        batch = EventBatch([], [], [], [], [], [], [], [])
        known: _Known = {}
        for line, cells in rows:
            try:
                self._read(line, cells, batch, known)
            except RowRefusedError as refusal:
                batch.rejects.append(refusal.at(line))
        return batch

    def _read(self, line: int, cells: Cells, batch: EventBatch, known: _Known) -> None:
        check_cells(cells, self._width)
        told = [cells[place] for place in self._source_places] or cells
        content = SEPARATOR.join(map(str, told))
        if self._join is not None and self._join_at is not None:
            cells = [*cells, *self._join.find(cells[self._join_at])]
        name = self._name(cells)
        occurred_at = self._when(cells)
        properties = {key: value for key, read in self._properties if (value := read(cells)) is not None}
        # Last, as nothing may fail after a person was noted.
        owner = self._owner(line, cells, batch, known, occurred_at=occurred_at)
        batch.owners.append(owner)
        batch.lines.append(line)
        batch.names.append(name)
        batch.occurred.append(occurred_at)
        batch.contents.append(f"{name}{SEPARATOR}{content}")
        batch.properties.append(encode_properties(properties))

    def _when(self, cells: Cells) -> datetime:
        try:
            occurred_at = self._occurred_at(cells)
        except RowRefusedError as refusal:
            raise EventTimeError(self._occurred_column, refusal.what) from None
        if occurred_at is None:
            raise EventTimeError(self._occurred_column, "The row does not say when it happened.")
        if occurred_at > self._latest:
            raise EventTimeError(self._occurred_column, "The event lies in the future.")
        return occurred_at

    def _owner(
        self,
        line: int,
        cells: Cells,
        batch: EventBatch,
        known: _Known,
        *,
        occurred_at: datetime,
    ) -> int:
        """Return the place of the row's person in the batch; people are known since their first event.

        A person of whom something else is said than before is noted again, so that the last row wins.
        """
        said = tuple(cells[place] for place in self._person_places)
        who = said[: self._identity_width]
        before, place = known.get(who, (None, 0))
        if before != said:
            person = self._person.read(line, cells)
            if not self._has_known_since:
                person = replace(person, known_since=occurred_at)
            place = len(batch.people)
            known[who] = said, place
            batch.people.append(person)
        elif not self._has_known_since:
            since = batch.people[place].known_since
            if since is not None and occurred_at < since:
                batch.people[place] = replace(batch.people[place], known_since=occurred_at)
        return place


def _person_places(mapping: ImportMapping, positions: Mapping[str, int]) -> list[int]:
    """Return where everything stands that a row says about its person, who they are first."""
    columns = [*mapping.identity.columns(), *mapping.tags.columns]
    for rule in mapping.attributes.values():
        columns.extend(rule.columns())
    if mapping.known_since is not None:
        columns.extend(mapping.known_since.columns())
    for consent in mapping.consents:
        columns.extend(column for rule in consent.rules() for column in rule.columns())
    return [position_of(one, positions) for one in columns]


def _name_reader(
    rules: EventRules, positions: Mapping[str, int], names: frozenset[str]
) -> Callable[[Cells], str]:
    read = cell_reader(rules.name, AttributeType.TEXT, positions)
    column = rules.name.column or ""

    def read_name(cells: Cells) -> str:
        name = read(cells)
        if name is None or name not in names:
            raise EventNameError(column)
        return str(name)

    if rules.prefix_column is None:
        return read_name
    return _prefixed(read_name, rules, position_of(rules.prefix_column, positions))


def _prefixed(read_name: Callable[[Cells], str], rules: EventRules, place: int) -> Callable[[Cells], str]:
    prefixes = tuple(rules.prefixes.items())

    def read_prefixed(cells: Cells) -> str:
        text = read_spelled(cells[place]) or ""
        return next((name for prefix, name in prefixes if text.startswith(prefix)), None) or read_name(cells)

    return read_prefixed
