"""What Meta charges for a message, as the `pricing` object of its statuses says it (platform reference 5.4)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.errors import JsonObject

SERVICE_CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
"""Service messages and utility inside a window cost money from here on (Cloud API docs: pricing changes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The type, category and whether a message is billed; `is_allowance` marks one of the free service messages."""

    kind: str
    category: str
    is_billable: bool
    is_allowance: bool = False

    def as_json(self) -> JsonObject:
        """Return the `pricing` object (Cloud API docs: status webhooks)."""
        return {
            "billable": self.is_billable,
            "pricing_model": "PMP",
            "type": self.kind,
            "category": self.category,
        }


_REGULAR = {
    category: Price(kind="regular", category=category, is_billable=True)
    for category in ("marketing", "marketing_lite", "utility", "authentication", "service")
}
_ENTRY_POINT = Price(kind="free_entry_point", category="referral_conversion", is_billable=False)


@dataclass(slots=True)
class Allowance:
    """Free service messages used by each number in each month (UTC; Meta counts in the account's zone)."""

    _used: Counter[tuple[str, int]] = field(default_factory=Counter)

    def used(self, number_id: str, now: float) -> int:
        """Return how many of the month's free service messages the number has used."""
        return self._used[number_id, _month(now)]

    def use(self, number_id: str, now: float) -> None:
        """Count one delivered free service message."""
        self._used[number_id, _month(now)] += 1


def price_of(
    category: str,
    *,
    window_is_open: bool,
    entry_point_is_open: bool,
    free_left: bool,
    now: float,
    behaviour: Behaviour,
) -> Price:
    """Return the price of a message of a category at `now` (platform reference 5.4).

    Free: everything in an entry point window; before October 2026 service, and utility inside a window; since
    then the month's free service messages of the number.
    """
    if entry_point_is_open:
        return _ENTRY_POINT
    if now < SERVICE_CHARGED_FROM:
        if category == "service" or (category == "utility" and window_is_open):
            return Price(kind="free_customer_service", category=category, is_billable=False)
    elif category == "service" and free_left:
        return Price(
            kind=behaviour.free_service_type, category=category, is_billable=False, is_allowance=True
        )
    return _REGULAR.get(category) or Price(kind="regular", category=category, is_billable=True)


def _month(now: float) -> int:
    at = datetime.fromtimestamp(now, UTC)
    return at.year * 12 + at.month
