"""Store what the rows of a list say about people: match, create, change, tag, record consents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.collect.imports.person import ImportedPerson
from rulecast.collect.imports.refusals import Reject
from rulecast.profile import store
from rulecast.profile.change_contacts import change_contacts
from rulecast.profile.consent import ConsentEntry, append_consents
from rulecast.profile.contact import ContactChange, NewContact
from rulecast.profile.create_contacts import create_contacts
from rulecast.profile.identity import Identity, lookup_of
from rulecast.profile.match_people import Match, Matching, identities_of, match_people, spellings
from rulecast.profile.store import Connection
from rulecast.profile.tags import tag_people
from rulecast.values.ids import ContactId, ImportId
from rulecast.values.purpose import ConsentStatus
from rulecast.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPeople:
    """What a batch did: rows by outcome, people made, refusals, and the person of each row by its line."""

    rows_stored: int
    rows_unchanged: int
    rows_repeated: int
    rows_conflicting: int
    people_created: int
    rejects: tuple[Reject, ...]
    contact_of_line: Mapping[int, ContactId]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOrigin:
    """Of which import the rows are, when it began, and since when their values hold (None: now)."""

    import_id: ImportId
    started_at: datetime
    valid_from: datetime | None


async def store_people(
    connection: Connection,
    vault: Vault,
    people: Sequence[ImportedPerson],
    *,
    origin: PeopleOrigin,
    now: datetime,
) -> StoredPeople:
    """Store the rows in the caller's transaction; storing them again changes nothing.

    Raises:
        UniqueViolation: somebody else has just created one of the people; the batch can be tried again.
    """
    matching = await _match(connection, vault, people)
    # Guards come before every other lock: whoever forbids a send takes them first.
    refusing = sorted(
        {
            one.contact_id
            for one in matching.matches
            if one.contact_id is not None
            and any(consent.status is not ConsentStatus.GRANTED for consent in one.consents)
        }
    )
    if refusing:
        await store.lock_guards(connection, refusing)
    known = [one for one in matching.matches if one.contact_id is not None]
    new = [one for one in matching.matches if one.contact_id is None]
    changed, seen_before = await _change(connection, vault, known, origin=origin, now=now)
    created = await create_contacts(connection, vault, [_new_contact(one, origin, now) for one in new], now)
    ids = {id(one): contact_id for one, contact_id in zip(new, created, strict=True)}
    ids.update((id(one), one.contact_id) for one in known if one.contact_id is not None)
    changed.update(created)
    changed.update(await _tag(connection, matching.matches, ids, origin=origin, now=now))
    changed.update(await _consent(connection, vault, matching.matches, ids, origin=origin, now=now))
    stored = sum(len(one.lines) for one in matching.matches if ids[id(one)] in changed)
    return StoredPeople(
        rows_stored=stored,
        rows_unchanged=sum(len(one.lines) for one in matching.matches) - stored,
        rows_repeated=matching.rows_repeated + seen_before,
        rows_conflicting=matching.rows_conflicting,
        people_created=len(created),
        rejects=matching.rejects,
        contact_of_line={line: ids[id(one)] for one in matching.matches for line in one.lines},
    )


async def find_people(
    connection: Connection, vault: Vault, people: Sequence[ImportedPerson]
) -> dict[int, ContactId]:
    """Return the contact of each row that is about a known person, by its line."""
    matching = await _match(connection, vault, people)
    return {
        line: one.contact_id for one in matching.matches if one.contact_id is not None for line in one.lines
    }


async def _match(connection: Connection, vault: Vault, people: Sequence[ImportedPerson]) -> Matching:
    by_lookup: dict[bytes, Identity] = {}
    for person in people:
        for identity in identities_of(person):
            for spelling in spellings(identity):
                by_lookup[lookup_of(vault, spelling)] = spelling
    found = await store.find_identities(connection, list(by_lookup))
    owners = {by_lookup[lookup]: contact_id for lookup, contact_id in found.items()}
    kinds = await store.find_identity_kinds(connection, sorted(set(owners.values()))) if owners else {}
    return match_people(people, owners, kinds)


async def _change(
    connection: Connection, vault: Vault, known: Sequence[Match], *, origin: PeopleOrigin, now: datetime
) -> tuple[set[ContactId], int]:
    changes = [
        ContactChange(
            contact_id=one.contact_id,
            attributes=one.attributes,
            personal=one.personal,
            identities=tuple(one.new_identities),
            attributes_valid_from=origin.valid_from,
        )
        for one in known
        if one.contact_id is not None
    ]
    outcome = await change_contacts(connection, vault, changes, now)
    seen_before = sum(
        outcome.recorded_at.get(one.contact_id or ContactId(0), now) >= origin.started_at for one in known
    )
    return set(outcome.changed), seen_before if outcome.recorded_at else 0


def _new_contact(match: Match, origin: PeopleOrigin, now: datetime) -> NewContact:
    return NewContact(
        identities=tuple(match.new_identities),
        source="import",
        first_seen_at=min(match.known_since or now, now),
        attributes=match.attributes,
        personal=match.personal,
        attributes_valid_from=origin.valid_from,
    )


async def _tag(
    connection: Connection,
    matches: Sequence[Match],
    ids: dict[int, ContactId],
    *,
    origin: PeopleOrigin,
    now: datetime,
) -> set[ContactId]:
    tags = [(ids[id(one)], tag) for one in matches for tag in one.tags]
    return set(await tag_people(connection, tags, now, valid_from=origin.valid_from)) if tags else set()


async def _consent(
    connection: Connection,
    vault: Vault,
    matches: Sequence[Match],
    ids: dict[int, ContactId],
    *,
    origin: PeopleOrigin,
    now: datetime,
) -> set[ContactId]:
    entries = [
        ConsentEntry(
            contact_id=ids[id(one)],
            purpose=consent.purpose,
            status=consent.status,
            source="import",
            occurred_at=consent.occurred_at,
            method=consent.method,
            wording_version=consent.wording_version,
            evidence=consent.evidence,
            import_id=origin.import_id,
        )
        for one in matches
        for consent in one.consents
    ]
    return set(await append_consents(connection, vault, entries, now))
