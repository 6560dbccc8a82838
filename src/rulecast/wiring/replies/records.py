"""What is passed along while replies become messages."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.values.ids import ContactId, MessageId, PlanId, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingReply:
    """A reply that a moment asked for, with the run it answers."""

    after_message_id: MessageId
    position: int
    answered_run_id: RunId
    answered_plan_id: PlanId
    contact_id: ContactId
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRun:
    """The run that keeps the answers of one reply, with its plan."""

    run_id: RunId
    plan_id: PlanId
