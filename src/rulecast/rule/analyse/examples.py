"""Run the examples written inside a rule, and say which parts of the condition they never tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.rule.engine import (
    ConsentFact,
    EventFact,
    ExplanationNode,
    PersonFacts,
    evaluate,
    explain,
)
from rulecast.rule.engine.facts import FactValue
from rulecast.rule.language import CheckedRule
from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.constants import typed
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.scope import Scope
from rulecast.rule.language.walk import atoms_of
from rulecast.values.catalogue import AttributeType, Catalogue, Coordinates, fold_text
from rulecast.values.distance import coordinates_of

# An example that does not say for how long the person has been known: longer than any window.
KNOWN_FOR_DEFAULT = timedelta(days=3650)
# An example that does not say so has given consent long before, and with full evidence.
CONSENT_AGE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleOutcome:
    """One example, what it expects, what the condition says, and why."""

    example: d.Example
    at: datetime
    truth: bool
    explanation: ExplanationNode

    @property
    def has_passed(self) -> bool:
        """Return whether the condition says what the example expects."""
        return self.truth is self.example.matches


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomCoverage:
    """One condition of the rule, and for how many examples it was true and false."""

    text: str
    true_count: int
    false_count: int

    @property
    def is_covered(self) -> bool:
        """Return whether the examples saw it both true and false."""
        return self.true_count > 0 and self.false_count > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleReport:
    """What came of the examples of one rule."""

    outcomes: tuple[ExampleOutcome, ...]
    coverage: tuple[AtomCoverage, ...]

    @property
    def has_passed(self) -> bool:
        """Return whether every example passed; a rule without examples has nothing that could fail."""
        return all(outcome.has_passed for outcome in self.outcomes)


def run_examples(checked: CheckedRule, catalogue: Catalogue, *, now: datetime) -> ExampleReport:
    """Evaluate the rule's condition for each of its examples by the reference evaluator; `now` is aware UTC."""
    outcomes = []
    people = []
    for example in checked.rule.examples:
        at = _instant(example, now)
        person = person_of(example, catalogue, at)
        people.append((person, at))
        outcomes.append(
            ExampleOutcome(
                example=example,
                at=at,
                truth=evaluate(checked.condition, person, at),
                explanation=explain(checked.condition, person, at),
            )
        )
    return ExampleReport(outcomes=tuple(outcomes), coverage=_coverage(checked.condition, people))


def _coverage(condition: c.Condition, people: list[tuple[PersonFacts, datetime]]) -> tuple[AtomCoverage, ...]:
    found = []
    for atom in dict.fromkeys(atoms_of(condition)):
        truths = [evaluate(atom, person, at) for person, at in people]
        found.append(
            AtomCoverage(
                text=format_condition(atom), true_count=sum(truths), false_count=len(truths) - sum(truths)
            )
        )
    return tuple(found)


def _instant(example: d.Example, now: datetime) -> datetime:
    if example.at is None:
        return now
    assert isinstance(example.at.value, datetime), "the grammar lets only an instant stand there"
    return example.at.value


def person_of(example: d.Example, catalogue: Catalogue, at: datetime) -> PersonFacts:
    """Return the person a checked example describes, as facts at an instant (aware UTC)."""
    scope = Scope(catalogue=catalogue, purpose="marketing", problems=[])
    known_for = example.known_for.length if example.known_for is not None else KNOWN_FOR_DEFAULT
    attributes = _attributes(example, scope)
    zone = attributes.get("zone")
    consent = ConsentFact(granted=True, proven=True, at=at - CONSENT_AGE)
    return PersonFacts(
        contact_id=1,
        attributes=attributes,
        tags=frozenset(fold_text(tag) for tag in example.tags),
        labels=frozenset(
            text
            for label, value in example.labels
            for text in ((label, f"{label}={value}") if value else (label,))
        ),
        consents=dict.fromkeys(example.consents, consent),
        events=tuple(sorted((_event(event, scope, at) for event in example.events), key=_when)),
        first_seen_at=at - known_for,
        zone=zone if isinstance(zone, str) else None,
    )


def _when(event: EventFact) -> datetime:
    return event.occurred_at


def _attributes(example: d.Example, scope: Scope) -> Mapping[str, FactValue]:
    values: dict[str, FactValue] = {}
    for name, constant in example.attributes:
        attribute = scope.catalogue.attribute(name)
        assert attribute is not None, "the checker knows every attribute of an example"
        if attribute.type is AttributeType.PLACE:
            values[name] = _coordinates(constant)
            continue
        field = c.Field(name=name, type=attribute.type, span=example.span)
        value = typed(constant, field, scope).value
        if attribute.type is AttributeType.TEXT_LIST:
            before = values.get(name, ())
            values[name] = (*before, str(value)) if isinstance(before, tuple) else (str(value),)
        else:
            values[name] = value
    return values


def _coordinates(constant: c.Constant) -> Coordinates:
    found = coordinates_of(str(constant.value))
    assert found is not None, "the checker reads every place of an example"
    return found


def _event(event: d.ExampleEvent, scope: Scope, at: datetime) -> EventFact:
    definition = scope.catalogue.event(event.event)
    assert definition is not None, "the checker knows every event of an example"
    inner = Scope(catalogue=scope.catalogue, purpose=scope.purpose, problems=[], event=definition)
    return EventFact(
        name=definition.name,
        occurred_at=at - event.ago.length,
        properties={
            name: typed(
                value, c.Field(name=name, type=definition.properties[name], span=event.span), inner
            ).value
            for name, value in event.properties
        },
    )
