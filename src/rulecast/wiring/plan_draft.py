"""A plan while it is made, and what was asked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rulecast.account import BusinessNumber
from rulecast.account.warm_up import WarmUp, WarmUpTerms
from rulecast.database import Connection
from rulecast.plan import Terms
from rulecast.plan.draw import strength
from rulecast.rule.book import RuleVersion
from rulecast.rule.language import CheckedRule
from rulecast.values.ids import ContactId, PlanId, RunId
from rulecast.values.zone_offsets import local_time

DAY = timedelta(hours=24)
UNLIMITED = 2**62
"""Stands for a limit that does not apply, so that the same SQL serves both cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """Which step of a version is planned, and the first run whose people it follows."""

    step: int
    first_run_id: RunId
    version: RuleVersion


AfterStore = Callable[[Connection, Sequence[PlanId]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is asked: rule texts, the frame in time, and who asks.

    `contacts` holds the people to ask about, one set for each rule; None asks about everybody. `after_store` runs in
    the transaction that stores the plans, with their ids. `run_day` is the date of a recurring rule's run. With
    `is_edit` a person brought the texts: they are what the rules say from now on. With `follows` the one text is that
    of a kept version, of which a later step is planned.
    """

    texts: tuple[str, ...]
    created_by: str
    as_of: datetime | None = None
    known_at: datetime | None = None
    contacts: tuple[frozenset[ContactId], ...] | None = None
    after_store: AfterStore | None = None
    run_day: date | None = None
    is_edit: bool = False
    follows: Follows | None = None

    @property
    def step(self) -> int:
        """Return which message of a rule is planned; 1 is the first."""
        return 1 if self.follows is None else self.follows.step

    @property
    def given(self) -> list[ContactId] | None:
        """Return everybody asked about, or None for all people."""
        return None if self.contacts is None else sorted(frozenset[ContactId]().union(*self.contacts))

    @property
    def is_of_past(self) -> bool:
        """Return whether the past is asked for."""
        return self.as_of is not None or self.known_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBudget:
    """What may be spent, in 10^-4 minor units of the billing currency.

    `limit_e4` is the rule's budget per run or per month, None without one. `left_e4` is left of it when the plan is
    made; messages from `next_month` on have the whole of it again.
    """

    limit_e4: int | None
    left_e4: int | None
    next_month: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCoupons:
    """Codes for a plan: `pools` by name with how many each can give, and how many people hold one of the rule.

    `people_max` is how many of the plan's people can have a code, None where arms draw from different pools, or one
    from none: then nobody is left out beforehand.
    """

    pools: Mapping[str, int]
    held: int
    people_max: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One plan while it is made."""

    plan_id: PlanId
    checked: CheckedRule
    version: RuleVersion
    number: BusinessNumber
    terms: Terms
    audience: Sequence[int]
    budget: PlanBudget
    window_seconds: int
    coupons: PlanCoupons | None = None
    follows: Follows | None = None

    @property
    def step(self) -> int:
        """Return which message of the rule is planned; 1 is the first."""
        return 1 if self.follows is None else self.follows.step

    @property
    def score(self) -> str:
        """Return the attribute that decides among equal priorities; empty without one."""
        score = self.checked.rule.score
        return "" if score is None else score.name

    @property
    def claim(self) -> dict[str, object]:
        """Return what the plan brings into the contention for people."""
        return {
            "plan_id": self.plan_id,
            "rule_name": self.checked.rule.name,
            "strength": strength(self.checked.rule.priority),
            "window_seconds": self.window_seconds,
            "evaluated_at": self.terms.evaluated_at,
            "first_day": (self.terms.evaluated_at - DAY).date(),
            "today": local_time(self.terms.workspace_zone, self.terms.evaluated_at).date(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What is left of a portfolio's people in 24 hours; no limit is a very high one."""

    limit: int
    used: int
    # When those who count now were last written to, and how many; and where a young number stands.
    counted: Sequence[tuple[datetime, int]] = ()
    warm_up: tuple[WarmUp, WarmUpTerms] | None = None
    marketed: Sequence[tuple[datetime, int]] = ()
