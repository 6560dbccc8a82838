"""What one group of drafts may use of its portfolio's people, held by locks until its permits are written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.gate.people_chunks import store
from rulecast.gate.people_chunks.chunk_size import PeopleLimit, chunk_size
from rulecast.gate.people_chunks.store import Connection

CHUNK_SECONDS = 10.0
"""A chunk nobody uses comes back after this; longer than any transaction of a sender."""
DRY_REST = timedelta(seconds=1)
"""A portfolio that had nothing left is not asked again in this time."""
DRY_MAX = 1_000
"""Portfolios remembered as dry; no workspace has so many."""


@dataclass(slots=True, kw_only=True)
class Half:
    """The chunks of one kind that a group holds: what is left in each, and what the group took."""

    left: dict[int, int] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """Return how many people are left."""
        return sum(self.left.values())

    def take(self) -> None:
        """Take one person from the first chunk that has one."""
        chunk_id = next(one for one, left in self.left.items() if left > 0)
        self.left[chunk_id] -= 1
        self.used[chunk_id] = self.used.get(chunk_id, 0) + 1


@dataclass(slots=True, kw_only=True)
class PeopleShare:
    """The people a group may still write to: marketing's, and those for anything else."""

    marketing: Half = field(default_factory=Half)
    other: Half = field(default_factory=Half)
    # When the first of those who count now leaves the rolling day, where nothing is left.
    free_at: datetime | None = None

    def left(self, *, is_marketing: bool) -> int:
        """Return how many new people a message of this kind may still reach."""
        return self._half(is_marketing).people

    def take(self, *, is_marketing: bool) -> None:
        """Count one new person."""
        self._half(is_marketing).take()

    def _half(self, is_marketing: bool) -> Half:  # noqa: FBT001 - which of two
        return self.marketing if is_marketing else self.other


class DryPools:
    """Which portfolios had nothing left a moment ago; one process's memory, only to spare questions."""

    def __init__(self) -> None:
        """Begin knowing of none."""
        self._until: dict[tuple[str, bool], datetime] = {}
        self.free_at: dict[str, datetime] = {}

    def is_dry(self, portfolio_id: str, *, is_marketing: bool, now: datetime) -> bool:
        """Return whether nothing was left within the last second."""
        until = self._until.get((portfolio_id, is_marketing))
        return until is not None and until - DRY_REST <= now < until

    def note(self, portfolio_id: str, *, is_marketing: bool, now: datetime) -> None:
        """Remember that nothing is left."""
        if len(self._until) >= DRY_MAX:
            self._until.clear()
        self._until[portfolio_id, is_marketing] = now + DRY_REST


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose people, for which number, at which instant."""

    portfolio_id: str
    business_number_id: str
    limit: PeopleLimit
    now: datetime


async def hold_people(
    connection: Connection, place: Place, *, marketing: int, other: int, dry: DryPools
) -> PeopleShare:
    """Return chunks for at most so many new people of either kind, new ones where the number holds too little.

    A chunk that was handed out under a higher limit than the one in force is not used.
    """
    share = PeopleShare()
    for is_marketing, wanted in ((True, marketing), (False, other)):
        if wanted == 0:
            continue
        half = share.marketing if is_marketing else share.other
        half.left = await store.hold_chunks(
            connection,
            portfolio_id=place.portfolio_id,
            business_number_id=place.business_number_id,
            is_marketing=is_marketing,
            people_max=place.limit.of_kind(is_marketing=is_marketing),
        )
        missing = wanted - half.people
        if missing > 0 and not dry.is_dry(place.portfolio_id, is_marketing=is_marketing, now=place.now):
            half.left |= await _take_chunk(
                connection, place, wanted=missing, is_marketing=is_marketing, dry=dry
            )
            if half.people < wanted:
                dry.note(place.portfolio_id, is_marketing=is_marketing, now=place.now)
    share.free_at = dry.free_at.get(place.portfolio_id)
    return share


async def _take_chunk(
    connection: Connection, place: Place, *, wanted: int, is_marketing: bool, dry: DryPools
) -> dict[int, int]:
    """Take a chunk under the portfolio's lock; what others hold and have not used counts as used."""
    await store.lock_portfolio(connection, place.portfolio_id)
    await store.drop_expired(
        connection,
        place.portfolio_id,
        marketing_max=place.limit.of_kind(is_marketing=True),
        other_max=place.limit.of_kind(is_marketing=False),
    )
    counted = await store.count_people(
        connection, place.portfolio_id, counted_from=place.now - PORTFOLIO_WINDOW
    )
    for_marketing, for_other = place.limit.left(
        people=counted.people,
        marketed_only=counted.marketed_only,
        out=counted.out,
        out_marketing=counted.out_marketing,
    )
    size = chunk_size(for_marketing if is_marketing else for_other, wanted=wanted, holders=counted.holders)
    if counted.oldest_at is not None:
        dry.free_at[place.portfolio_id] = counted.oldest_at + PORTFOLIO_WINDOW
    if size == 0:
        return {}
    chunk = store.ChunkRow(
        portfolio_id=place.portfolio_id,
        business_number_id=place.business_number_id,
        is_marketing=is_marketing,
        granted=size,
        people_max=place.limit.of_kind(is_marketing=is_marketing),
    )
    chunk_id = await store.insert_chunk(connection, chunk, seconds=CHUNK_SECONDS)
    return {chunk_id: size}


async def use_people(connection: Connection, share: PeopleShare) -> None:
    """Count what a group used of its chunks, in the transaction that writes its permits."""
    used = share.marketing.used | share.other.used
    if used:
        await store.use_chunks(connection, used)


async def return_chunks(connection: Connection, business_number_id: str) -> None:
    """Give back what a number holds; called under its lease, when it changes hands."""
    await store.delete_chunks(connection, business_number_id)
