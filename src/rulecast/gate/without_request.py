"""What becomes of a message with which the policy finds no fault, but for which no request could be made."""

from datetime import datetime, timedelta

from rulecast.gate.draft import Draft, Refusal
from rulecast.values.reason import Reason

NEVER = frozenset({Reason.MISSING_TRANSLATION, Reason.FILE_TOO_LARGE, Reason.FILE_REFUSED})
"""What the approval signed cannot become another: a file that WhatsApp does not take it never takes."""
LATER = frozenset({Reason.FILE_NOT_UPLOADED, Reason.FILE_MISSING})
ASKED_AGAIN_AFTER = timedelta(seconds=60)


def refuse_without_request(draft: Draft, problem: Reason, now: datetime) -> Refusal:
    """Return the refusal: final, or put off by a minute where the reason can pass."""
    reason, until = when_without_request(problem, now)
    return Refusal(draft=draft, reason=reason, until=until)


def when_without_request(problem: Reason, now: datetime) -> tuple[Reason, datetime | None]:
    """Return the reason that is told, and when the message is asked for again; None where never."""
    if problem in NEVER:
        return problem, None
    return problem if problem in LATER else Reason.FACTS_UNKNOWN, now + ASKED_AGAIN_AFTER
