"""What followed from moments, for the report and for the view of one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from rulecast.database import Connection, fetch_all, fetch_one, load_queries
from rulecast.gate.follow_up import Ending
from rulecast.values.ids import ContactId, RunId

QUERIES = load_queries(__package__)
ROWS_SHOWN = 20

ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        Ending.REPLIED: "wrote to us",
        Ending.SUCCEEDED: "did what the rule calls success",
        Ending.OPTED_OUT: "opted out",
        Ending.FAILED: "the message before never arrived",
        Ending.OUTCOME: "what the step asks of the message before is not so",
        Ending.UNKNOWN: "nothing is known of the message before",
        "archived": "the version of the rule is archived",
        "late": "the step came more than 72 hours too late",
    }
)
"""What ended the steps of a person, as a reader is told; anything else is the code of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """What a rule did at a moment, for how many messages."""

    rule_name: str
    moment: str
    what: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How many people stand where in a step; `why` says what ended it for them."""

    rule_name: str
    step: int
    state: str
    why: str
    people: int

    @property
    def meaning(self) -> str:
        """Return why it ended in words."""
        return ENDINGS.get(self.why, self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCount:
    """What a recipient was told, or was not."""

    recipient: str
    state: str
    messages: int
    last_problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A rule that waits for a person."""

    rule_name: str
    reason: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What followed from the messages of a run, a rule, or all."""

    actions: tuple[ActionCount, ...]
    steps: tuple[StepCount, ...]
    notices: tuple[NoticeCount, ...]
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The team that owns the conversation with a person."""

    team: str
    assigned_by: str
    assigned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOf:
    """Something a rule did because of a person's message."""

    taken_at: datetime
    rule_name: str
    moment: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOf:
    """Where a person stands in a step of a rule."""

    due_at: datetime
    rule_name: str
    step: int
    state: str
    why: str

    @property
    def meaning(self) -> str:
        """Return what ended it in words; empty where nothing did."""
        return ENDINGS.get(self.why, self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMoments:
    """What followed for one person."""

    owner: Owner | None
    actions: tuple[ActionOf, ...]
    steps: tuple[StepOf, ...]


async def read_afterwards(
    connection: Connection, *, run_id: RunId | None, rule_name: str | None
) -> Afterwards:
    """Return what followed from the messages of a run with its later steps, of a rule, or of all."""
    scope = {"run_id": run_id, "rule_name": rule_name}
    return Afterwards(
        actions=tuple(await fetch_all(connection, QUERIES["count_actions"], scope, record=ActionCount)),
        steps=tuple(await fetch_all(connection, QUERIES["count_steps"], scope, record=StepCount)),
        notices=tuple(await fetch_all(connection, QUERIES["count_notices"], scope, record=NoticeCount)),
        holds=tuple(await fetch_all(connection, QUERIES["list_holds"], scope, record=Hold)),
    )


async def read_person_moments(connection: Connection, contact_id: ContactId) -> PersonMoments:
    """Return who owns a person's conversation, what rules did, and which steps wait or have come."""
    parameters = {"contact_id": contact_id, "count": ROWS_SHOWN}
    return PersonMoments(
        owner=await fetch_one(connection, QUERIES["find_owner"], {"contact_id": contact_id}, record=Owner),
        actions=tuple(await fetch_all(connection, QUERIES["list_actions_of"], parameters, record=ActionOf)),
        steps=tuple(await fetch_all(connection, QUERIES["list_steps_of"], parameters, record=StepOf)),
    )
