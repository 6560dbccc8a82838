"""Named points at which a drill may kill, pause or break the sender; without a drill they do nothing.

A drill hands a `Failpoints` in; there is no global switch that a running installation could trip over.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum


class Failpoint(StrEnum):
    """The points, in the order in which a message meets them."""

    BEFORE_CLAIM_COMMIT = "before_claim_commit"
    AFTER_CLAIM_COMMIT = "after_claim_commit"
    BEFORE_INTENT_COMMIT = "before_intent_commit"
    AFTER_INTENT_COMMIT = "after_intent_commit"
    BEFORE_CONNECT = "before_connect"
    AFTER_FIRST_BYTE = "after_first_byte"
    AFTER_RESPONSE_BEFORE_RESULT = "after_response_before_result"
    BEFORE_RESULT_COMMIT = "before_result_commit"
    AFTER_RESULT_COMMIT_BEFORE_RELEASE = "after_result_commit_before_release"
    DURING_LEASE_RENEWAL = "during_lease_renewal"
    DURING_LEASE_EXPIRY = "during_lease_expiry"
    BEFORE_LEASE_RELEASE = "before_lease_release"
    AFTER_RECOVERY_COMMIT = "after_recovery_commit"


Drill = Callable[[Failpoint], Awaitable[None]]


class Failpoints:
    """Runs the drill of a point when one was handed in."""

    __slots__ = ("_drills",)

    def __init__(self, drills: dict[Failpoint, Drill] | None = None) -> None:
        """Keep the drills by point; none means that every point is inert."""
        self._drills = drills or {}

    @property
    def are_inert(self) -> bool:
        """Return whether no point does anything."""
        return not self._drills

    async def reach(self, point: Failpoint) -> None:
        """Run the drill of this point, if there is one."""
        drill = self._drills.get(point)
        if drill is not None:
            await drill(point)


INERT = Failpoints()
"""What every installation runs with."""
