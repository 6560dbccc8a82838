"""How far an import came, kept with the rows it stored: restart goes on, repetition does nothing."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, Self

from rulecast.values.ids import ImportId


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKey:
    """What makes an import the same import: the kind, the file's keyed hash and the mapping's."""

    kind: Literal["contacts", "events"]
    file_hash: bytes
    mapping_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What an import did with its rows; people and consents are counted beside."""

    rows_done: int = 0
    rows_stored: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    rows_repeated: int = 0
    rows_conflicting: int = 0
    people_created: int = 0
    consents_proven: int = 0
    consents_unproven: int = 0
    consents_refusing: int = 0

    def plus(self, other: "ImportCounts") -> Self:
        """Return the sum."""
        return type(self)(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(ImportCounts)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """One file under one mapping, as the database knows it."""

    import_id: ImportId
    state: Literal["running", "finished"]
    rows_done: int
    rows_stored: int
    rows_unchanged: int
    rows_rejected: int
    rows_repeated: int
    rows_conflicting: int
    people_created: int
    consents_proven: int
    consents_unproven: int
    consents_refusing: int
    started_at: datetime
    finished_at: datetime | None

    @property
    def counts(self) -> ImportCounts:
        """Return what was done so far."""
        return ImportCounts(**{one.name: getattr(self, one.name) for one in fields(ImportCounts)})


class ImportMovedError(Exception):
    """Another process has moved the import on: this one must not count its rows."""
