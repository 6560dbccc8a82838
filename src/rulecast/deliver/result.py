"""The result of one attempt, and what it makes of the message."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from rulecast.deliver.classify import Accepted, Rejected
from rulecast.deliver.error_code import CodeAction, CodeOutcome, describe_error_code
from rulecast.deliver.state import AttemptState, MessageState
from rulecast.gate.permit import Permit
from rulecast.values.ids import AttemptId
from rulecast.values.quickly_made import quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """The request was never started; `cause` is stopped, too_old, lease_lost or pair_rests, the last for a while."""

    cause: str
    wait_seconds: float = 0.0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An intent that is committed: from here on it must end in a result or in doubt."""

    permit: Permit
    attempt_id: AttemptId
    intent_at: datetime


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one attempt ended."""

    attempt: Attempt
    outcome: "AttemptOutcome"


AttemptOutcome: TypeAlias = Accepted | Rejected | NotStarted


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a result makes of message and attempt; `releases` tells that Meta surely never accepted it."""

    state: MessageState
    attempt_state: AttemptState
    reason: str
    error_code: int
    send_from: datetime | None
    releases: bool


def effect_of(outcome: AttemptOutcome, *, attempt: int, now: datetime) -> Effect:
    """Return what becomes of a message after its attempt of that number; pure."""
    match outcome:
        case NotStarted(cause=cause, wait_seconds=wait_seconds):
            return Effect(
                state=MessageState.PLANNED,
                attempt_state=AttemptState.CANCELLED,
                reason=cause,
                error_code=0,
                send_from=now + timedelta(seconds=wait_seconds) if wait_seconds else None,
                releases=True,
            )
        case Accepted(is_held=is_held):
            return Effect(
                state=MessageState.HELD if is_held else MessageState.ACCEPTED,
                attempt_state=AttemptState.HELD if is_held else AttemptState.ACCEPTED,
                reason="held_by_meta" if is_held else "",
                error_code=0,
                send_from=None,
                releases=False,
            )
        case Rejected():
            return _effect_of_rejection(outcome, attempt=attempt, now=now)


_STATES: dict[CodeOutcome, tuple[MessageState, AttemptState, bool]] = {
    CodeOutcome.AGAIN: (MessageState.PLANNED, AttemptState.CANCELLED, True),
    CodeOutcome.KEPT: (MessageState.PLANNED, AttemptState.REFUSED, True),
    CodeOutcome.REFUSED: (MessageState.REFUSED, AttemptState.REFUSED, True),
    CodeOutcome.SPENT: (MessageState.REFUSED, AttemptState.REFUSED, False),
    CodeOutcome.HELD: (MessageState.HELD, AttemptState.HELD, False),
    CodeOutcome.UNKNOWN: (MessageState.UNKNOWN, AttemptState.UNKNOWN, False),
}


def _effect_of_rejection(rejected: Rejected, *, attempt: int, now: datetime) -> Effect:
    state, attempt_state, releases = _STATES[rejected.outcome]
    send_from: datetime | None = None
    if rejected.outcome is CodeOutcome.AGAIN:
        send_from = now + timedelta(seconds=rejected.wait_seconds)
        if rejected.action is CodeAction.PAUSE_PAIR:
            # Only this pair waits; everybody else goes on (F19).
            state = MessageState.DEFERRED
            # After each refusal longer: 4^X seconds (Cloud API, 131056), as the table says.
            send_from = now + timedelta(seconds=describe_error_code(rejected.code).wait_after(attempt))
    return Effect(
        state=state,
        attempt_state=attempt_state,
        reason=rejected.cause,
        error_code=rejected.code,
        send_from=send_from,
        releases=releases,
    )
