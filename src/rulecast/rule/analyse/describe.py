"""A made-up person in words."""

from collections import Counter
from datetime import date, datetime, timedelta

from rulecast.rule.engine import PersonFacts
from rulecast.values.catalogue import Coordinates


def describe_person(person: PersonFacts, *, now: datetime) -> tuple[str, ...]:
    """Return what is known about a person, a phrase each; for people made up by the analysis only."""
    said = [
        f"{name}: {_shown(value)}" for name, value in sorted(person.attributes.items()) if value is not None
    ]
    said += [f'tag "{tag}"' for tag in sorted(person.tags)]
    said += [f'label "{label}"' for label in sorted(person.labels) if "=" in label]
    said += [f"consent {purpose}" for purpose in sorted(person.consents)]
    events = Counter(
        (event.name, _ago(now - event.occurred_at), _properties(event.properties)) for event in person.events
    )
    said += [
        f"{name}{properties} {ago}{f' ({count} times)' if count > 1 else ''}"
        for (name, ago, properties), count in events.items()
    ]
    return tuple(said) or ("anybody",)


def _properties(properties: object) -> str:
    if not isinstance(properties, dict) or not properties:
        return ""
    return f" ({', '.join(f'{name}: {_shown(value)}' for name, value in sorted(properties.items()))})"


def _ago(length: timedelta) -> str:
    if length < timedelta(hours=2):
        return "just now"
    if length < timedelta(days=2):
        return f"{length // timedelta(hours=1)} hours ago"
    return f"{length.days} days ago"


def _shown(value: object) -> str:
    match value:
        case str():
            return f'"{value}"'
        case Coordinates():
            return f"{value.latitude}, {value.longitude}"
        case datetime():
            return value.isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(_shown(part) for part in value)
        case _:
            return str(value)
