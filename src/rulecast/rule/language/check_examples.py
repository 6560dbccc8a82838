"""Check the people that examples describe: known names, fitting values, nothing personal."""

from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language import limits
from rulecast.rule.language.constants import typed
from rulecast.rule.language.problem import OUT_OF_LIMITS, UNKNOWN_ATTRIBUTE, UNKNOWN_PROPERTY, WRONG_TYPE
from rulecast.rule.language.problem_clause import EXAMPLE_PERSONAL
from rulecast.rule.language.resolve_names import check_label, event_of
from rulecast.rule.language.scope import Scope, check_purpose_word, hint_of
from rulecast.values.catalogue import AttributeType, DataClass, EventDefinition
from rulecast.values.distance import coordinates_of


def check_examples(rule: d.Rule, scope: Scope) -> None:
    """Report what an example names that the catalogue does not have, and what no rule file should hold."""
    if len(rule.examples) > limits.EXAMPLES_MAX:
        message = f"A rule has {limits.EXAMPLES_MAX} examples at most."
        scope.report(OUT_OF_LIMITS, message, rule.examples[limits.EXAMPLES_MAX].span)
    for example in rule.examples:
        for name, value in example.attributes:
            _check_attribute(name, value, example, scope)
        for label, text in example.labels:
            check_label(c.HasLabel(label=label, value=text or None, span=example.span), scope)
        for purpose in example.consents:
            check_purpose_word(purpose, example.span, scope)
        for event in example.events:
            _check_event(event, scope)


def _check_attribute(name: str, value: c.Constant, example: d.Example, scope: Scope) -> None:
    attribute = scope.catalogue.attribute(name)
    if attribute is None:
        scope.report(
            UNKNOWN_ATTRIBUTE,
            f"There is no attribute {name}.",
            example.span,
            hint=hint_of(name, scope.catalogue.attributes),
        )
    elif attribute.is_sealed or attribute.data_class is DataClass.SENSITIVE:
        scope.report(
            EXAMPLE_PERSONAL, f"{name} is {attribute.data_class}; an example leaves it out.", example.span
        )
    elif attribute.type is AttributeType.PLACE:
        if not isinstance(value.value, str) or coordinates_of(value.value) is None:
            scope.report(
                WRONG_TYPE,
                f"{name} is a place: latitude and longitude in quotes.",
                example.span,
                hint=f'{name}: "33.58,-7.63"',
            )
    else:
        typed(value, c.Field(name=name, type=attribute.type, span=example.span), scope)


def _check_event(event: d.ExampleEvent, scope: Scope) -> None:
    definition = event_of(event.event, event.span, scope)
    if definition is None:
        return
    inner = replace(scope, event=definition)
    for name, value in event.properties:
        _check_property(name, value, event, definition, inner)


def _check_property(  # noqa: PLR0917 - the value and where it stands
    name: str, value: c.Constant, event: d.ExampleEvent, definition: EventDefinition, scope: Scope
) -> None:
    kind = definition.properties.get(name)
    if kind is None:
        scope.report(
            UNKNOWN_PROPERTY,
            f"The event {definition.name} has no property {name}.",
            event.span,
            hint=hint_of(name, definition.properties),
        )
        return
    typed(value, c.Field(name=name, type=kind, span=event.span), scope)
