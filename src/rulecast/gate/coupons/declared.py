"""Pools as the workspace file declares them."""

from dataclasses import dataclass

from rulecast.gate.coupons.errors import POOL_NAME
from rulecast.values.fields import FieldInvalidError, Fields

LOW_STOCK_MAX = 1_000_000
"""More codes than any file brings; the database holds the same limit."""
VALID_HOURS_MAX = 8_784
"""A year: a code that has to hold longer than that is never given by mistake only."""
VALID_HOURS_USUAL = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPool:
    """A pool by name: how many codes it keeps back, and for how many hours a code has to hold when it is given."""

    name: str
    low_stock: int = 0
    valid_hours_min: int = VALID_HOURS_USUAL


def read_pool(fields: Fields) -> DeclaredPool:
    """Return the pool that a table declares.

    Raises:
        FieldInvalidError: a field cannot be used.
    """
    name = fields.text("name", length_max=60)
    if POOL_NAME.fullmatch(name) is None:
        raise FieldInvalidError(
            fields.where("name"), "small letters, digits and underscores are expected, a letter first"
        )
    fields.text("about", default="")
    pool = DeclaredPool(
        name=name,
        low_stock=fields.whole("low_stock", low=0, high=LOW_STOCK_MAX, default=0),
        valid_hours_min=fields.whole(
            "valid_hours_min", low=0, high=VALID_HOURS_MAX, default=VALID_HOURS_USUAL
        ),
    )
    fields.finish()
    return pool
