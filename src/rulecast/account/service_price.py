"""What a message without template costs inside the service window; pure (whatsapp-platform 5.4)."""

from collections.abc import Sequence
from datetime import date

from rulecast.account.errors import RateUnknownError
from rulecast.account.rate_card import RateCard

SERVICE = "service"
SERVICE_FREE_PER_MONTH = 1_000
"""Delivered service messages of a number that cost nothing in a month of the account."""


def service_price_e4(card: RateCard, country: str, *, currency: str, on: date) -> int:
    """Return the list price of one answer; before the first card that prices answers they are free."""
    try:
        return card.find(country, SERVICE, currency=currency, on=on).price_e4
    except RateUnknownError:
        return 0


def allowance_left(delivered: int) -> int:
    """Return how many more service messages of a number are free in the month."""
    return max(0, SERVICE_FREE_PER_MONTH - delivered)


def price_answers(listed_e4: Sequence[int], *, left: int) -> list[int]:
    """Return the price of answers that are let through one after the other while so many are still free.

    An answer that costs nothing anyway takes none of the free ones.
    """
    prices: list[int] = []
    for price_e4 in listed_e4:
        prices.append(0 if left else price_e4)
        left -= 1 if price_e4 and left else 0
    return prices
