"""Who of 512 neighbouring people is in an audience, and when to look at each again; packed for storage."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Self

from rulecast.values.ids import RuleVersionId

BLOCK_PEOPLE = 512
"""A sweep looks at one block at a time: small enough to let live work in between, large enough to read in one go."""
MEMBER_BYTES = BLOCK_PEOPLE // 8
SECONDS_MAX = 2**32 - 1
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for no instant, in every reader's range."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def block_of(contact_id: int) -> int:
    """Return the number of the block a person is in."""
    return contact_id // BLOCK_PEOPLE


@dataclass(slots=True)
class AudienceBlock:
    """One block of one rule version while it is looked at."""

    rule_version_id: RuleVersionId
    block_number: int
    is_baselined: bool
    members: bytearray = field(default_factory=lambda: bytearray(MEMBER_BYTES))
    due: "array[int]" = field(default_factory=lambda: array("I"))

    @classmethod
    def read(
        cls,
        rule_version_id: RuleVersionId,
        block_number: int,
        *,
        is_baselined: bool,
        members: bytes,
        due: bytes,
    ) -> Self:
        """Return a stored block."""
        seconds = array("I")
        seconds.frombytes(due)
        return cls(rule_version_id, block_number, is_baselined, bytearray(members), seconds)

    @property
    def people(self) -> range:
        """Return the ids that belong to the block, whether somebody has them or not."""
        return range(self.block_number * BLOCK_PEOPLE, (self.block_number + 1) * BLOCK_PEOPLE)

    def holds(self, contact_id: int) -> bool:
        """Return whether the person is a member."""
        place = contact_id % BLOCK_PEOPLE
        return bool(self.members[place >> 3] >> (place & 7) & 1)

    def member_ids(self) -> Iterator[int]:
        """Yield the members, ascending."""
        return (contact_id for contact_id in self.people if self.holds(contact_id))

    def put(self, contact_id: int, *, is_member: bool, look_again_at: datetime | None) -> None:
        """Note whether a person is a member, and when time alone may change that."""
        place = contact_id % BLOCK_PEOPLE
        if is_member:
            self.members[place >> 3] |= 1 << (place & 7)
        else:
            self.members[place >> 3] &= ~(1 << (place & 7)) & 0xFF
        if look_again_at is None and not self.due:
            return
        if not self.due:
            self.due = array("I", bytes(BLOCK_PEOPLE * 4))
        self.due[place] = _seconds(look_again_at)

    def due_people(self, now: datetime) -> list[int]:
        """Return whom time alone may have moved by now."""
        latest = int((now - _EPOCH).total_seconds())
        first = self.block_number * BLOCK_PEOPLE
        return [first + place for place, at in enumerate(self.due) if 0 < at <= latest]

    @property
    def next_due(self) -> datetime:
        """Return the next instant at which somebody is to be looked at again, `NEVER` for none."""
        soonest = min(filter(None, self.due), default=None)
        return NEVER if soonest is None else _EPOCH + timedelta(seconds=soonest)

    def packed_due(self) -> bytes:
        """Return the instants as stored, nothing while there are none."""
        return self.due.tobytes() if any(self.due) else b""


def _seconds(instant: datetime | None) -> int:
    """Return an instant as stored: whole seconds, never before the instant itself; too far away is never."""
    if instant is None:
        return 0
    seconds = ceil((instant - _EPOCH).total_seconds())
    return seconds if 0 < seconds <= SECONDS_MAX else 0
