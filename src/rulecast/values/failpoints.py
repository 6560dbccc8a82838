"""Named points at which a drill may kill, pause or break a process; without a drill they do nothing.

A drill hands a `Failpoints` in; there is no global switch that a running installation could trip over.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum


class Failpoint(StrEnum):
    """The points, in the order in which a message meets them."""

    BEFORE_LAUNCH_COMMIT = "before_launch_commit"
    AFTER_LAUNCH_COMMIT = "after_launch_commit"

    BEFORE_LEASE_TAKE = "before_lease_take"
    AFTER_LEASE_TAKE = "after_lease_take"
    BEFORE_RECOVERY_COMMIT = "before_recovery_commit"
    AFTER_RECOVERY_COMMIT = "after_recovery_commit"

    BEFORE_CLAIM = "before_claim"
    BEFORE_CLAIM_COMMIT = "before_claim_commit"
    AFTER_CLAIM_COMMIT = "after_claim_commit"
    BEFORE_MEDIA = "before_media"
    AFTER_MEDIA = "after_media"
    AFTER_PREPARE = "after_prepare"

    BEFORE_LOCK = "before_lock"
    AFTER_LOCK = "after_lock"
    BEFORE_FACTS_READ = "before_facts_read"
    AFTER_FACTS_READ = "after_facts_read"
    AFTER_PERMITS = "after_permits"
    BEFORE_INTENT_COMMIT = "before_intent_commit"
    AFTER_INTENT_COMMIT = "after_intent_commit"

    BEFORE_CONNECT = "before_connect"
    AFTER_CONNECT = "after_connect"
    MID_BODY = "mid_body"
    AFTER_FIRST_BYTE = "after_first_byte"
    AFTER_RESPONSE_BEFORE_RESULT = "after_response_before_result"

    BEFORE_RESULT_WRITE = "before_result_write"
    AFTER_RESULT_WRITE = "after_result_write"
    BEFORE_RESULT_COMMIT = "before_result_commit"
    AFTER_RESULT_COMMIT_BEFORE_RELEASE = "after_result_commit_before_release"

    DURING_LEASE_RENEWAL = "during_lease_renewal"
    AFTER_LEASE_RENEWAL = "after_lease_renewal"
    DURING_LEASE_EXPIRY = "during_lease_expiry"

    BEFORE_STOP_COMMIT = "before_stop_commit"
    AFTER_STOP_COMMIT = "after_stop_commit"
    DURING_STOP = "during_stop"

    BEFORE_DRAIN = "before_drain"
    BEFORE_GIVE_BACK = "before_give_back"
    BEFORE_RUN_FINISH = "before_run_finish"
    BEFORE_LEASE_RELEASE = "before_lease_release"
    AFTER_LEASE_RELEASE = "after_lease_release"

    BEFORE_WEBHOOK_STORE = "before_webhook_store"
    AFTER_WEBHOOK_STORE = "after_webhook_store"
    BEFORE_STATUS_MERGE = "before_status_merge"
    AFTER_STATUS_MERGE = "after_status_merge"
    BEFORE_JOURNAL_APPEND = "before_journal_append"
    AFTER_JOURNAL_APPEND = "after_journal_append"
    AFTER_WEBHOOK_COMMIT = "after_webhook_commit"

    BEFORE_RECONCILE = "before_reconcile"
    BEFORE_RECONCILE_COMMIT = "before_reconcile_commit"
    AFTER_RECONCILE_COMMIT = "after_reconcile_commit"


Drill = Callable[[Failpoint], Awaitable[None]]


class Failpoints:
    """Runs the drill of a point when one was handed in."""

    __slots__ = ("_drills",)

    def __init__(self, drills: Mapping[Failpoint, Drill] | None = None) -> None:
        """Keep the drills by point; none means that every point is inert."""
        self._drills = drills or {}

    @property
    def are_inert(self) -> bool:
        """Return whether no point does anything."""
        return not self._drills

    def is_set(self, point: Failpoint) -> bool:
        """Return whether this point does anything."""
        return point in self._drills

    async def reach(self, point: Failpoint) -> None:
        """Run the drill of this point, if there is one."""
        drill = self._drills.get(point)
        if drill is not None:
            await drill(point)


INERT = Failpoints()
"""What every installation runs with."""
