"""What a condition reads about people."""

from collections.abc import Iterable
from dataclasses import dataclass

from rulecast.rule.language import condition as c
from rulecast.rule.language.check_types import SILENCE_EVENT
from rulecast.rule.language.walk import atoms_of, attributes_of, patterns_of
from rulecast.values.catalogue import Catalogue, DataClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Names of attributes, events and sensitive attributes that a condition reads."""

    attributes: frozenset[str]
    events: frozenset[str]
    sensitive: frozenset[str]


def reads_of(condition: c.Condition, catalogue: Catalogue, *, also: Iterable[str] = ()) -> Reads:
    """Return what a resolved condition reads, segments included; a derived attribute counts with its source.

    `also` are attributes that decide about people outside the condition.
    """
    attributes: set[str] = set(also)
    events: set[str] = set()
    for atom in atoms_of(condition):
        events.update(pattern.event for pattern in patterns_of(atom))
        for name in attributes_of(atom):
            attributes.add(name.name)
            if name.years_since is not None:
                attributes.add(name.years_since)
        if isinstance(atom, c.SilentFor):
            attributes.add("first_seen_at")
            events.add(SILENCE_EVENT)
    known = catalogue.attributes
    sensitive = {
        name for name in attributes if name in known and known[name].data_class is DataClass.SENSITIVE
    }
    return Reads(attributes=frozenset(attributes), events=frozenset(events), sensitive=frozenset(sensitive))
