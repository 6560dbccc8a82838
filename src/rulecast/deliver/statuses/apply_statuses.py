"""Merge statuses into messages: kept once, any order, any repetition, known or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from rulecast.collect import NewEvent, record_events
from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.deliver.group import SEALED_WAMID
from rulecast.deliver.state import MessageState
from rulecast.deliver.statuses import store
from rulecast.deliver.statuses.heed_failures import heed_failures
from rulecast.deliver.statuses.merge import BILLED_PRICING_TYPE, join_all
from rulecast.deliver.statuses.message_directory import MessageDirectory
from rulecast.deliver.statuses.outcome import MessageMoment, MomentName, StatusesApplied
from rulecast.deliver.statuses.store import Connection, MatchedRow, MergedRow
from rulecast.deliver.statuses.take_plain import fact_text
from rulecast.gate.retake import retake_permits
from rulecast.template.words.meaning import billed_category, rate_category
from rulecast.values.ids import ContactId, OpaqueId, RunId, TemplateId
from rulecast.vault import SealItem

# A status is a fact about a person under its own name; `played` is a kind of `read` and no fact of its own.
PRICED = frozenset({"delivered", "read"})
# A message is paid for where it was delivered; these types cost nothing (whatsapp-platform 5.2, 5.4).
FREE_TYPES = frozenset({"free_entry_point", "free_customer_service"})
FACTS = frozenset({"sent", "delivered", "read", "failed"})
# States that a status turns into accepted.
IN_DOUBT = frozenset({MessageState.INTENT, MessageState.UNKNOWN, MessageState.UNRESOLVED})
# States whose permit was given back, or will be needed once more: a status that the message left outweighs them.
BELIEVED_UNSENT = frozenset(
    {
        MessageState.PLANNED,
        MessageState.CLAIMED,
        MessageState.DEFERRED,
        MessageState.REFUSED,
        MessageState.CANCELLED,
        MessageState.EXPIRED,
    }
)
NOT_YET = BELIEVED_UNSENT | {MessageState.HELD}
# How far back parked statuses are looked at again, and how many at once.
PARKED_DAYS = 2
PARKED_MAX = 1000

Keyed = tuple[StatusFact, bytes]


async def apply_statuses(
    connection: Connection,
    directory: MessageDirectory,
    statuses: Sequence[StatusFact],
    now: datetime,
) -> StatusesApplied:
    """Merge the statuses in the caller's transaction, and record what they tell as facts.

    Message rows are locked in the order of their ids, those that bear no wamid yet after the others; a status of a
    message we do not know is kept and counted.
    """
    keyed = _distinct(directory, statuses)
    if not keyed:
        return StatusesApplied()
    directory.forget_old(now)
    applied = await _merge(connection, directory, keyed, now)
    return StatusesApplied(
        new=applied.new,
        repeated=len(statuses) - applied.new,
        unknown_wamids=applied.unknown_wamids,
        moments=applied.moments,
        billed=applied.billed,
        priced=applied.priced,
    )


async def settle_parked(
    connection: Connection, directory: MessageDirectory, now: datetime
) -> StatusesApplied:
    """Merge parked statuses whose message has become known since."""
    rows = await store.list_parked(connection, after=now - timedelta(days=PARKED_DAYS), count_max=PARKED_MAX)
    if not rows:
        return StatusesApplied()
    keyed = [
        (
            StatusFact(
                wamid="",
                status=cast("StatusWord", row.status),
                occurred_at=row.occurred_at,
                opaque_id=None if row.opaque_id is None else OpaqueId(row.opaque_id),
                error_code=row.error_code,
                pricing_type=row.pricing_type,
                pricing_category=row.pricing_category,
            ),
            row.wamid_index,
        )
        for row in rows
    ]
    await store.adopt_parked(connection, rows)
    return await _merge(connection, directory, keyed, now, are_parked=True)


def _distinct(directory: MessageDirectory, statuses: Iterable[StatusFact]) -> list[Keyed]:
    indexes: dict[str, bytes] = {}
    found: dict[tuple[datetime, bytes, str, int], Keyed] = {}
    for status in statuses:
        index = indexes.get(status.wamid)
        if index is None:
            index = indexes[status.wamid] = directory.wamid_index(status.wamid)
        found.setdefault((status.occurred_at, index, status.status, status.error_code), (status, index))
    return list(found.values())


async def _merge(
    connection: Connection,
    directory: MessageDirectory,
    keyed: Sequence[Keyed],
    now: datetime,
    *,
    are_parked: bool = False,
) -> StatusesApplied:
    by_position = await _lock(connection, keyed)
    by_message: dict[int, list[Keyed]] = {}
    for position, row in by_position.items():
        by_message.setdefault(row.message_id, []).append(keyed[position])
    messages = {row.message_id: row for row in by_position.values()}
    merged = await _merged_rows(directory, messages, by_message)
    repeated = await store.merge_statuses(
        connection,
        [
            (status, index, by_position[position].message_id if position in by_position else None)
            for position, (status, index) in enumerate(keyed)
        ],
        merged,
        now=now,
    )
    await _settle(connection, messages, by_message, now)
    fresh = {position: row for position, row in by_position.items() if are_parked or position not in repeated}
    await directory.learn(
        connection, {row.run_id for row in fresh.values()}, {row.template_id for row in fresh.values()}
    )
    await _record(connection, directory, [(keyed[position], row) for position, row in fresh.items()], now)
    await heed_failures(connection, [(keyed[position][0], row) for position, row in fresh.items()], now)
    return StatusesApplied(
        new=len(keyed) - len(repeated),
        unknown_wamids=sum(
            position not in by_position and position not in repeated for position in range(len(keyed))
        ),
        moments=_moments(directory, fresh, keyed),
        billed=_billed(directory, fresh, keyed),
        priced=_priced(directory, fresh, keyed),
    )


async def _lock(connection: Connection, keyed: Sequence[Keyed]) -> dict[int, MatchedRow]:
    """Lock the messages of the statuses: those that bear their wamid, then those whose attempt a status names."""
    known = await store.lock_known(connection, [index for _, index in keyed])
    found = {row.position - 1: row for row in known}
    others = [
        (position + 1, status.opaque_id)
        for position, (status, _) in enumerate(keyed)
        if status.opaque_id is not None and position not in found
    ]
    if others:
        positions, opaque_ids = zip(*others, strict=True)
        attempted = await store.lock_attempted(connection, positions, opaque_ids)
        found.update((row.position - 1, row) for row in attempted)
    return found


async def _merged_rows(
    directory: MessageDirectory, messages: Mapping[int, MatchedRow], by_message: Mapping[int, Sequence[Keyed]]
) -> list[MergedRow]:
    # Only a message that a status names before our own answer did gets its wamid here.
    adopting = {
        message_id: keyed[0]
        for message_id, keyed in by_message.items()
        if messages[message_id].lacks_wamid and keyed[0][0].wamid
    }
    sealed = dict(
        zip(
            adopting,
            await directory.vault.seal_many(
                [
                    SealItem(ContactId(messages[message_id].contact_id), SEALED_WAMID, status.wamid.encode())
                    for message_id, (status, _) in adopting.items()
                ]
            )
            if adopting
            else [],
            strict=True,
        )
    )
    return [
        MergedRow(
            message_id=message_id,
            marks=join_all(status for status, _ in keyed),
            wamid_index=adopting[message_id][1] if message_id in adopting else None,
            sealed_wamid=sealed.get(message_id),
        )
        for message_id, keyed in sorted(by_message.items())
    ]


async def _settle(
    connection: Connection,
    messages: Mapping[int, MatchedRow],
    by_message: Mapping[int, Sequence[Keyed]],
    now: datetime,
) -> None:
    """Close the attempts of what is accepted now, and count again what was believed never to have left."""
    settled = {
        message_id
        for message_id, keyed in by_message.items()
        if messages[message_id].state in IN_DOUBT
        or (messages[message_id].state in NOT_YET and join_all(status for status, _ in keyed).has_left)
    }
    if not settled:
        return
    named = {
        status.opaque_id
        for message_id in settled
        for status, _ in by_message[message_id]
        if status.opaque_id is not None
    }
    await store.settle_attempts(connection, sorted(settled), sorted(named), now=now)
    await retake_permits(
        connection, [one for one in sorted(settled) if messages[one].state in BELIEVED_UNSENT]
    )


async def _record(
    connection: Connection,
    directory: MessageDirectory,
    fresh: Sequence[tuple[Keyed, MatchedRow]],
    now: datetime,
) -> None:
    events = []
    for (status, index), row in fresh:
        if status.status not in FACTS or directory.is_test(row.run_id):
            continue
        properties = directory.properties(row.run_id, row.template_id, row.variant)
        events.append(
            NewEvent(
                contact_id=ContactId(row.contact_id),
                name=status.status,
                occurred_at=status.occurred_at,
                event_key=directory.event_key(fact_text(status.status, index)),
                source="webhook",
                properties={**properties, "code": status.error_code}
                if status.status == "failed"
                else properties,
            )
        )
    await record_events(connection, events, now)


def _billed(
    directory: MessageDirectory, fresh: Mapping[int, MatchedRow], keyed: Sequence[Keyed]
) -> dict[TemplateId, tuple[str, datetime]]:
    """Return what Meta billed as another category than we know."""
    found: dict[TemplateId, tuple[str, datetime]] = {}
    for position, row in fresh.items():
        status = keyed[position][0]
        category = billed_category(status.pricing_category)
        template_id = TemplateId(row.template_id)
        before = found.get(template_id)
        if before is not None and before[0] == category:
            # The newest of a group tells whether anything was said of the category since.
            found[template_id] = (category, max(before[1], status.occurred_at))
        elif category and directory.is_news(row.template_id, category):
            found[template_id] = (category, status.occurred_at)
    return found


def _priced(
    directory: MessageDirectory, fresh: Mapping[int, MatchedRow], keyed: Sequence[Keyed]
) -> dict[int, str]:
    """Return which messages were billed as nothing, or as another category than their template counts as.

    Of several prices of one message the newest by its own time counts; of two at one instant the one that costs.
    """
    found: dict[int, str] = {}
    for position, row in sorted(fresh.items(), key=lambda one: _price_order(keyed[one[0]][0])):
        status = keyed[position][0]
        if status.status not in PRICED or not status.pricing_type:
            continue
        if status.pricing_type in FREE_TYPES or status.is_billable is False:
            found[row.message_id] = ""
        elif status.pricing_type == BILLED_PRICING_TYPE:
            category = rate_category(status.pricing_category)
            if category and (
                row.message_id in found or directory.may_be_priced_otherwise(row.template_id, category)
            ):
                found[row.message_id] = category
    return found


def _price_order(status: StatusFact) -> tuple[datetime, bool]:
    return status.occurred_at, status.pricing_type not in FREE_TYPES and status.is_billable is not False


def _moments(
    directory: MessageDirectory, fresh: Mapping[int, MatchedRow], keyed: Sequence[Keyed]
) -> list[MessageMoment]:
    found: dict[tuple[int, MomentName], MessageMoment] = {}
    for position, row in fresh.items():
        if directory.is_test(row.run_id):
            continue
        for name in _reached(keyed[position][0].status, row):
            found[row.message_id, name] = MessageMoment(
                run_id=RunId(row.run_id), contact_id=ContactId(row.contact_id), moment=name
            )
    return list(found.values())


def _reached(word: StatusWord, row: MatchedRow) -> Iterator[MomentName]:
    """Yield what a status makes of a message for the first time."""
    has_left = word != "failed"
    if row.state in IN_DOUBT or (has_left and row.state in NOT_YET):
        yield "accepted"
    # A message that was read was delivered, whether or not Meta says so apart.
    if word in {"delivered", "read", "played"} and not row.was_delivered:
        yield "delivered"
    if not has_left and not row.was_failed and not row.was_delivered:
        yield "failed"
