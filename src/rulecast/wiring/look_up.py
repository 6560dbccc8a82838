"""Looks one person up by number or contact id: masked identities, and the reason of every decision."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers

from rulecast.database import Connection, fetch_all, fetch_one, load_queries
from rulecast.observe.append_audit import append_audit
from rulecast.profile import find_contacts
from rulecast.profile.identity import lookups_of
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId
from rulecast.values.phone import PhoneNumber
from rulecast.values.reason import DESCRIPTIONS, NUMBERS, Reason
from rulecast.vault import SealItem
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)

IDENTITY_COLUMN = "profile.identity.value"
ATTRIBUTES_COLUMN = "profile.contact.sealed_attributes"
# Names are shown to tell two people apart; nothing else that is sealed is opened for the page.
NAMES_SHOWN = ("first_name", "last_name")
# Contact ids are counted from one; nobody has a number of so few digits.
CONTACT_ID_DIGITS_MAX = 7
# After a # every number is an id, up to what its column holds.
MARKED_ID_DIGITS_MAX = 18
TEXT_LENGTH_MAX = 40
MASK = "•••"


class PersonUnknownError(RulecastError):
    """Nobody of this number or id is known."""

    code = "RC-LOOKUP-001"
    summary = "Nobody of this number or id is known."
    remedy = "Write the number with its country code, such as +212…, or a contact id."


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One word of a person about one purpose."""

    purpose: str
    status: str
    is_proven: bool
    effective_at: datetime
    method: str
    wording_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStop:
    """A stop in force for one of the person's identities."""

    scope: str
    cause: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMessage:
    """One message to the person and where it stands."""

    message_id: int
    run_id: int
    rule_name: str
    template_name: str | None
    state: str
    reason: str
    changed_at: datetime
    delivered_at: datetime | None
    read_at: datetime | None
    failed_code: int | None
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a plan or the gate decided about the person, and why in one sentence."""

    at: datetime
    by: str
    rule_name: str
    outcome: str
    reason: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything the page shows about one person."""

    contact_id: ContactId
    name: str
    identities: tuple[tuple[str, str], ...]
    attributes: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    first_seen_at: datetime
    tags: tuple[str, ...]
    consents: tuple[Consent, ...]
    stops: tuple[PersonStop, ...]
    messages: tuple[PersonMessage, ...]
    decisions: tuple[Decision, ...]


async def look_up(workspace: Workspace, asked: str, *, actor: str) -> Person:
    """Return the person of a contact id or phone number; who looked whom up goes to the audit.

    Raises:
        PersonUnknownError: nobody is found; the text that was asked for is not repeated.
    """
    asked = asked.strip()[:TEXT_LENGTH_MAX]
    async with workspace.database.transaction() as connection:
        contact_id = await _find(connection, workspace, asked)
        row = None
        if contact_id is not None:
            row = await fetch_one(connection, QUERIES["find_person"], {"contact_id": contact_id})
        if row is None:
            raise PersonUnknownError
        await append_audit(
            connection,
            actor=actor,
            action="look up",
            subject=f"contact {contact_id}",
            details={},
            now=workspace.clock.now(),
        )
        return await _read(connection, workspace, row)


async def _find(connection: Connection, workspace: Workspace, asked: str) -> ContactId | None:
    if re.fullmatch(rf"[0-9]{{1,{CONTACT_ID_DIGITS_MAX}}}|#[0-9]{{1,{MARKED_ID_DIGITS_MAX}}}", asked):
        return ContactId(int(asked.removeprefix("#")))
    try:
        parsed = phonenumbers.parse(asked, workspace.settings.default_region)
    except phonenumbers.NumberParseException:
        return None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    lookups = lookups_of(workspace.vault, number)
    found = await find_contacts(connection, list(lookups))
    return next((found[one] for one in lookups if one in found), None)


