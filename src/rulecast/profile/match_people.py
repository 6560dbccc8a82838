"""Which rows of a list are one person, and which person that is; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.collect.imports.person import ImportedConsent, ImportedPerson
from rulecast.collect.imports.refusals import (
    IdentitiesOfTwoError,
    IdentityDiffersError,
    Reject,
    RowRefusedError,
)
from rulecast.profile.identity import Identity, phone_variants
from rulecast.values.ids import ContactId


@dataclass(slots=True, kw_only=True, eq=False)
class Match:
    """One person of a batch: known or new, with everything the batch's rows say about them.

    A later row wins over an earlier one; a row never empties a value.
    """

    contact_id: ContactId | None
    identities: dict[tuple[str, str], Identity] = field(default_factory=dict)
    new_identities: list[Identity] = field(default_factory=list)
    attributes: dict[str, object] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    consents: list[ImportedConsent] = field(default_factory=list)
    known_since: datetime | None = None
    lines: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The people of a batch, in the order of their first rows, and the rows that contradict what is known."""

    matches: tuple[Match, ...]
    rejects: tuple[Reject, ...]
    rows_repeated: int
    rows_conflicting: int


def identities_of(person: ImportedPerson) -> list[Identity]:
    """Return the identities a row names."""
    named = (
        Identity(kind="phone", value=person.phone) if person.phone else None,
        Identity(kind="bsuid", value=person.bsuid, scope=person.bsuid_scope) if person.bsuid else None,
        Identity(kind="external", value=person.external) if person.external else None,
    )
    return [one for one in named if one is not None]


def spellings(identity: Identity) -> list[Identity]:
    """Return the identity and, for a phone, the national variants under which the person may be known."""
    if identity.kind != "phone":
        return [identity]
    return [Identity(kind="phone", value=value) for value in phone_variants(identity.value)]


def match_people(
    people: Sequence[ImportedPerson],
    owners: Mapping[Identity, ContactId],
    kinds: Iterable[tuple[ContactId, str, str]],
) -> Matching:
    """Join rows to people.

    `owners` are the contacts known by the identities of the rows or by variants of them, `kinds` the kinds (and
    scopes) of identity each of these contacts has. A row whose identities belong to two people, or that gives a
    known person another identity of a kind they have, is refused.
    """
    known_kinds = set(kinds)
    by_contact: dict[ContactId, Match] = {}
    by_identity: dict[Identity, Match] = {}
    for identity, contact_id in owners.items():
        match = by_contact.setdefault(contact_id, Match(contact_id=contact_id))
        by_identity[identity] = match
    matches: dict[Match, None] = {}
    rejects: list[Reject] = []
    repeated = conflicting = 0
    for person in people:
        try:
            match = _match_of(person, by_identity, known_kinds)
        except RowRefusedError as refusal:
            rejects.append(refusal.at(person.line))
            continue
        repeated += match in matches
        matches[match] = None
        conflicting += _merge(match, person)
    return Matching(
        matches=tuple(matches),
        rejects=tuple(rejects),
        rows_repeated=repeated,
        rows_conflicting=conflicting,
    )


def _match_of(
    person: ImportedPerson,
    by_identity: dict[Identity, Match],
    known_kinds: set[tuple[ContactId, str, str]],
) -> Match:
    identities = identities_of(person)
    found: dict[Match, None] = {}
    unknown: list[Identity] = []
    for identity in identities:
        owner = next((by_identity[one] for one in spellings(identity) if one in by_identity), None)
        if owner is None:
            unknown.append(identity)
        else:
            found[owner] = None
    if len(found) > 1:
        raise IdentitiesOfTwoError
    match = next(iter(found), None) or Match(contact_id=None)
    for identity in unknown:
        slot = (identity.kind, identity.scope)
        has_stored = match.contact_id is not None and (match.contact_id, *slot) in known_kinds
        if slot in match.identities or has_stored:
            raise IdentityDiffersError(identity.kind)
    for identity in unknown:
        match.identities[identity.kind, identity.scope] = identity
        match.new_identities.append(identity)
        by_identity[identity] = match
    return match


def _merge(match: Match, person: ImportedPerson) -> bool:
    """Add what a row says; return whether it contradicts an earlier row of the batch."""
    conflicts = any(
        name in match.attributes and match.attributes[name] != value
        for name, value in person.attributes.items()
    ) or any(
        name in match.personal and match.personal[name] != text for name, text in person.personal.items()
    )
    match.lines.append(person.line)
    for name in person.attributes:
        # The spelling goes with its value: a later row in plain small letters has none of its own.
        match.personal.pop(name, None)
    match.attributes.update(person.attributes)
    match.personal.update(person.personal)
    match.tags.update(dict.fromkeys(person.tags))
    match.consents.extend(person.consents)
    if person.known_since is not None:
        match.known_since = min(match.known_since or person.known_since, person.known_since)
    return conflicts
