"""Who is behind the identities a webhook names: keyed hashes, the contacts that have them, new contacts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.account.store import list_numbers
from rulecast.database import Connection, fetch_all, load_queries
from rulecast.profile import NewContact, create_contacts
from rulecast.profile.identities import Owner, find_former, find_owners
from rulecast.profile.identities.change_identities import BSUIDS
from rulecast.profile.identities.store import FormerOwner
from rulecast.profile.identity import Identity, lookup_of, phone_variants
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import ContactId, OpaqueId
from rulecast.vault import Vault

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The identities one webhook entry names; equal senders are one person.

    `said_at` parts who had the identities at that instant from who has them at the newest word of a group.
    """

    phone: str | None = field(default=None, repr=False)
    bsuid: str | None = field(default=None, repr=False)
    parent_bsuid: str | None = field(default=None, repr=False)
    portfolio_id: str = ""
    said_at: datetime | None = None

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Return the identities as they are written, without variants."""
        phone = (Identity(kind="phone", value=self.phone),) if self.phone else ()
        bsuid = (Identity(kind="bsuid", value=self.bsuid, scope=self.portfolio_id),) if self.bsuid else ()
        parent = (Identity(kind="parent_bsuid", value=self.parent_bsuid),) if self.parent_bsuid else ()
        return (*phone, *bsuid, *parent)

    @property
    def variants(self) -> tuple[Identity, ...]:
        """Return every identity under which this person can be known, the written ones first."""
        others = phone_variants(self.phone)[1:] if self.phone else ()
        return (*self.identities, *(Identity(kind="phone", value=one) for one in others))

    def suppression_indexes(self, vault: Vault) -> tuple[bytes, ...]:
        """Return the keyed hashes under which a stop of this person is kept."""
        return tuple(vault.suppression_index(one.kind, one.hashed_text) for one in self.variants)


class Portfolios:
    """Which portfolio a business number belongs to; BSUIDs are one per portfolio."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._known: dict[str, str] = {}
        self._of_account: dict[str, str] = {}

    async def refresh(
        self, connection: Connection, business_number_ids: Collection[str], waba_ids: Collection[str] = ()
    ) -> None:
        """Read the numbers again where one of these, or of these accounts, is not known; a stranger's stays unknown.

        A number can be added while the receiver runs: until it is, it is asked for each time.
        """
        is_known = set(business_number_ids) - {""} <= self._known.keys()
        if not is_known or not set(waba_ids) - {""} <= self._of_account.keys():
            numbers = await list_numbers(connection)
            self._known = {str(number.business_number_id): str(number.portfolio_id) for number in numbers}
            self._of_account = {number.waba_id: str(number.portfolio_id) for number in numbers}

    def of(self, business_number_id: str, waba_id: str = "") -> str:
        """Return the portfolio's id, by the number, else by its account; nothing for what is not ours."""
        return self._known.get(business_number_id, "") or self._of_account.get(waba_id, "")


async def find_senders(
    connection: Connection, vault: Vault, written: Mapping[Sender, datetime]
) -> dict[Sender, ContactId]:
    """Return who is known of these senders, by when each last wrote.

    A written identity goes before a variant of it. Whose identities are nobody's any more, or somebody else's only
    since, is who had them at that instant.
    """
    lookups = {sender: [lookup_of(vault, one) for one in sender.variants] for sender in written}
    owners = await find_owners(connection, {one for hashes in lookups.values() for one in hashes})
    by_lookup = {one.lookup: one for one in sorted(owners, key=lambda one: one.kind != "wa_id")}
    having = {
        sender: [by_lookup[one] for one in hashes if one in by_lookup] for sender, hashes in lookups.items()
    }
    late = {sender for sender, theirs in having.items() if not _had(theirs, written[sender])}
    former = await find_former(connection, {one for sender in late for one in lookups[sender]})
    found: dict[Sender, ContactId] = {}
    for sender, theirs in having.items():
        then = (
            _then(former, lookups[sender], written[sender], is_taken=bool(theirs)) if sender in late else None
        )
        if then is not None or theirs:
            found[sender] = theirs[0].contact_id if then is None else then
    return found


