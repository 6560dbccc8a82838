"""The kills to be made: which fault each stands for, at which point, and how many of them among a hundred."""

import random
from dataclasses import dataclass

from rulecast.values.failpoints import Failpoint
from tests.soak.kill_child import SLOTS, Act, Drill
from tests.soak.kill_world import RECEIVER_POINTS

# Requests a sender may start before it is killed at no point in particular: any machine is fast enough for these.
WAIT_STARTS_MAX = 30
# Answers the sender gets that takes over from a frozen one.
SECOND_ANSWERS = 4
# Requests that start while something else is waited for: a renewal, a webhook.
STARTS_MAX = 16

P = Failpoint
# Point by point: the fault it stands for, and its share among a hundred kills.
POINTS: tuple[tuple[str, Failpoint | None, int], ...] = (
    ("F01", P.AFTER_INTENT_COMMIT, 6),
    ("F01", P.BEFORE_CONNECT, 5),
    ("F01", P.AFTER_CONNECT, 3),
    ("F01", P.BEFORE_INTENT_COMMIT, 3),
    ("F01", P.AFTER_CLAIM_COMMIT, 2),
    *(
        ("F01", point, 1)
        for point in (
            P.BEFORE_LEASE_TAKE,
            P.AFTER_LEASE_TAKE,
            P.BEFORE_RECOVERY_COMMIT,
            P.AFTER_RECOVERY_COMMIT,
            P.BEFORE_CLAIM,
            P.BEFORE_CLAIM_COMMIT,
            P.BEFORE_MEDIA,
            P.AFTER_MEDIA,
            P.AFTER_PREPARE,
            P.BEFORE_LOCK,
            P.AFTER_LOCK,
            P.BEFORE_FACTS_READ,
            P.AFTER_FACTS_READ,
            P.AFTER_PERMITS,
        )
    ),
    ("F02", P.MID_BODY, 4),
    ("F02", P.AFTER_FIRST_BYTE, 6),
    ("F02", P.AFTER_RESPONSE_BEFORE_RESULT, 6),
    ("F02", P.BEFORE_RESULT_WRITE, 2),
    ("F02", P.AFTER_RESULT_WRITE, 2),
    ("F02", P.BEFORE_RESULT_COMMIT, 3),
    ("F02", None, 4),
    ("F03", P.AFTER_RESULT_COMMIT_BEFORE_RELEASE, 4),
    *(
        ("F03", point, 1)
        for point in (
            P.BEFORE_DRAIN,
            P.BEFORE_GIVE_BACK,
            P.BEFORE_RUN_FINISH,
            P.BEFORE_LEASE_RELEASE,
            P.AFTER_LEASE_RELEASE,
        )
    ),
    ("F04", P.AFTER_FIRST_BYTE, 4),
    ("F09", P.AFTER_RESPONSE_BEFORE_RESULT, 4),
    ("F13", P.AFTER_RESPONSE_BEFORE_RESULT, 3),
    ("F15", P.BEFORE_CONNECT, 2),
    ("F15", P.DURING_LEASE_EXPIRY, 1),
    ("F15", P.DURING_LEASE_RENEWAL, 1),
    ("F15", P.AFTER_LEASE_RENEWAL, 1),
    ("F76", P.BEFORE_RECONCILE, 1),
    ("F76", P.BEFORE_RECONCILE_COMMIT, 1),
    ("F76", P.AFTER_RECONCILE_COMMIT, 1),
    ("F78", P.BEFORE_LAUNCH_COMMIT, 1),
    ("F78", P.AFTER_LAUNCH_COMMIT, 1),
    ("F83", P.BEFORE_STOP_COMMIT, 1),
    ("F83", P.AFTER_STOP_COMMIT, 1),
    ("F83", P.DURING_STOP, 1),
    *(("F44", point, 1) for point in RECEIVER_POINTS),
)
LAUNCHING = frozenset({P.BEFORE_LAUNCH_COMMIT, P.AFTER_LAUNCH_COMMIT})
LEAVING = frozenset(
    {P.BEFORE_DRAIN, P.BEFORE_GIVE_BACK, P.BEFORE_RUN_FINISH, P.BEFORE_LEASE_RELEASE, P.AFTER_LEASE_RELEASE}
)
STOPPING = frozenset({P.BEFORE_STOP_COMMIT, P.AFTER_STOP_COMMIT, P.DURING_STOP})
RENEWING = frozenset({P.DURING_LEASE_RENEWAL, P.AFTER_LEASE_RENEWAL})
# Points that a sender meets in every transaction in which requests start, or end.
PER_GROUP = frozenset(
    {
        P.BEFORE_LOCK,
        P.AFTER_LOCK,
        P.BEFORE_FACTS_READ,
        P.AFTER_FACTS_READ,
        P.AFTER_PERMITS,
        P.BEFORE_INTENT_COMMIT,
        P.AFTER_INTENT_COMMIT,
        P.BEFORE_RESULT_WRITE,
        P.AFTER_RESULT_WRITE,
        P.BEFORE_RESULT_COMMIT,
        P.AFTER_RESULT_COMMIT_BEFORE_RELEASE,
    }
)
# Points of one request.
PER_REQUEST = frozenset(
    {P.BEFORE_CONNECT, P.AFTER_CONNECT, P.MID_BODY, P.AFTER_FIRST_BYTE, P.AFTER_RESPONSE_BEFORE_RESULT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill to be made: the fault it stands for, the point (None: any instant), and which arrival there."""

    fault: str
    point: Failpoint | None
    nth: int

    @property
    def people_max(self) -> int:
        """Return how many people the senders of this kill can spend: each has its slots, and who was answered."""
        if self.point is None:
            return WAIT_STARTS_MAX + SLOTS
        if self.point in PER_GROUP:
            return (self.nth + 1) * SLOTS
        if self.is_zombie:
            return self.nth + SLOTS + SECOND_ANSWERS + SLOTS
        if self.point in RENEWING or self.point in RECEIVER_POINTS:
            return STARTS_MAX + SLOTS
        # One that leaves, or stops, may fill its slots once more before it notices.
        once_more = SLOTS if self.point in LEAVING | STOPPING else 0
        return self.nth + SLOTS + once_more

    @property
    def is_zombie(self) -> bool:
        """Return whether a sender freezes and wakes after another took its number over."""
        return (
            self.fault == "F13"
            or self.point is Failpoint.DURING_LEASE_EXPIRY
            or (self.fault == "F15" and self.point is Failpoint.BEFORE_CONNECT)
        )


def schedule(kills: int, lanes: int, chance: random.Random) -> list[list[Kill]]:
    """Return for each lane its kills: so many in all in the shares of `POINTS`, dealt evenly and then shuffled."""
    weighted = [(fault, point) for fault, point, share in POINTS for _ in range(share)]
    full, rest = divmod(kills, len(weighted))
    chosen = weighted * full + chance.sample(weighted, rest)
    chosen.sort(key=weighted.index)
    dealt = [
        [Kill(fault=fault, point=point, nth=_nth(fault, point, chance)) for fault, point in chosen[i::lanes]]
        for i in range(lanes)
    ]
    for one in dealt:
        chance.shuffle(one)
    return dealt


def _nth(fault: str, point: Failpoint | None, chance: random.Random) -> int:
    if fault == "F13" or point is Failpoint.DURING_LEASE_EXPIRY:
        return chance.randint(2, 6)
    if point in PER_GROUP:
        return chance.randint(1, 2)
    return chance.randint(1, 10) if point in PER_REQUEST | LEAVING | STOPPING else 1


def drill_of(point: Failpoint, nth: int) -> Drill:
    """Return what happens to the sender of a kill."""
    if point in LEAVING | STOPPING:
        # Told to stop by an answer, not by a clock: then it has a lease, and requests are out.
        return Drill(
            act=Act.LEAVE if point in LEAVING else Act.STOP,
            point=Failpoint.AFTER_RESPONSE_BEFORE_RESULT,
            nth=nth,
            dies_at=point,
        )
    if point in RENEWING:
        return Drill(act=Act.DIE, point=point, nth=1, starts_max=STARTS_MAX, has_short_lease=True)
    return Drill(act=Act.DIE, point=point, nth=nth)
