"""What an import is about to do, shown before it does anything."""

from collections.abc import Mapping
from dataclasses import dataclass

from rulecast.collect.imports.errors import (
    IdentityUnmappedError,
    MappingInvalidError,
    TypeConflictError,
)
from rulecast.collect.imports.join import Join
from rulecast.collect.imports.mapping import EventRules, ImportMapping, ValueRule
from rulecast.collect.imports.source import Source
from rulecast.values.catalogue import (
    BUILT_IN_EVENTS,
    Attribute,
    AttributeType,
    Catalogue,
    CatalogueInvalidError,
    DataClass,
    EventDefinition,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A surveyed file with its complete mapping.

    `attributes` are all entries the mapping uses, by name; `new_attributes` and `new_events` are those that the
    import adds to the catalogue. `dropped` are columns nobody asked for, `notes` what a person should know.
    """

    source: Source
    mapping: ImportMapping
    attributes: Mapping[str, Attribute]
    new_attributes: tuple[Attribute, ...]
    new_events: tuple[EventDefinition, ...]
    dropped: tuple[str, ...]
    notes: tuple[str, ...] = ()
    is_guessed: bool = False
    join: Join | None = None


def propose(
    source: Source,
    mapping: ImportMapping,
    catalogue: Catalogue,
    *,
    notes: tuple[str, ...] = (),
    is_guessed: bool = False,
    join: Join | None = None,
) -> Proposal:
    """Complete a mapping by the catalogue.

    Raises:
        IdentityUnmappedError: nothing says who a row is about.
        TypeConflictError: the mapping contradicts the catalogue.
        MappingInvalidError: an attribute may not be imported, or a name is unusable.
    """
    if not mapping.identity.columns():
        raise IdentityUnmappedError
    attributes = {name: _attribute(name, rule, catalogue) for name, rule in mapping.attributes.items()}
    new_events = () if mapping.event is None else _events(mapping.event, catalogue)
    new_attributes = tuple(one for name, one in attributes.items() if catalogue.attribute(name) is None)
    _check_together(catalogue, new_attributes, new_events)
    used = columns_used(mapping)
    return Proposal(
        source=source,
        mapping=mapping,
        attributes=attributes,
        new_attributes=new_attributes,
        new_events=new_events,
        dropped=tuple(column for column in source.facts.columns if column not in used),
        notes=notes,
        is_guessed=is_guessed,
        join=join,
    )


def columns_used(mapping: ImportMapping) -> frozenset[str]:
    """Return every column of the file that the mapping reads."""
    rules: list[ValueRule] = [*mapping.attributes.values()]
    if mapping.known_since is not None:
        rules.append(mapping.known_since)
    for consent in mapping.consents:
        rules.extend(consent.rules())
    used = {*mapping.identity.columns(), *mapping.tags.columns}
    if mapping.event is not None:
        rules += [mapping.event.name, mapping.event.occurred_at, *mapping.event.properties.values()]
        used.update(mapping.event.source_id)
        used.update([mapping.event.prefix_column] if mapping.event.prefix_column else [])
    if mapping.join is not None:
        used.add(mapping.join.column)
    used.update(column for rule in rules for column in rule.columns())
    return frozenset(used)


def _attribute(name: str, rule: ValueRule, catalogue: Catalogue) -> Attribute:
    known = catalogue.attribute(name)
    if known is None:
        return Attribute(
            name=name, type=rule.type or AttributeType.TEXT, data_class=rule.data_class or DataClass.PUBLIC
        )
    if known.derived_from is not None:
        raise MappingInvalidError(f"attributes.{name}: the value is computed from {known.derived_from}.")
    if known.data_class is DataClass.SENSITIVE:
        raise MappingInvalidError(
            f"attributes.{name}: sensitive values need a recorded consent; importing them is not available yet."
        )
    if rule.type not in {None, known.type}:
        raise TypeConflictError(
            f"attributes.{name} is {rule.type} in the mapping and {known.type} in the catalogue."
        )
    if rule.data_class not in {None, known.data_class}:
        raise TypeConflictError(f"attributes.{name} is {known.data_class} in the catalogue.")
    return known


def _events(rules: EventRules, catalogue: Catalogue) -> tuple[EventDefinition, ...]:
    forbidden = {one.name for one in BUILT_IN_EVENTS}
    if own := forbidden.intersection(event_names(rules)):
        raise MappingInvalidError(
            f"event.name: {', '.join(sorted(own))} are rulecast's own facts about messages."
        )
    properties = {name: property_type(name, rule, catalogue) for name, rule in rules.properties.items()}
    found: list[EventDefinition] = []
    for name in event_names(rules):
        known = catalogue.event(name)
        if known is not None and properties.keys() <= known.properties.keys():
            continue
        merged = {**({} if known is None else known.properties), **properties}
        found.append(
            EventDefinition(
                name=name,
                properties=merged,
                retention_days=None if known is None else known.retention_days,
                purpose=None if known is None else known.purpose,
                aliases=() if known is None else known.aliases,
                about="" if known is None else known.about,
            )
        )
    return tuple(found)


def event_names(rules: EventRules) -> tuple[str, ...]:
    """Return the names a mapping can give its events."""
    names = [*rules.prefixes.values(), *rules.name.map.values()]
    names += [str(rules.name.constant)] if rules.name.constant is not None else []
    names += [rules.name.otherwise] if rules.name.otherwise else []
    return tuple(dict.fromkeys(names))


def property_type(name: str, rule: ValueRule, catalogue: Catalogue) -> AttributeType:
    """Return the type of an event property: the mapping's, else the catalogue's, else text.

    Raises:
        TypeConflictError: the two differ.
    """
    known = catalogue.event_properties().get(name)
    if known is not None and rule.type not in {None, known}:
        raise TypeConflictError(
            f"The property {name} is {rule.type} in the mapping and {known} in the catalogue."
        )
    return rule.type or known or AttributeType.TEXT


def _check_together(
    catalogue: Catalogue, attributes: tuple[Attribute, ...], events: tuple[EventDefinition, ...]
) -> None:
    try:
        Catalogue.of(
            attributes=[*catalogue.attributes.values(), *attributes],
            events=[*catalogue.events.values(), *events],
        )
    except CatalogueInvalidError as error:
        raise MappingInvalidError(error.what) from None


def property_type_name(rule: ValueRule) -> str:
    """Return the type a rule names, as a person reads it."""
    return (rule.type or AttributeType.TEXT).value
