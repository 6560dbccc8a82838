"""What an incident is, what is done about it, and what can be wrong with asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.values.errors import RulecastError

IncidentScope = Literal["waba", "number", "portfolio", "country", "template", "rule", "workspace"]
EntryKind = Literal["note", "step", "owner", "repeated", "raised", "resumed", "forced"]
Occasion = Literal["opened", "raised", "resumed"]

BECAUSE_LENGTH_MAX = 500
"""The limit of the columns; a longer story belongs into a document the note names."""
OWNER_LENGTH_MAX = 200
CLOSED_BY_META = "meta"
WORKSPACE = "workspace"
"""The place of an incident that concerns everything."""


class IncidentUnknownError(RulecastError):
    """A command names an incident that does not exist, or is closed."""

    code = "RC-INCIDENT-001"
    summary = "There is no open incident of that number."
    remedy = "`rulecast incident list` shows the open ones, with --all the closed ones too."


class ReasonMissingError(RulecastError):
    """An incident cannot be closed without a word about why."""

    code = "RC-INCIDENT-002"
    summary = "An incident is closed only with a reason."
    remedy = "Say in --because what was found out and done; it stays in the record."


class StepUnknownError(RulecastError):
    """A step is marked as done that the incident does not have."""

    code = "RC-INCIDENT-004"
    summary = "The incident has no step of that number."
    remedy = "`rulecast incident show NUMBER` numbers its steps."


class CauseStandsError(RulecastError):
    """An incident is to be closed while what caused it is still there."""

    code = "RC-INCIDENT-005"
    summary = "What caused the incident still stands."
    remedy = (
        "Wait until it is mended; whoever takes it upon themselves adds --force, which stays in the record."
    )


class StopOwnedError(RulecastError):
    """A stop that an incident put in force is to be lifted without looking at the incident."""

    code = "RC-INCIDENT-006"
    summary = "An incident put this stop in force."
    remedy = "Look at it with `rulecast incident show NUMBER`, then `rulecast incident resume NUMBER --because REASON`."


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """What went wrong: one cause at one place; `facts` are plain values without anything about a person."""

    cause: str
    scope: IncidentScope
    scope_id: str
    at: datetime
    steps: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as it is kept.

    `response` is what rests because of it, `level` how often that was raised, `owner` who has it in hand. A drill is
    kept like the others and marked.
    """

    incident_id: int
    cause: str
    scope: str
    scope_id: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    because: str
    steps: list[str]
    facts: dict[str, object]
    response: str = "note"
    level: int = 0
    raised_at: datetime | None = None
    repeat_count: int = 0
    owner: str | None = None
    is_drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done about an incident; `step` is the number of the step that was done."""

    incident_id: int
    kind: EntryKind
    step: int | None
    by_whom: str
    at: datetime
    what: str
