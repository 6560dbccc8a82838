"""The facts a verdict is made of: each must be given; one that could not be read is named in `unknown`."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Literal

from rulecast.policy.local_time import LocalClock, QuietHours, SendingWindow
from rulecast.values.ids import ConsentId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.values.quickly_made import quickly_made

StopScope = Literal["all", "rule", "sender"]
NumberState = Literal["active", "held", "missing"]
HoldKind = Literal["all", "marketing", "utility", "business_initiated", "customer_initiated"]
# From what needs least consent to what needs most.
_STRICTNESS = ("authentication", "utility", "marketing")
ASKED_BY_THE_PERSON = frozenset(
    {"stop_word", "stop_button", "user_preferences", "error_131050", "api", "journal"}
)
"""Causes of a suppression that mean the person asked for it; the others came from a list or a clerk."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """The newest word of the person about the purpose; `is_expired` by the policy on age and wording."""

    consent_id: ConsentId
    status: ConsentStatus
    is_proven: bool
    is_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionState:
    """A stop in force for one of the person's identities."""

    scope: Literal["marketing", "all"]
    cause: str

    @property
    def asked_by_person(self) -> bool:
        """Return whether the person asked for it, as against a list or a clerk."""
        return self.cause in ASKED_BY_THE_PERSON


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateState:
    """The template in the language chosen for the person.

    `category` is the strictest of what it counts as, what Meta announced and what Meta billed; `counted_as` is the
    one in force, where it differs. `paused_until` is when Meta ends a pause, where it said so.
    """

    status: str
    category: str
    has_opt_out: bool
    is_unchanged: bool
    counted_as: str = ""
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """What Meta forbids the number, its account or its portfolio, or forbids for the person's country."""

    kind: HoldKind
    cause: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestState:
    """Until when marketing, or anything the business starts, rests for the person, and the code that asks for it."""

    kind: Literal["marketing", "all"]
    code: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTo:
    """The rule that reaches the person instead, and by how much it won.

    `margin` is the difference in strength (band and priority). Where that is 0 the score decided, by `score_margin`;
    infinite where the loser has none; where both are 0 the draw did.
    """

    rule_name: str
    margin: int
    score_margin: float = 0.0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a limit is used: `used` of `count_max` in the last `window_hours`."""

    count_max: int
    window_hours: int
    used: int


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the policy looks at for one message.

    `consent` is the newest record for `purpose`. `template` is None where neither the person's language nor
    the fallback exists. A limit that does not apply is None; the workspace's counts the messages of all rules. The
    rule holds from `valid_from` until before `valid_until`; None is open. Prices are minor units of the billing
    currency times 10^4. `is_archived` says that the version was archived after the plan. `rests` follow messages
    that Meta did not deliver; `is_delivered_there` says whether it delivers such templates to that country at all.
    `ramp_next_at` is when the next batch of a new template goes, None while there is room in this one.
    `is_reply` marks a free-form message: it has no template and needs the person's window open. A fact whose name
    stands in `unknown` could not be read; its value is then never looked at.
    """

    purpose: Purpose
    lease_held: bool
    stops: frozenset[StopScope]
    is_archived: bool
    plan_expires_at: datetime
    number_state: NumberState
    holds: tuple[HoldState, ...]
    consent: ConsentState | None
    suppressions: tuple[SuppressionState, ...]
    objects_to_profiling: bool
    reads_behaviour: bool
    birth_date: date | None
    age_minimum: int
    is_restricted: bool
    is_reachable: bool
    template: TemplateState | None
    has_all_parameters: bool
    matches: bool
    lost_to: LostTo | None
    in_holdout: bool
    rule_limit: Use | None
    workspace_limit: Use | None
    caps: tuple[Use, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    local_clock: LocalClock
    quiet_hours: QuietHours | None
    window: SendingWindow | None
    send_until: datetime
    price_e4: int
    budget_left_e4: int | None
    portfolio_left: int | None
    rests: tuple[RestState, ...]
    is_delivered_there: bool
    ramp_next_at: datetime | None
    is_reply: bool = False
    is_in_window: bool = False
    # People a young number may still write marketing to today; None where it is not limited so.
    warm_up_left: int | None = None
    # When the first person leaves the portfolio's rolling day, where it is full.
    portfolio_free_at: datetime | None = None
    # Codes the pool may still give; None where the message holds none, or the person has one of the rule already.
    coupons_left: int | None = None
    is_coupon_spent: bool = False
    unknown: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse an unknown fact that does not exist: it would be looked at after all."""
        stray = self.unknown - FACT_NAMES
        if stray:
            raise ValueError(f"no such facts: {', '.join(sorted(stray))}")


def strictest_category(*categories: str) -> str:
    """Return the category that needs most consent; a word that is none of Meta's counts as marketing."""
    named = [one for one in categories if one]
    if any(one not in _STRICTNESS for one in named):
        return "marketing"
    return max(named, key=_STRICTNESS.index, default="marketing")


FACT_NAMES: frozenset[str] = frozenset(entry.name for entry in fields(Facts)) - {"unknown"}
"""The names that may stand in `Facts.unknown`."""
