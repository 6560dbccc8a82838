"""The only caller of the database where statuses, answers and clicks meet messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from rulecast.collect.plain_statuses import PlainStatuses
from rulecast.collect.webhook_facts import StatusFact
from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.database.columns import bigints, blobs, instants, integers, texts, whole_seconds
from rulecast.deliver.statuses.merge import Marks

__all__ = [
    "AnsweredRow",
    "ClickedRow",
    "Connection",
    "FamiliarRow",
    "KeyedStatuses",
    "MatchedRow",
    "MergedRow",
    "ParkedRow",
    "PlainRow",
    "RunRow",
]

QUERIES = load_queries(__package__)

Value = TypeVar("Value")


class MatchedRow(NamedTuple):
    """The message of the status at a position (from 1), as it stands under the lock."""

    position: int
    message_id: int
    contact_id: int
    business_number_id: str
    run_id: int
    template_id: int
    variant: str
    state: str
    lacks_wamid: bool
    was_delivered: bool
    was_failed: bool


class KeyedStatuses(NamedTuple):
    """Ordinary statuses, each with its wamid's keyed hash and that of the fact it tells."""

    statuses: PlainStatuses
    wamid_indexes: Sequence[bytes]
    event_keys: Sequence[bytes]


class FamiliarRow(NamedTuple):
    """What facts about messages of a run and a template say, and who waits for their delivery.

    `priced_as` is the one category its messages are billed as, empty where that changed. Who is `listening`:
    nobody (0), a count of the delivered (1), or actions for each of them (2).
    """

    run_id: int
    template_id: int
    variant: str
    priced_as: str
    properties: str
    listening: int


class PlainRow(NamedTuple):
    """What ordinary statuses came to.

    `left`: the status at the position `number` (from 1) was not taken. `delivered`: the message `number` was, for the
    first time. `counted`: so many messages of the run were. `heard`: a fact was new.
    """

    what: str
    number: int
    run_id: int
    contact_id: int
    name: str
    occurred_at: datetime | None
    properties: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRow:
    """What statuses make of one message; the wamid only where the message lacks one."""

    message_id: int
    marks: Marks
    wamid_index: bytes | None = field(repr=False)
    sealed_wamid: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRow:
    """A status that was kept before its message was known."""

    occurred_at: datetime
    wamid_index: bytes = field(repr=False)
    status: str
    error_code: int
    opaque_id: bytes | None
    pricing_type: str
    pricing_category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """What the facts of a message name."""

    run_id: int
    rule_name: str
    is_test: bool
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredRow:
    """The message the answer at a position (from 1) belongs to."""

    position: int
    message_id: int
    contact_id: int
    run_id: int
    template_id: int
    variant: str
    was_answered: bool
    was_opted_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickedRow:
    """The message whose link was opened."""

    message_id: int
    contact_id: int
    run_id: int
    template_id: int
    variant: str
    was_clicked: bool


async def lock_known(connection: Connection, wamid_indexes: Sequence[bytes]) -> list[MatchedRow]:
    """Return and lock the messages that bear these wamids; positions count from 1."""
    rows = await fetch_all(connection, QUERIES["lock_known"], {"wamid_indexes": blobs(wamid_indexes)})
    return [MatchedRow._make(row) for row in rows]


async def lock_attempted(
    connection: Connection, positions: Sequence[int], opaque_ids: Sequence[bytes | None]
) -> list[MatchedRow]:
    """Return and lock the messages of these attempts; a status of a stranger has no row."""
    rows = await fetch_all(
        connection,
        QUERIES["lock_attempted"],
        {"positions": bigints(positions), "opaque_ids": blobs(opaque_ids)},
    )
    return [MatchedRow._make(row) for row in rows]


async def merge_statuses(
    connection: Connection,
    statuses: Sequence[tuple[StatusFact, bytes, int | None]],
    merged: Sequence[MergedRow],
    *,
    now: datetime,
) -> set[int]:
    """Keep statuses (with wamid index and message), merge them, and return the places of those that were not new."""
    facts = [one[0] for one in statuses]
    marks = [one.marks for one in merged]
    failed = [one.failed for one in marks]
    rows = await fetch_all(
        connection,
        QUERIES["merge_statuses"],
        {
            "now": now,
            "occurred": instants([one.occurred_at for one in facts]),
            "wamid_indexes": blobs([one[1] for one in statuses]),
            "statuses": texts([one.status for one in facts]),
            "error_codes": integers(_unless_empty([one.error_code or None for one in facts])),
            "opaque_ids": blobs([one.opaque_id for one in facts]),
            "status_message_ids": bigints([one[2] for one in statuses]),
            "pricing_types": texts([one.pricing_type for one in facts]),
            "pricing_categories": texts([one.pricing_category for one in facts]),
            "message_ids": bigints([one.message_id for one in merged]),
            "sent": instants(_unless_empty([one.sent_at for one in marks])),
            "delivered": instants(_unless_empty([one.delivered_at for one in marks])),
            "read": instants(_unless_empty([one.read_at for one in marks])),
            "failed": instants(_unless_empty([None if one is None else one[0] for one in failed])),
            "failed_codes": integers(_unless_empty([None if one is None else one[1] for one in failed])),
            "billed": texts([one.billed_category for one in marks]),
            "new_wamid_indexes": blobs(_unless_empty([one.wamid_index for one in merged])),
            "sealed_wamids": blobs(_unless_empty([one.sealed_wamid for one in merged])),
        },
    )
    return {position - 1 for (position,) in rows}


