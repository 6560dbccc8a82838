"""What became of the people of a plan, as one balanced account: pure functions over counted rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from rulecast.values.money import MINOR_UNIT_DIGITS, Money
from rulecast.values.reason import NUMBERS, Reason

# Prices are kept in minor units times 10^4: one message costs a fraction of a cent.
PRICE_SCALE_DIGITS = 4
REASON_BY_NUMBER: Mapping[int, Reason] = {number: reason for reason, number in NUMBERS.items()}

# States in which a message still can move by itself.
OPEN_STATES = ("planned", "claimed", "intent", "deferred")
# Every state of a message, in the order in which the report shows them.
STATES = (
    "accepted",
    "held",
    "refused",
    "cancelled",
    "expired",
    "unknown",
    "unresolved",
    "deferred",
    "intent",
    "claimed",
    "planned",
)


class Grain(StrEnum):
    """What one funnel covers."""

    ALL = "all"
    RUN = "run"
    RULE = "rule"
    VARIANT = "variant"
    TEMPLATE = "template"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How many messages of a key share state, reason and codes, and how far they came."""

    key: str
    state: str
    reason: str
    error_code: int
    failed_code: int
    messages: int
    accepted: int
    delivered: int
    read: int
    clicked: int
    replied: int
    opted_out: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCount:
    """How many people of a key's plans share a reason; number 0 is planned."""

    key: str
    reason_number: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSum:
    """What the permits of a key cost, in minor units times 10^4."""

    key: str
    estimated_e4: int
    billed_e4: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionSum:
    """Messages of a key that led to the rule's success event, and its worth in minor units."""

    key: str
    currency: str
    messages: int
    worth_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The account of one run, rule, variant, template or hour."""

    key: str
    # People whom the plan looked at and left out; empty where the grain cuts through a plan.
    excluded: Mapping[str, int] = field(default_factory=dict)
    planned: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    # Why a message was cancelled, expired or deferred, by state and reason.
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    refused: Mapping[int, int] = field(default_factory=dict)
    accepted: int = 0
    delivered: int = 0
    read: int = 0
    clicked: int = 0
    replied: int = 0
    converted: int = 0
    worth: tuple[Money, ...] = ()
    opted_out: int = 0
    failed: Mapping[int, int] = field(default_factory=dict)
    cost_estimated_e4: int = 0
    cost_billed_e4: int = 0

    @property
    def considered(self) -> int:
        """Return how many people the plans looked at."""
        return self.planned + self.excluded_people

    @property
    def excluded_people(self) -> int:
        """Return how many people were left out."""
        return sum(self.excluded.values())

    @property
    def open(self) -> int:
        """Return how many messages can still move by themselves."""
        return sum(self.states.get(state, 0) for state in OPEN_STATES)

    @property
    def failed_messages(self) -> int:
        """Return how many accepted messages failed later."""
        return sum(self.failed.values())

    @property
    def difference(self) -> int:
        """Return how many planned people are in no named state; anything but 0 is a defect."""
        return self.planned - sum(self.states.values())


Row = TypeVar("Row", OutcomeCount, MemberCount, ConversionSum)


def price_of(amount_e4: int, currency: str) -> Decimal:
    """Return a sum of prices in major units, rounded to the currency's minor unit."""
    digits = MINOR_UNIT_DIGITS.get(currency, 2)
    return Decimal(amount_e4).scaleb(-PRICE_SCALE_DIGITS - digits).quantize(Decimal(1).scaleb(-digits))


def build_funnels(
    outcomes: Iterable[OutcomeCount],
    members: Iterable[MemberCount],
    costs: Iterable[CostSum] = (),
    conversions: Iterable[ConversionSum] = (),
) -> tuple[Funnel, ...]:
    """Put counted rows together, one funnel per key in the order of the keys.

    Where no members are given (the grain cuts through a plan), planned is the number of messages.
    """
    by_key = _grouped(outcomes)
    people = _grouped(members)
    cost = {one.key: one for one in costs}
    success = _grouped(conversions)
    return tuple(
        _funnel(
            key,
            by_key.get(key, []),
            people.get(key, []),
            cost=cost.get(key),
            success=success.get(key, []),
        )
        for key in sorted({*by_key, *people}, key=_natural)
    )


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.key].append(row)
    return found


def _natural(key: str) -> tuple[int, str]:
    """Order run numbers as numbers and everything else as text."""
    return (int(key), "") if key.isdigit() else (0, key)


def _funnel(
    key: str,
    outcomes: list[OutcomeCount],
    members: list[MemberCount],
    *,
    cost: CostSum | None,
    success: list[ConversionSum],
) -> Funnel:
    states: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    refused: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for row in outcomes:
        states[row.state] += row.messages
        if row.reason and row.state in {"cancelled", "expired", "deferred", "held"}:
            reasons[row.state][row.reason] += row.messages
        if row.state == "refused":
            refused[row.error_code] += row.messages
        if row.failed:
            failed[row.failed_code] += row.failed
    people = {row.reason_number: row.people for row in members}
    return Funnel(
        key=key,
        excluded=_excluded(people),
        planned=people.get(0, 0) if members else sum(states.values()),
        states={state: states[state] for state in STATES if states[state]},
        reasons={state: dict(found.most_common()) for state, found in reasons.items()},
        refused=dict(refused.most_common()),
        accepted=sum(row.accepted for row in outcomes),
        delivered=sum(row.delivered for row in outcomes),
        read=sum(row.read for row in outcomes),
        clicked=sum(row.clicked for row in outcomes),
        replied=sum(row.replied for row in outcomes),
        converted=sum(row.messages for row in success),
        worth=tuple(Money(row.worth_minor, row.currency) for row in success if row.worth_minor),
        opted_out=sum(row.opted_out for row in outcomes),
        failed=dict(failed.most_common()),
        cost_estimated_e4=cost.estimated_e4 if cost else 0,
        cost_billed_e4=cost.billed_e4 if cost else 0,
    )


def _excluded(people: Mapping[int, int]) -> dict[str, int]:
    """Name the reasons, the most frequent first; a number of a newer release keeps its number."""
    found = {
        REASON_BY_NUMBER[number].value if number in REASON_BY_NUMBER else f"reason {number}": count
        for number, count in people.items()
        if number
    }
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
