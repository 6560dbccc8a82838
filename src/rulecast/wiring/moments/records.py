"""What is passed along between the moments of messages and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.rule.language.document import Action
from rulecast.values.ids import ContactId, MessageId, PlanId, RuleVersionId, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as the database names it, with the text of its rule."""

    run_id: RunId
    rule_version_id: RuleVersionId
    rule_name: str
    step: int
    is_test: bool
    rule_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """What a run's rule says about moments; `next_after` is when the next step comes, None after the last.

    What becomes of the messages of a run is counted for stop conditions and for the breaker; replies are not.
    """

    run: RunRow
    actions: Mapping[int, Action]
    next_after: timedelta | None
    is_counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRow:
    """An action that is done for the first time for a message, by its place in the rule."""

    message_id: MessageId
    run_id: RunId
    contact_id: ContactId
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A person's next step whose time has come."""

    first_run_id: RunId
    contact_id: ContactId
    step: int
    rule_version_id: RuleVersionId
    rule_name: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """A planned step that is not launched yet, and how the run it follows was launched."""

    plan_id: PlanId
    first_run_id: RunId
    first_plan_id: PlanId
    launched_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has become of the messages of a version since it was last resumed, at most for a week."""

    rule_version_id: RuleVersionId
    rule_name: str
    delivered: int
    failed: int
    opted_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a recipient is to be told: of one rule and moment, for as many people as it happened to.

    `call_number` is that of the call in which it was told before, 0 where it was not.
    """

    recipient: str
    webhook: str
    rule_name: str
    run_id: RunId
    moment: str
    notice_ids: tuple[int, ...]
    contact_ids: tuple[ContactId, ...]
    first_at: datetime
    attempts: int
    call_number: int