async def take_plain(
    connection: Connection,
    keyed: KeyedStatuses,
    familiar: Sequence[FamiliarRow],
    *,
    heard: Sequence[str],
    now: datetime,
) -> list[PlainRow]:
    """Keep, merge and record ordinary statuses of familiar runs; what comes back is told by `PlainRow`."""
    statuses = keyed.statuses
    rows = await fetch_all(
        connection,
        QUERIES["take_plain"],
        {
            "now": now,
            "count": len(statuses),
            "occurred": whole_seconds(statuses.seconds),
            "wamid_indexes": blobs(keyed.wamid_indexes),
            "statuses": texts(statuses.words),
            "opaque_ids": blobs(statuses.opaque_ids),
            "pricing_types": texts(statuses.pricing_types),
            "pricing_categories": texts(statuses.pricing_categories),
            "event_keys": blobs(keyed.event_keys),
            "run_ids": bigints([one.run_id for one in familiar]),
            "template_ids": bigints([one.template_id for one in familiar]),
            "variants": texts([one.variant for one in familiar]),
            "priced_as": texts([one.priced_as for one in familiar]),
            "properties": texts([one.properties for one in familiar]),
            "listening": integers([one.listening for one in familiar]),
            "heard": texts(heard),
            "months": texts(
                sorted({f"{datetime.fromtimestamp(one, UTC):%Y%m}" for one in set(statuses.seconds)})
            ),
        },
    )
    return [PlainRow._make(row) for row in rows]


def _unless_empty(values: Sequence[Value | None]) -> Sequence[Value | None]:
    """Return nothing in place of a list of nothing but None, which `unnest` makes of it again."""
    return values if any(value is not None for value in values) else ()


async def settle_attempts(
    connection: Connection, message_ids: Sequence[int], opaque_ids: Sequence[bytes], *, now: datetime
) -> None:
    """Close the attempts of messages that statuses have settled; the opaque ids are those the statuses name."""
    await execute(
        connection,
        QUERIES["settle_attempts"],
        {"message_ids": list(message_ids), "opaque_ids": list(opaque_ids), "now": now},
    )


async def list_parked(connection: Connection, *, after: datetime, count_max: int) -> list[ParkedRow]:
    """Return parked statuses whose message is known by now."""
    return await fetch_all(
        connection, QUERIES["list_parked"], {"after": after, "count_max": count_max}, record=ParkedRow
    )


async def adopt_parked(connection: Connection, rows: Sequence[ParkedRow]) -> None:
    """Join parked statuses to their messages."""
    await execute(
        connection,
        QUERIES["adopt_parked"],
        {
            "wamid_indexes": [one.wamid_index for one in rows],
            "occurred": [one.occurred_at for one in rows],
            "statuses": [one.status for one in rows],
            "error_codes": [one.error_code for one in rows],
        },
    )


async def describe_runs(connection: Connection, run_ids: Sequence[int]) -> list[RunRow]:
    """Return rule and kind of these runs."""
    return await fetch_all(connection, QUERIES["describe_runs"], {"run_ids": list(run_ids)}, record=RunRow)


async def describe_templates(
    connection: Connection, template_ids: Sequence[int]
) -> dict[int, tuple[str, frozenset[str], str]]:
    """Return the name of each of these templates, the categories it counts or is to count as, and the only one ever.

    The last one is empty where there were several.
    """
    rows = await fetch_all(connection, QUERIES["describe_templates"], {"template_ids": list(template_ids)})
    return {row[0]: (row[1], frozenset(row[2:4]), row[4]) for row in rows}


async def mark_answered(
    connection: Connection,
    answers: Sequence[tuple[int, bytes | None, datetime]],
    *,
    is_opt_out: bool,
) -> list[AnsweredRow]:
    """Mark the messages of (contact, quoted wamid's index, instant) and return those that were found."""
    return await fetch_all(
        connection,
        QUERIES["mark_answered"],
        {
            "contact_ids": [one[0] for one in answers],
            "wamid_indexes": [one[1] for one in answers],
            "occurred": [one[2] for one in answers],
            "is_opt_out": is_opt_out,
        },
        record=AnsweredRow,
    )


async def mark_clicked(connection: Connection, opaque_id: bytes, occurred_at: datetime) -> ClickedRow | None:
    """Mark the message of an attempt as clicked."""
    return await fetch_one(
        connection,
        QUERIES["mark_clicked"],
        {"opaque_id": opaque_id, "occurred_at": occurred_at},
        record=ClickedRow,
    )
