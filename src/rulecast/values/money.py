"""Money in integer minor units; never a float."""

from dataclasses import dataclass
from decimal import Decimal

from typing_extensions import override

MINOR_UNIT_DIGITS = {"TND": 3, "JPY": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3, "IQD": 3, "XOF": 0, "XAF": 0}
"""Digits after the point where they are not two (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the minor units of a currency, e.g. `Money(1250, "MAD")` is 12.50 dirhams."""

    minor_units: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """Return the amount in major units."""
        return Decimal(self.minor_units).scaleb(-MINOR_UNIT_DIGITS.get(self.currency, 2))

    @override
    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def money_of(amount: Decimal, currency: str) -> Money:
    """Turn major units into money.

    Raises:
        ValueError: the amount has more digits than the currency knows.
    """
    scaled = amount.scaleb(MINOR_UNIT_DIGITS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency} knows")
    return Money(int(scaled), currency)
