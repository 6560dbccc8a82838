"""What the reference evaluator knows about one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from rulecast.values.catalogue import Coordinates

FactValue: TypeAlias = str | int | Decimal | bool | date | datetime | Coordinates | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFact:
    """The current state of one purpose: granted, with full evidence, since when (aware UTC)."""

    granted: bool
    proven: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFact:
    """One thing a person did, or that happened to a message: name, instant (aware UTC), properties as stored."""

    name: str
    occurred_at: datetime
    properties: Mapping[str, FactValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """One contact with everything a condition can ask for; texts as stored (folded), instants aware UTC.

    Labels stand twice, as `name` and as `name=value`. Events stand in the order in which they were recorded.
    """

    contact_id: int
    attributes: Mapping[str, FactValue] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    consents: Mapping[str, ConsentFact] = field(default_factory=dict)
    events: Sequence[EventFact] = ()
    first_seen_at: datetime | None = None
    zone: str | None = None
