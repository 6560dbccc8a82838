"""Stop people, or lift a stop, in the caller's transaction, under the lock the send path takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rulecast.profile.suppression import store
from rulecast.profile.suppression.journal import JournalEntry
from rulecast.profile.suppression.lifting import LIFTINGS, outlasting_instant
from rulecast.profile.suppression.stop import Scope, Stop, SuppressionAction, SuppressionCause
from rulecast.profile.suppression.store import Connection, Ownership, SuppressionRow
from rulecast.values.ids import ContactId


async def suppress(connection: Connection, stops: Sequence[Stop], now: datetime) -> list[JournalEntry]:
    """Append what people said to the suppression record and return what the journal must hold before the commit.

    Every person behind a signal is locked first, in a statement of its own; then each of the person's identities
    gets a row, and the person a change row. What was said before changes nothing and returns nothing. A resume lifts
    only what `lifting` says it can; one made inside WhatsApp only of people whose proven consent to marketing
    stands. Whoever may be the same person as somebody stopped is stopped too.
    """
    if not stops:
        return []
    named = {index for stop in stops for index in stop.suppression_indexes}
    behind = await store.people_behind(connection, named)
    people_of = [_people_of(stop, behind) for stop in stops]
    everybody = {person for people in people_of for person in people}
    doubles = await store.doubles_of(connection, everybody)
    everybody |= {double for people in doubles.values() for double in people}
    await store.lock_people(connection, everybody)
    owned = await store.identities_of(connection, everybody)
    liftable = await _liftable(connection, stops, people_of)
    ended = await store.ended_identities_of(connection, set().union(*liftable.values()))
    rows: dict[SuppressionRow, None] = {}
    undated: list[SuppressionRow] = []
    for stop, people in zip(stops, people_of, strict=True):
        is_lifting = stop.action is SuppressionAction.RESUME
        whose = people & liftable[stop.cause, stop.scope] if is_lifting else people
        said = _rows_of(stop, whose, owned)
        if is_lifting:
            said += _lifts_of_ended(stop, whose, ended)
        # What was spread from another person is not spread again, least of all back.
        if stop.action is SuppressionAction.STOP and stop.cause is not SuppressionCause.IDENTITY_CONFLICT:
            others = {double for person in people for double in doubles.get(person, ())} - people
            said += _rows_of_doubles(stop, others, owned)
        if stop.is_dated:
            rows.update(dict.fromkeys(said))
        else:
            undated += said
    rows.update(dict.fromkeys(await _news_of(connection, undated)))
    written = await store.insert_suppressions(connection, list(rows), now)
    written += await store.insert_suppressions(connection, await _renewed(connection, written), now)
    await store.insert_changes(connection, written, now)
    return [row.entry for row in written]


async def carry_stops(
    connection: Connection, contact_ids: Iterable[ContactId], now: datetime
) -> list[JournalEntry]:
    """Repeat stops in force under identities these people have since; return what the journal must hold."""
    wanted = set(contact_ids)
    if not await store.uncarried_stops(connection, wanted):
        return []
    await store.lock_people(connection, wanted)
    rows = await store.uncarried_stops(connection, wanted)
    written = await store.insert_suppressions(connection, rows, now)
    written += await store.insert_suppressions(connection, await _renewed(connection, written), now)
    await store.insert_changes(connection, written, now)
    return [row.entry for row in written]


async def _news_of(connection: Connection, undated: Sequence[SuppressionRow]) -> list[SuppressionRow]:
    """Return those of the words without a time of their own that do not stand already: the others are repeats."""
    standing = await store.standing_words(connection, {row.entry.suppression_index for row in undated})
    return [
        row
        for row in undated
        if (row.entry.suppression_index, row.entry.scope, row.entry.action, row.entry.cause) not in standing
    ]


async def _renewed(connection: Connection, written: Sequence[SuppressionRow]) -> list[SuppressionRow]:
    """Return stops once more, at the instant of a later resume that could not have lifted them.

    A resume is refused while a stop stands that it cannot lift. Where the resume arrived first, the stop is repeated
    at the resume's instant: a tie is a stop, so the record reads the same in any order.
    """
    stops = [row for row in written if row.entry.action is SuppressionAction.STOP]
    resumes = await store.newest_resumes(connection, {row.entry.suppression_index for row in stops})
    return [
        replace(row, entry=replace(row.entry, occurred_at=resumed_at))
        for row in stops
        if (said := resumes.get((row.entry.suppression_index, row.entry.scope)))
        and (resumed_at := outlasting_instant(row.entry, said)) is not None
    ]


async def lock_people(connection: Connection, contact_ids: Iterable[ContactId]) -> None:
    """Lock the guard rows of these people in the order of the send path; run it before the transaction writes."""
    await store.lock_people(connection, set(contact_ids))


async def lock_with_doubles(connection: Connection, contact_id: ContactId) -> None:
    """Lock a person and everybody who may be the same in one go, before deciding on what `suppress` then writes."""
    doubles = await store.doubles_of(connection, {contact_id})
    await store.lock_people(connection, {contact_id} | doubles.get(contact_id, set()))


def _people_of(stop: Stop, behind: Mapping[bytes, Sequence[Ownership]]) -> set[ContactId]:
    """Return whose word it is: who has the identity; of a stop also whoever still had it when it was said."""
    is_stop = stop.action is SuppressionAction.STOP
    people = {
        one.contact_id
        for index in stop.suppression_indexes
        for one in behind.get(index, ())
        if one.ended_at is None or (is_stop and stop.occurred_at <= one.ended_at)
    }
    return people | ({stop.contact_id} if stop.contact_id is not None else set())


async def _liftable(
    connection: Connection, stops: Sequence[Stop], people_of: Sequence[set[ContactId]]
) -> dict[tuple[SuppressionCause, Scope], set[ContactId]]:
    """Return whose stops each kind of resume may lift."""
    asking: dict[tuple[SuppressionCause, Scope], set[ContactId]] = {}
    for stop, people in zip(stops, people_of, strict=True):
        if stop.action is SuppressionAction.RESUME:
            asking.setdefault((stop.cause, stop.scope), set()).update(people)
    found: dict[tuple[SuppressionCause, Scope], set[ContactId]] = {}
    for (cause, scope), people in asking.items():
        lifting = LIFTINGS.get((cause, scope))
        if lifting is None:
            found[cause, scope] = set()
        elif cause is SuppressionCause.USER_PREFERENCES:
            found[cause, scope] = await store.people_stopped_by_whatsapp_only(connection, people)
        else:
            found[cause, scope] = await store.people_liftable(
                connection, people, scope=scope, lifting=lifting
            )
    return found


def _rows_of(
    stop: Stop, people: set[ContactId], owned: Mapping[ContactId, set[bytes]]
) -> list[SuppressionRow]:
    """Return one row per identity; the hashes the signal named count as the person's own."""
    if not people:
        is_lifting = stop.action is SuppressionAction.RESUME
        return [] if is_lifting else [_row(stop, index, None) for index in stop.suppression_indexes]
    return [
        _row(stop, index, person)
        for person in sorted(people)
        for index in sorted(owned.get(person, set()) | set(stop.suppression_indexes))
    ]


def _lifts_of_ended(
    stop: Stop, people: set[ContactId], ended: Mapping[ContactId, Mapping[bytes, datetime]]
) -> list[SuppressionRow]:
    """Return the lifting for identities the person had before, as of their end: what others say later stands."""
    return [
        _row(replace(stop, occurred_at=min(stop.occurred_at, ended_at)), index, person)
        for person in sorted(people)
        for index, ended_at in sorted(ended.get(person, {}).items())
    ]


def _rows_of_doubles(
    stop: Stop, doubles: set[ContactId], owned: Mapping[ContactId, set[bytes]]
) -> list[SuppressionRow]:
    """Return one row per identity of people who may be the one that stopped."""
    theirs = replace(stop, cause=SuppressionCause.IDENTITY_CONFLICT)
    return [_row(theirs, index, one) for one in sorted(doubles) for index in sorted(owned.get(one, set()))]


def _row(stop: Stop, index: bytes, person: ContactId | None) -> SuppressionRow:
    return SuppressionRow(
        contact_id=person,
        entry=JournalEntry(
            suppression_index=index,
            scope=stop.scope,
            action=stop.action,
            cause=stop.cause,
            level=stop.level,
            occurred_at=stop.occurred_at,
        ),
    )
