"""Names of attributes, events, properties, places, labels: what the catalogue says about each."""

from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language.problem import (
    SEALED,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_EVENT,
    UNKNOWN_LABEL,
    UNKNOWN_PLACE,
    UNKNOWN_PROPERTY,
)
from rulecast.rule.language.scope import Scope, check_purpose
from rulecast.values.catalogue import OCCURRED_AT, AttributeType, EventDefinition, closest_name


def field_of(name: c.Field, scope: Scope) -> c.Field:
    """Return the field with its type: a property inside `where`, else an attribute of the contact."""
    if scope.event is not None:
        return property_of(name, scope.event, scope)
    attribute = scope.catalogue.attribute(name.name)
    if attribute is None:
        _unknown_attribute(name, scope)
        return name
    if attribute.is_sealed:
        scope.report(
            SEALED,
            f"{name.name} is stored sealed and cannot be compared.",
            name.span,
            hint="it can fill a parameter of the template",
        )
    check_purpose(attribute.purpose, f"The attribute {name.name}", name.span, scope)
    return replace(
        name,
        type=attribute.type,
        years_since=attribute.derived_from,
        zone=scope.catalogue.default_zone if attribute.derived_from else None,
    )


def _unknown_attribute(name: c.Field, scope: Scope) -> None:
    near = closest_name(name.name, scope.catalogue.attributes)
    hint = f"did you mean {near}?" if near else None
    if hint is None and scope.catalogue.event(name.name) is not None:
        hint = f"for an event write: did {name.name}"
    scope.report(UNKNOWN_ATTRIBUTE, f"There is no attribute {name.name}.", name.span, hint)


def property_of(name: c.Field, event: EventDefinition, scope: Scope) -> c.Field:
    """Return the field with the type that the event's property has."""
    if name.name == OCCURRED_AT:
        return replace(name, type=AttributeType.INSTANT)
    kind = event.properties.get(name.name)
    if kind is None:
        near = closest_name(name.name, event.properties)
        listed = ", ".join(event.properties) or "none"
        scope.report(
            UNKNOWN_PROPERTY,
            f"The event {event.name} has no property {name.name}.",
            name.span,
            hint=f"did you mean {near}?" if near else f"its properties: {listed}",
        )
        return name
    return replace(name, type=kind)


def event_of(name: str, span: c.Span, scope: Scope) -> EventDefinition | None:
    """Return the event of that name or alias; one nobody knows becomes a problem."""
    event = scope.catalogue.event(name)
    if event is None:
        events = scope.catalogue.events
        near = closest_name(name, [*events, *(alias for entry in events.values() for alias in entry.aliases)])
        scope.report(
            UNKNOWN_EVENT, f"There is no event {name}.", span, hint=f"did you mean {near}?" if near else None
        )
        return None
    check_purpose(event.purpose, f"The event {event.name}", span, scope)
    return event


def near_of(atom: c.Near, scope: Scope) -> c.Near:
    """Return the distance with the coordinates of its named place."""
    found = replace(atom, field=field_of(atom.field, scope))
    if atom.place_name is None:
        return found
    place = scope.catalogue.places.get(atom.place_name)
    if place is None:
        scope.report_unknown(
            UNKNOWN_PLACE,
            f'There is no place "{atom.place_name}".',
            atom.span,
            name=atom.place_name,
            known=scope.catalogue.places,
        )
        return found
    return replace(found, latitude=place.latitude, longitude=place.longitude)


def check_label(atom: c.HasLabel, scope: Scope) -> None:
    """Report a label, or a value of it, that the workspace does not have."""
    values = scope.catalogue.labels.get(atom.label)
    if values is None:
        scope.report_unknown(
            UNKNOWN_LABEL,
            f'There is no label "{atom.label}".',
            atom.span,
            name=atom.label,
            known=scope.catalogue.labels,
        )
    elif atom.value is not None and atom.value not in values:
        scope.report_unknown(
            UNKNOWN_LABEL,
            f'The label "{atom.label}" has no value "{atom.value}".',
            atom.span,
            name=atom.value,
            known=values,
        )
