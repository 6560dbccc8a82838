"""The states of a message and every arrow between them; the drawing in README.md shows the same."""

from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands; the database holds the same list as a CHECK."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    INTENT = "intent"
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNRESOLVED = "unresolved"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DEFERRED = "deferred"


class AttemptState(StrEnum):
    """Where one attempt stands; cancelled means that its request was surely never accepted by Meta."""

    INTENT = "intent"
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


_S = MessageState

TRANSITIONS: frozenset[tuple[MessageState, MessageState]] = frozenset(
    {
        (_S.PLANNED, _S.CLAIMED),
        (_S.PLANNED, _S.CANCELLED),
        (_S.PLANNED, _S.EXPIRED),
        (_S.DEFERRED, _S.CLAIMED),
        (_S.DEFERRED, _S.CANCELLED),
        (_S.DEFERRED, _S.EXPIRED),
        (_S.CLAIMED, _S.INTENT),
        (_S.CLAIMED, _S.PLANNED),
        (_S.CLAIMED, _S.DEFERRED),
        (_S.CLAIMED, _S.CANCELLED),
        (_S.CLAIMED, _S.EXPIRED),
        (_S.INTENT, _S.ACCEPTED),
        (_S.INTENT, _S.HELD),
        (_S.INTENT, _S.REFUSED),
        (_S.INTENT, _S.UNKNOWN),
        (_S.INTENT, _S.PLANNED),
        (_S.INTENT, _S.DEFERRED),
        (_S.INTENT, _S.CANCELLED),
        (_S.UNKNOWN, _S.ACCEPTED),
        (_S.UNKNOWN, _S.UNRESOLVED),
        (_S.UNRESOLVED, _S.ACCEPTED),
        # Only by the decision of two people; back where the second attempt does not leave.
        (_S.UNRESOLVED, _S.PLANNED),
        (_S.PLANNED, _S.UNRESOLVED),
        (_S.DEFERRED, _S.UNRESOLVED),
        (_S.CLAIMED, _S.UNRESOLVED),
        (_S.INTENT, _S.UNRESOLVED),
        (_S.HELD, _S.ACCEPTED),
        (_S.HELD, _S.REFUSED),
        # After a restore nobody knows what was sent in between.
        (_S.PLANNED, _S.UNKNOWN),
        (_S.DEFERRED, _S.UNKNOWN),
        (_S.CLAIMED, _S.UNKNOWN),
        # A status proves more than our own memory.
        (_S.PLANNED, _S.ACCEPTED),
        (_S.DEFERRED, _S.ACCEPTED),
        (_S.CLAIMED, _S.ACCEPTED),
        (_S.REFUSED, _S.ACCEPTED),
        (_S.CANCELLED, _S.ACCEPTED),
        (_S.EXPIRED, _S.ACCEPTED),
    }
)
"""Every arrow that may be drawn; whatever is missing here is written by nobody."""

OPEN_STATES = frozenset({_S.PLANNED, _S.CLAIMED, _S.INTENT, _S.DEFERRED})
"""States in which a run still has work to do."""