def _had(owned: Sequence[Owner], at: datetime) -> bool:
    """Return whether the first owner of these identities surely had them at an instant; an id is never another's."""
    first = [one for one in owned if one.contact_id == owned[0].contact_id]
    return any(one.kind in BSUIDS or one.valid_from <= at for one in first)


def _then(
    former: Sequence[FormerOwner], hashes: Collection[bytes], at: datetime, *, is_taken: bool
) -> ContactId | None:
    """Return who had one of these identities at an instant or first after it, by an id rather than by a number.

    Of what somebody else has since, a mere claim says nothing.
    """
    theirs = [
        one
        for one in former
        if one.lookup in hashes and one.valid_to >= at and not (is_taken and one.valid_from == one.valid_to)
    ]
    if not theirs:
        return None
    return min(theirs, key=lambda one: (one.kind not in BSUIDS, one.valid_to, one.contact_id)).contact_id


async def find_receivers(
    connection: Connection, vault: Vault, messages: Sequence[tuple[str, OpaqueId | None]]
) -> dict[int, ContactId]:
    """Return to whom messages of ours went, by place in the list; each is named by wamid, else by opaque id.

    What Meta tells of a message may name the person by an id we have never seen; the message knows who it is.
    """
    if not messages:
        return {}
    found = await fetch_all(
        connection,
        QUERIES["find_receivers"],
        {
            "wamid_indexes": [vault.lookup_index("wamid", wamid) for wamid, _ in messages],
            "opaque_ids": [opaque_id for _, opaque_id in messages],
        },
    )
    return {place - 1: ContactId(contact_id) for place, contact_id in found}


async def create_senders(
    connection: Connection, vault: Vault, first_seen: Mapping[Sender, datetime], now: datetime
) -> dict[Sender, ContactId]:
    """Make contacts of strangers who wrote; having written is no consent to anything.

    Senders that share an identity are one person. Of somebody without a number the BSUID tells the country.
    """
    if not first_seen:
        return {}
    people = people_of(first_seen)
    contact_ids = await create_contacts(
        connection,
        vault,
        [
            NewContact(
                identities=tuple(person.identities),
                source="inbound",
                first_seen_at=min(first_seen[sender] for sender in person.senders),
                attributes=person.attributes,
            )
            for person in people
        ],
        now,
    )
    return {
        sender: contact_id
        for person, contact_id in zip(people, contact_ids, strict=True)
        for sender in person.senders
    }


@dataclass(slots=True, kw_only=True)
class NewPerson:
    """Senders of one group that are one person, with all their identities."""

    senders: list[Sender] = field(default_factory=list)
    identities: dict[Identity, None] = field(default_factory=dict)

    @property
    def attributes(self) -> dict[str, object]:
        """Return what the identities tell of a person without a number."""
        if any(one.kind == "phone" for one in self.identities):
            return {}
        bsuids = [one.value for one in self.identities if one.kind == "bsuid"]
        return {"country": fold_text(bsuids[0].partition(".")[0])} if bsuids else {}


def people_of(senders: Iterable[Sender]) -> list[NewPerson]:
    """Return the senders as people: those that share an identity, in whatever spelling, are one."""
    people: list[NewPerson] = []
    for sender in senders:
        named = set(sender.variants)
        same = [one for one in people if named & set(one.identities)]
        person = same[0] if same else NewPerson()
        if not same:
            people.append(person)
        for other in same[1:]:
            person.senders += other.senders
            person.identities.update(other.identities)
            people.remove(other)
        person.senders.append(sender)
        has_number = any(one.kind == "phone" for one in person.identities)
        # Two spellings of one number are one identity; the one seen first stays.
        new = (one for one in sender.identities if one.kind != "phone" or not has_number)
        person.identities.update(dict.fromkeys(new))
    return people
