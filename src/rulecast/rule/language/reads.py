"""What a condition reads about people."""

from collections.abc import Iterator
from dataclasses import dataclass

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.rule.language.walk import atoms_of
from rulecast.values.catalogue import Catalogue, DataClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Names of attributes, events and sensitive attributes that a condition reads."""

    attributes: frozenset[str]
    events: frozenset[str]
    sensitive: frozenset[str]


def reads_of(condition: c.Condition, catalogue: Catalogue) -> Reads:
    """Return what a resolved condition reads; a derived attribute counts with its source."""
    attributes: set[str] = set()
    events: set[str] = set()
    for atom in atoms_of(condition):
        attributes.update(_attributes(atom))
        events.update(_events(atom))
    sensitive = {name for name in attributes if catalogue.attributes[name].data_class is DataClass.SENSITIVE}
    return Reads(attributes=frozenset(attributes), events=frozenset(events), sensitive=frozenset(sensitive))


def _attributes(atom: c.Atom) -> Iterator[str]:
    match atom:
        case c.Did() | c.DidInPeriods() | c.DidThen() | c.SumOf() | c.HasTag() | c.ConsentGranted():
            return
        case c.SilentFor():
            yield "first_seen_at"
        case _:
            yield atom.field.name
            if atom.field.years_since is not None:
                yield atom.field.years_since


def _events(atom: c.Atom) -> Iterator[str]:
    match atom:
        case c.Did() | c.DidInPeriods() | c.SumOf():
            yield atom.pattern.event
        case c.DidThen():
            yield atom.first.event
            yield atom.second.event
        case c.SilentFor():
            yield SILENCE_EVENT
        case _:
            return
