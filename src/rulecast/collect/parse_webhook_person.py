"""Read who an update is about, what they chose, and what became of their numbers and ids."""

from dataclasses import replace
from typing import Final, NamedTuple, cast, get_args

from rulecast.collect.webhook_facts import UNTOLD, IdentityChange, PreferenceFact, PreferenceWord
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    Json,
    UnreadableError,
    bsuid_or_none,
    clean_or_none,
    id_or_empty,
    instant_of,
    instant_or_none,
    object_of,
    objects_of,
    phone_or_none,
    wamid_or_none,
)
from rulecast.collect.webhook_reading import Change, Reading

# An identity hash has 12 characters in Meta's examples.
HASH_LENGTH_MAX = 200

_NOBODY: Final[Json] = {}
_PREFERENCE_WORDS: Final = frozenset(get_args(PreferenceWord))


class NamedPerson(NamedTuple):
    """The identities and names an update and its contact give to one person."""

    phone: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    profile_name: str | None = None
    identity_hash: str | None = None

    @property
    def is_nobody(self) -> bool:
        """Return whether there is nothing by which to know the person; a parent id never comes alone."""
        return self.phone is None and self.bsuid is None


def person_of(item: Json, change: Change) -> NamedPerson:
    """Return the person an item names, with what the contact of the same change says of the same person.

    Users with a username have no number in a webhook; taps on buttons have been seen without `from`.
    """
    # Messages say `from`, preferences and actions `wa_id`.
    found = item.get
    phone = phone_or_none(found("from") or found("wa_id"))
    bsuid = bsuid_or_none(found("from_user_id") or found("user_id"))
    parent = bsuid_or_none(found("from_parent_user_id") or found("parent_user_id"))
    contact = _contact_of(change.value, phone, bsuid)
    profile = object_of(contact, "profile")
    return NamedPerson(
        phone=phone or phone_or_none(contact.get("wa_id")),
        bsuid=bsuid or bsuid_or_none(contact.get("user_id")),
        parent_bsuid=parent or bsuid_or_none(contact.get("parent_user_id")),
        username=clean_or_none(profile.get("username"), NAME_LENGTH_MAX),
        profile_name=clean_or_none(profile.get("name"), NAME_LENGTH_MAX),
        identity_hash=clean_or_none(contact.get("identity_key_hash"), HASH_LENGTH_MAX),
    )


def _contact_of(value: Json, phone: str | None, bsuid: str | None) -> Json:
    """Return the contact of this person: the one that agrees, or the only one if it contradicts nothing."""
    contacts = objects_of(value, "contacts") if "contacts" in value else ()
    for contact in contacts:
        other_phone, other_bsuid = phone_or_none(contact.get("wa_id")), contact.get("user_id")
        # Almost always the same text, which the pattern has seen already.
        if other_bsuid != bsuid:
            other_bsuid = bsuid_or_none(other_bsuid)
        if _differ(phone, other_phone) or _differ(bsuid, other_bsuid):
            continue
        if len(contacts) == 1 or (phone and phone == other_phone) or (bsuid and bsuid == other_bsuid):
            return contact
    return _NOBODY


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def read_preference(preference: Json, change: Change, reading: Reading) -> None:
    """Read what a person chose about marketing."""
    word = preference.get("value")
    if not isinstance(word, str) or word not in _PREFERENCE_WORDS:
        reading.note("user_preferences", "a preference nothing acts upon")
        return
    if preference.get("category", "marketing_messages") != "marketing_messages":
        reading.note("user_preferences", "a category nothing acts upon")
        return
    person = person_of(preference, change)
    if person.is_nobody:
        raise UnreadableError("names nobody")
    occurred_at = instant_or_none(preference.get("timestamp"))
    fact = PreferenceFact(
        phone=person.phone,
        bsuid=person.bsuid,
        parent_bsuid=person.parent_bsuid,
        value=cast("PreferenceWord", word),
        signup_id=id_or_empty(preference.get("signup_id")),
        occurred_at=occurred_at or UNTOLD,
        business_number_id=change.business_number_id,
        waba_id=change.waba_id,
    )
    if occurred_at is None:
        reading.set_aside(fact, has_id=True)
    reading.preferences.append(fact)


