"""The journal of stops kept outside the database, so that no restore can forget them."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast

from rulecast.profile.suppression.stop import Level, Scope, SuppressionAction, SuppressionCause
from rulecast.values.errors import RulecastError
from rulecast.vault.errors import SealBrokenError

# The first word of a line; another word means a later format. Lines of the first format (`s1`) are in clear and are
# still read: they hold keyed hashes only.
LINE_VERSION = "s2"
TORN_MARK = "torn"
"""Written after a line that a dead writer left unfinished; nobody was ever answered for that line."""


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
    """A line that cannot be trusted; a torn one is what a killed writer leaves and promised nothing to anybody."""

    file_name: str
    line_number: int
    is_torn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSeal:
    """Encrypts and opens lines under the journal's own key; `open_` raises `SealBrokenError`."""

    seal: Callable[[bytes], bytes] = field(repr=False)
    open_: Callable[[bytes], bytes] = field(repr=False)


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


def write_line(entry: JournalEntry, seal: LineSeal) -> str:
    """Return the entry as one sealed line, newline included; the seal is its checksum."""
    said = (
        f"{entry.suppression_index.hex()} {entry.scope} {entry.action} {entry.cause}"
        f" {entry.level} {entry.occurred_at.isoformat()}"
    )
    return f"{LINE_VERSION} {base64.b64encode(seal.seal(said.encode('ascii'))).decode('ascii')}\n"


_SAID = re.compile(
    r"(?P<index>[0-9a-f]{32}) (?P<scope>marketing|all) (?P<action>\w+) (?P<cause>\w+)"
    r" (?P<level>exact|likely) (?P<occurred_at>[!-~]+)",
    re.ASCII,
)
_FIRST_FORMAT = re.compile(r"(?P<whole>s1 (?P<said>[!-~ ]+)) (?P<checksum>[0-9a-f]{8})", re.ASCII)


def read_line(line: str, seal: LineSeal) -> JournalEntry | None:
    """Return the entry a line of any format holds, or None where its seal, checksum or shape is wrong."""
    said = _open(line, seal)
    match = _SAID.fullmatch(said) if said is not None else None
    if match is None:
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


def _open(line: str, seal: LineSeal) -> str | None:
    first = _FIRST_FORMAT.fullmatch(line)
    if first is not None:
        is_whole = zlib.crc32(first["whole"].encode("ascii")) == int(first["checksum"], 16)
        return first["said"] if is_whole else None
    version, _, sealed = line.partition(" ")
    if version != LINE_VERSION:
        return None
    try:
        return seal.open_(base64.b64decode(sealed, validate=True)).decode("ascii")
    except (binascii.Error, SealBrokenError, ValueError):
        return None
