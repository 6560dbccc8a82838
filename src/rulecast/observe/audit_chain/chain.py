"""The arithmetic of the chain: what a link is, and which tamperings are seen."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One place of the chain, with the row it vouches for; `content` is what the row hashes to now."""

    position: int
    audit_id: int
    link: bytes
    content: bytes | None
    stored_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What the head of the chain was at some time, as a place outside the database remembers it."""

    position: int
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that does not fit, and where."""

    position: int
    what: str


def next_link(previous: bytes, position: int, audit_id: int, content_hash: bytes) -> bytes:
    """Return the link of a row: SHA-256 over the link before, the place, the row's number and its content hash."""
    return hashlib.sha256(
        previous + position.to_bytes(8, "big") + audit_id.to_bytes(8, "big") + content_hash
    ).digest()


def find_faults(entries: Iterable[Entry], anchors: Sequence[Anchor], *, faults_max: int = 100) -> list[Fault]:
    """Return what was edited, deleted, moved, forked or cut off before the last anchor, the first places first.

    Entries come in the order of their positions.
    """
    faults: list[Fault] = []
    wanted = {one.position: one.link for one in anchors}
    previous, place = GENESIS, 0
    for entry in entries:
        place += 1
        if entry.position != place:
            faults.append(Fault(position=place, what="a link is missing"))
            place = entry.position
        faults += [Fault(position=place, what=what) for what in _faults_of(entry, previous)]
        anchored = wanted.pop(place, entry.link)
        if anchored != entry.link:
            faults.append(Fault(position=place, what="the link is another one than the anchor remembers"))
        previous = entry.link
        if len(faults) >= faults_max:
            return faults[:faults_max]
    faults += [Fault(position=one, what="the chain was cut before an anchor") for one in sorted(wanted)]
    return faults[:faults_max]


def _faults_of(entry: Entry, previous: bytes) -> list[str]:
    if entry.content is None or entry.stored_hash is None:
        return ["the row is gone"]
    found = []
    if entry.content != entry.stored_hash:
        found.append("the row was changed")
    if entry.link != next_link(previous, entry.position, entry.audit_id, entry.stored_hash):
        found.append("the link does not follow from the one before and its row")
    return found
