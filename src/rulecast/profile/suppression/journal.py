"""The journal of stops kept outside the database, so that no restore can forget them."""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from rulecast.profile.suppression.stop import Level, Scope, SuppressionAction, SuppressionCause
from rulecast.values.errors import RulecastError

# The first word of a line; another word means a later format.
LINE_VERSION = "s1"


class JournalWriteError(RulecastError):
    """The journal of opt-outs could not be written."""

    code = "RC-JOURNAL-001"
    summary = "The journal of opt-outs could not be written, so nothing was committed."
    remedy = "Make room for and give write access to the journal directory in RULECAST_HOME; Meta repeats the webhook."


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One row of the suppression record without the contact: keyed hash, what was said, how and when."""

    suppression_index: bytes = field(repr=False)
    scope: Scope
    action: SuppressionAction
    cause: SuppressionCause
    level: Level = "exact"
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedLine:
    """A line whose checksum does not hold; the last line of a journal is torn when its writer was killed."""

    line_number: int
    is_last: bool


class SuppressionJournal(Protocol):
    """Where stops are kept apart from the database: a file here, an object store for many hosts."""

    async def append(self, entries: Sequence[JournalEntry]) -> None:
        """Keep the entries durably; when this returns, a power cut cannot lose them.

        Raises:
            JournalWriteError: they are not durable; the caller must not commit.
        """
        ...

    def read(self) -> Iterator[JournalEntry | DamagedLine]:
        """Return everything that was kept, oldest first, and a mark where a line cannot be trusted."""
        ...


def write_line(entry: JournalEntry) -> str:
    """Return the entry as one line with its checksum, newline included."""
    said = (
        f"{LINE_VERSION} {entry.suppression_index.hex()} {entry.scope} {entry.action} {entry.cause}"
        f" {entry.level} {entry.occurred_at.isoformat()}"
    )
    return f"{said} {zlib.crc32(said.encode('ascii')):08x}\n"


_LINE = re.compile(
    r"(?P<said>s1 (?P<index>[0-9a-f]{32}) (?P<scope>marketing|all) (?P<action>\w+) (?P<cause>\w+)"
    r" (?P<level>exact|likely) (?P<occurred_at>[!-~]+)) (?P<checksum>[0-9a-f]{8})",
    re.ASCII,
)


def read_line(line: str) -> JournalEntry | None:
    """Return the entry a line holds, or None where its checksum or shape is wrong."""
    match = _LINE.fullmatch(line)
    if match is None or zlib.crc32(match["said"].encode("ascii")) != int(match["checksum"], 16):
        return None
    try:
        return JournalEntry(
            suppression_index=bytes.fromhex(match["index"]),
            scope=cast("Scope", match["scope"]),
            action=SuppressionAction(match["action"]),
            cause=SuppressionCause(match["cause"]),
            level=cast("Level", match["level"]),
            occurred_at=datetime.fromisoformat(match["occurred_at"]),
        )
    except ValueError:
        return None
