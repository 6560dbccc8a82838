"""People as the reference evaluator knows them, folded from the change log and the events up to an instant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from rulecast.rule.engine import ConsentFact, EventFact, PersonFacts
from rulecast.rule.engine.facts import FactValue
from rulecast.rule.engine.read_value import read_value
from rulecast.values.catalogue import AttributeType, Catalogue

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
INBOUND = "message_received"

ChangeRow = tuple[int, str, str, datetime]
EventRow = tuple[int, str, datetime, str]


@dataclass(slots=True)
class _Folding:
    """One person while their history is read, oldest first."""

    first_seen_at: datetime | None = None
    attributes: dict[str, FactValue] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    labels: dict[str, str | None] = field(default_factory=dict)
    consents: dict[str, tuple[datetime, bool, bool]] = field(default_factory=dict)
    events: list[EventFact] = field(default_factory=list)


def fold_people(
    changes: Iterable[ChangeRow], events: Iterable[EventRow], catalogue: Catalogue
) -> dict[int, PersonFacts]:
    """Return each person as they were; changes are in order of valid time, then of recording.

    Rows are contact, kind, payload and valid time of a change, and contact, name, instant and properties of an
    event; payload and properties are JSON text. The newest value wins, and a consent that is as old as a
    withdrawal loses, as in the mart.
    """
    kinds = {entry.name: entry.type for entry in catalogue.stored_attributes()}
    property_kinds = catalogue.event_properties()
    people: dict[int, _Folding] = {}
    for contact_id, kind, payload, valid_from in changes:
        person = people.setdefault(contact_id, _Folding())
        _apply(person, kind, _DECODER.decode(payload), valid_from=valid_from, kinds=kinds)
    for contact_id, name, occurred_at, properties in events:
        person = people.setdefault(contact_id, _Folding())
        typed = _typed(_DECODER.decode(properties), property_kinds)
        person.events.append(EventFact(name=name, occurred_at=occurred_at, properties=typed))
        if name == INBOUND:
            person.attributes["last_inbound_at"] = occurred_at
    return {contact_id: _finish(contact_id, person) for contact_id, person in people.items()}


def fold_events(rows: Iterable[tuple[str, datetime, str]], catalogue: Catalogue) -> list[EventFact]:
    """Return events as evaluators read them, from name, instant and properties as JSON text, in their order."""
    kinds = catalogue.event_properties()
    return [
        EventFact(name=name, occurred_at=occurred_at, properties=_typed(_DECODER.decode(properties), kinds))
        for name, occurred_at, properties in rows
    ]


def _apply(
    person: _Folding,
    kind: str,
    payload: Mapping[str, Any],
    *,
    valid_from: datetime,
    kinds: Mapping[str, AttributeType],
) -> None:
    match kind:
        case "contact":
            person.first_seen_at = person.first_seen_at or valid_from
        case "attributes":
            person.attributes.update(_typed(payload, kinds))
        case "tag_added":
            person.tags.add(payload["tag"])
        case "tag_removed":
            person.tags.discard(payload["tag"])
        case "label":
            person.labels[payload["label"]] = payload["value"]
        case _:
            said = (valid_from, payload["status"] != "granted", bool(payload.get("proven")))
            known = person.consents.get(payload["purpose"])
            if known is None or said >= known:
                person.consents[payload["purpose"]] = said


def _finish(contact_id: int, person: _Folding) -> PersonFacts:
    zone = person.attributes.get("zone")
    return PersonFacts(
        contact_id=contact_id,
        attributes=person.attributes,
        tags=frozenset(person.tags),
        labels=frozenset(
            word
            for label, value in person.labels.items()
            if value is not None
            for word in ((label, f"{label}={value}") if value else (label,))
        ),
        consents={
            purpose: ConsentFact(granted=not refused, proven=proven, at=at)
            for purpose, (at, refused, proven) in person.consents.items()
        },
        events=tuple(person.events),
        first_seen_at=person.first_seen_at,
        zone=str(zone) if zone else None,
    )


def _typed(values: Mapping[str, Any], kinds: Mapping[str, AttributeType]) -> dict[str, FactValue]:
    return {name: read_value(value, kinds[name]) for name, value in values.items() if name in kinds}


def names_to_read(events_read: Iterable[str]) -> Sequence[str]:
    """Return the events a fold needs for a condition: its own, and the inbound messages."""
    return sorted({*events_read, INBOUND})
