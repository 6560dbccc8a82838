"""What a group of drafts may use of its portfolio's and its number's limits, held until its permits are written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rulecast.account.warm_up import WarmUpTerms
from rulecast.gate.people_chunks import DryPools, PeopleLimit, PeopleShare, Place, hold_people
from rulecast.gate.store import Connection, SharedRow
from rulecast.gate.warm_ups import hold_budget, terms_of
from rulecast.policy import SendingPolicy
from rulecast.values.purpose import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many drafts of a group are marketing, and how many are not."""

    marketing: int
    other: int


def count_wanted(purposes: Iterable[Purpose]) -> Wanted:
    """Return how many messages of either kind there are."""
    are_marketing = [one is Purpose.MARKETING for one in purposes]
    return Wanted(marketing=sum(are_marketing), other=len(are_marketing) - sum(are_marketing))


class SharedLimits:
    """Holds them; remembers only what spares a question."""

    def __init__(self, warm_up: WarmUpTerms | None) -> None:
        """Take the warm-up that holds where the workspace says nothing."""
        self._warm_up = warm_up
        self._dry = DryPools()

    async def people(
        self,
        connection: Connection,
        wanted: Wanted,
        shared: SharedRow,
        *,
        policy: SendingPolicy,
        now: datetime,
    ) -> PeopleShare | None:
        """Hold what these drafts may need of the portfolio's people; None where there is no limit."""
        limit = policy.people_per_day(shared.people_per_day_max, shared.told_people_per_day_max)
        if limit is None:
            return None
        place = Place(
            portfolio_id=shared.portfolio_id,
            business_number_id=shared.business_number_id,
            limit=PeopleLimit(people_max=limit, reserved=policy.reserved_of(limit)),
            now=now,
        )
        return await hold_people(
            connection, place, marketing=wanted.marketing, other=wanted.other, dry=self._dry
        )

    async def warm_up_left(
        self,
        connection: Connection,
        wanted: Wanted,
        shared: SharedRow,
        *,
        policy: SendingPolicy,
        now: datetime,
    ) -> int | None:
        """Hold what a young number may write today; None where the group has no marketing or the number is warm."""
        terms = terms_of(policy, self._warm_up)
        if terms is None or not wanted.marketing or shared.state == "missing":
            return None
        return await hold_budget(connection, shared.business_number_id, terms, now=now)