async def _read(connection: Connection, workspace: Workspace, row: tuple[Any, ...]) -> Person:
    contact_id, attributes, sealed_attributes, first_seen_at, *flags = row
    whose = {"contact_id": contact_id}
    return Person(
        contact_id=contact_id,
        name=await _name(workspace, contact_id, sealed_attributes),
        identities=await _identities(connection, workspace, contact_id),
        attributes=tuple(sorted((name, str(value)) for name, value in attributes.items())),
        flags=_flags(*flags),
        first_seen_at=first_seen_at,
        tags=tuple(tag for (tag,) in await fetch_all(connection, QUERIES["list_person_tags"], whose)),
        consents=tuple(await fetch_all(connection, QUERIES["list_person_consents"], whose, record=Consent)),
        stops=tuple(await fetch_all(connection, QUERIES["list_person_stops"], whose, record=PersonStop)),
        messages=tuple(
            await fetch_all(connection, QUERIES["list_person_messages"], whose, record=PersonMessage)
        ),
        decisions=await _decisions(connection, contact_id),
    )


async def _name(workspace: Workspace, contact_id: ContactId, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    opened = await workspace.vault.open(contact_id, ATTRIBUTES_COLUMN, sealed)
    values = json.loads(opened) if opened else {}
    return " ".join(str(values[name]) for name in NAMES_SHOWN if values.get(name))


async def _identities(
    connection: Connection, workspace: Workspace, contact_id: ContactId
) -> tuple[tuple[str, str], ...]:
    rows = await fetch_all(connection, QUERIES["list_person_identities"], {"contact_id": contact_id})
    opened = await workspace.vault.open_many(
        [SealItem(contact_id, IDENTITY_COLUMN, sealed) for _, sealed in rows]
    )
    return tuple((kind, _masked(kind, value)) for (kind, _), value in zip(rows, opened, strict=True))


def _masked(kind: str, value: bytes | None) -> str:
    """Show a phone number's country and last two digits, and nothing of any other identity."""
    if value is None:
        return "erased"
    if kind != "phone":
        return MASK
    try:
        return PhoneNumber(value.decode()).masked
    except ValueError:
        return MASK


def _flags(*values: Any) -> tuple[str, ...]:
    is_reachable, is_restricted, objects_to_profiling, is_seed, merged_into, erased_at = values
    named = {
        "not reachable": not is_reachable,
        "restricted": is_restricted,
        "objects to profiling": objects_to_profiling,
        "test person": is_seed,
        f"merged into {merged_into}": merged_into is not None,
        "erased": erased_at is not None,
    }
    return tuple(name for name, is_set in named.items() if is_set)


async def _decisions(connection: Connection, contact_id: ContactId) -> tuple[Decision, ...]:
    whose = {"contact_id": contact_id}
    reasons = {number: reason for reason, number in NUMBERS.items()}
    found = []
    for plan_id, rule_name, at, number, lost_to in await fetch_all(
        connection, QUERIES["list_person_plans"], whose
    ):
        reason = reasons.get(number)
        meaning = "Planned." if reason is None else DESCRIPTIONS[reason]
        found.append(
            Decision(
                at=at,
                by=f"plan {plan_id}",
                rule_name=rule_name,
                outcome="left out" if number else "planned",
                reason=reason.value if reason else "",
                meaning=f"{meaning} Lost to {lost_to}." if reason is Reason.LOST_TO_RULE else meaning,
            )
        )
    messages = await fetch_all(connection, QUERIES["list_person_verdicts"], whose)
    for at, message_id, outcome, name, until in messages:
        meaning = DESCRIPTIONS[Reason(name)] if name in set(Reason) else ""
        found.append(
            Decision(
                at=at,
                by="gate",
                rule_name=f"message {message_id}",
                outcome=outcome,
                reason=name,
                meaning=f"{meaning} Until {until:%Y-%m-%d %H:%M} UTC." if until else meaning,
            )
        )
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))
