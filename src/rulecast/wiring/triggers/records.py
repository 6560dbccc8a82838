"""What the runtime of triggers passes along: arrivals, firings, and the versions that listen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rulecast.rule.language import CheckedRule
from rulecast.rule.language import condition as c
from rulecast.rule.language.document import OLDER_THAN_DEFAULT, EnteringTrigger, EventTrigger
from rulecast.values.ids import ContactId, EventId, RuleVersionId

DECISION_SECONDS_DEFAULT = 60
"""Design section 4: triggered candidates of one minute compete unless the rule says otherwise."""

INSTANT = timedelta(microseconds=1)
"""Conditions see what lies before their instant, so an event is seen just after its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedEvent:
    """A stored event that a rule may wait for; `properties` is JSON text."""

    event_id: EventId
    contact_id: ContactId
    name: str
    occurred_at: datetime
    recorded_at: datetime
    properties: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(ArrivedEvent):
    """What was stored and waits to be matched; `event_id` 0 is a change of the person, silent or not."""

    is_silent: bool
    failures: int
    arrival_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningRule:
    """A version in force with a trigger, checked against the catalogue of now; it listens since an instant."""

    rule_version_id: RuleVersionId
    rule_name: str
    since: datetime
    text: str
    checked: CheckedRule
    trigger: EventTrigger | EnteringTrigger

    @property
    def kind(self) -> Literal["event", "entering"]:
        """Return what the rule waits for."""
        return "event" if isinstance(self.trigger, EventTrigger) else "entering"

    @property
    def pattern(self) -> c.EventPattern | None:
        """Return the event waited for, None for a rule on entering."""
        return self.trigger.pattern if isinstance(self.trigger, EventTrigger) else None

    @property
    def decision_window(self) -> timedelta:
        """Return how long a firing waits for rivals."""
        seconds = self.checked.rule.decision_seconds
        return timedelta(seconds=DECISION_SECONDS_DEFAULT if seconds is None else seconds)

    @property
    def delay(self) -> timedelta:
        """Return how long after its event the rule is evaluated."""
        has_delay = isinstance(self.trigger, EventTrigger) and self.trigger.delay is not None
        return self.trigger.delay.length if has_delay else timedelta()  # type: ignore[union-attr] # has_delay says so

    @property
    def age_max(self) -> timedelta:
        """Return how old an event may be when it arrives."""
        own = self.trigger.older_than if isinstance(self.trigger, EventTrigger) else None
        return (own or OLDER_THAN_DEFAULT).length

    def takes(self, event: ArrivedEvent) -> bool:
        """Return whether an event may fire the rule at all: after activation, not too old; silent ones never come."""
        assert isinstance(self.trigger, EventTrigger)
        return (
            event.name == self.trigger.pattern.event
            and event.occurred_at >= self.since
            and event.recorded_at - event.occurred_at <= self.age_max
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedVersion:
    """A version as the database knows that it listens."""

    rule_version_id: RuleVersionId
    kind: str
    since: datetime
    signature: bytes
    watch_xid: int
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A rule set off for a person, before its delay and its decision window have passed; event 0 is an entry."""

    rule: ListeningRule
    contact_id: ContactId
    event_id: EventId
    occurred_at: datetime
    is_effect: bool

    def due_at(self, now: datetime) -> datetime:
        """Return when the rule is evaluated for the person: after its delay, and once the event is past."""
        return max(now, self.occurred_at + max(self.rule.delay, INSTANT)) if self.event_id else now


def firing_columns(firings: Sequence[Firing], now: datetime) -> dict[str, object]:
    """Return firings as the columns they are stored in."""
    due = [one.due_at(now) for one in firings]
    return {
        "rule_version_ids": [one.rule.rule_version_id for one in firings],
        "rule_names": [one.rule.rule_name for one in firings],
        "contact_ids": [one.contact_id for one in firings],
        "event_ids": [one.event_id for one in firings],
        "occurred": [one.occurred_at for one in firings],
        "due": due,
        "decide": [at + one.rule.decision_window for at, one in zip(due, firings, strict=True)],
        "effects": [one.is_effect for one in firings],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One look at audiences: at what has arrived, and at whom time may have moved, by an instant.

    `begun_at` names it; it is earlier than `until` where it goes on with that of a dead process.
    """

    begun_at: datetime
    until: datetime
    last_arrival: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored firing that is to be decided."""

    candidate_id: int
    rule_version_id: RuleVersionId
    rule_name: str
    contact_id: ContactId
    event_id: EventId
    fired_at: datetime
    decide_at: datetime
    is_effect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerLag:
    """How far the runtime is behind; `arrivals` counts to a hundred thousand, `set_aside` what cannot be matched."""

    lag_seconds: float
    set_aside: int
    arrivals: int
    versions: int
    waiting: int
    overdue: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceDifference:
    """Kept membership beside a full evaluation: people there, missing as members, and surplus ones."""

    rule_version_id: RuleVersionId
    rule_name: str
    people: int
    missing: int
    surplus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterDifference:
    """A sample of kept counters: people compared with their events, of whom they differed, and what was put right."""

    people: int
    different: int
    mended: int
    forgotten: int