def read_user_id_update(update: Json, change: Change, reading: Reading) -> None:
    """Read the field `user_id_update`: a person's user id became another."""
    own, parent = object_of(update, "user_id"), object_of(update, "parent_user_id")
    old, new = bsuid_or_none(own.get("previous")), bsuid_or_none(own.get("current"))
    old_parent, new_parent = bsuid_or_none(parent.get("previous")), bsuid_or_none(parent.get("current"))
    if new is None and new_parent is None:
        raise UnreadableError("names no new user id")
    reading.others.append(
        IdentityChange(
            kind="user_id",
            old_phone=phone_or_none(update.get("wa_id")),
            old_bsuid=old,
            new_bsuid=new,
            old_parent_bsuid=old_parent,
            new_parent_bsuid=new_parent,
            occurred_at=instant_of(update),
            business_number_id=change.business_number_id,
            waba_id=change.waba_id,
        )
    )


def read_system_message(message: Json, change: Change, reading: Reading) -> None:
    """Read a message of type `system`: Meta's notice that a person's identity changed."""
    system = object_of(message, "system")
    match system.get("type"):
        case "user_changed_number" | "customer_changed_number":
            reading.others.append(_number_change(message, system, change))
        case "user_changed_user_id":
            reading.others.append(_user_id_change(message, system, change))
        case "customer_identity_changed":
            reading.others.append(_hash_change(message, change))
        case _:
            reading.note("messages/system", "a notice nothing acts upon")


def _number_change(message: Json, system: Json, change: Change) -> IdentityChange:
    """Read a change of number: the old one is the sender's, the new one is in `system` (older bodies: `new_wa_id`)."""
    new_phone = phone_or_none(system.get("new_wa_id")) or phone_or_none(system.get("wa_id"))
    found = _user_id_change(message, system, change, is_needed=False)
    if new_phone is None and found.new_bsuid is None:
        raise UnreadableError("names no new number")
    return replace(found, kind="number", new_phone=new_phone)


def _user_id_change(message: Json, system: Json, change: Change, *, is_needed: bool = True) -> IdentityChange:
    old_bsuid, new_bsuid = _changed(message.get("from_user_id"), system.get("user_id"))
    old_parent, new_parent = _changed(message.get("from_parent_user_id"), system.get("parent_user_id"))
    if is_needed and new_bsuid is None and new_parent is None:
        raise UnreadableError("names no new user id")
    return IdentityChange(
        kind="user_id",
        old_phone=phone_or_none(message.get("from")),
        old_bsuid=old_bsuid,
        new_bsuid=new_bsuid,
        old_parent_bsuid=old_parent,
        new_parent_bsuid=new_parent,
        wamid=wamid_or_none(message.get("id")),
        occurred_at=instant_of(message),
        business_number_id=change.business_number_id,
        waba_id=change.waba_id,
    )


def _hash_change(message: Json, change: Change) -> IdentityChange:
    person = person_of(message, change)
    if person.is_nobody:
        raise UnreadableError("names nobody")
    told = object_of(message, "identity") or object_of(object_of(message, "system"), "identity")
    return IdentityChange(
        kind="identity_hash",
        old_phone=person.phone,
        old_bsuid=person.bsuid,
        old_parent_bsuid=person.parent_bsuid,
        identity_hash=clean_or_none(told.get("hash"), HASH_LENGTH_MAX) or person.identity_hash,
        wamid=wamid_or_none(message.get("id")),
        occurred_at=instant_of(message),
        business_number_id=change.business_number_id,
        waba_id=change.waba_id,
    )


def _changed(old: object, new: object) -> tuple[str | None, str | None]:
    """Return old and new user id; some bodies name the new one in both places, which tells no old one."""
    old_id, new_id = bsuid_or_none(old), bsuid_or_none(new)
    return (None if old_id == new_id else old_id), new_id
