"""The values that random people have and random conditions ask for: few, so that they meet."""

from datetime import date, datetime
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T

OPERATORS: tuple[c.Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
HALF_DAYS = (1, 2, 4, 6, 8, 14, 28, 60, 120, 700)
TEXTS = ("a", "b", "ab", "été", "straße".casefold(), "it's", "100%_x", "ن")
PATTERNS = ("^a", "b$", "^a?b?$", "[ab]+", "..", "É", "s{2}", "%", "a|ن")
TAGS = ("vip", "new", "o'clock")
INTEGERS = (-1, 0, 1, 2, 17, 18, 30, 10**17)
# The largest that is stored: DECIMAL(18, 4).
DECIMAL_MAX = Decimal("99999999999999.9999")
DECIMALS = (0, Decimal("0.0001"), Decimal("-3.5"), 500, Decimal("269.99"), DECIMAL_MAX)
NAMED_ZONES = ("Africa/Casablanca", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC")
SALTS = ("autumn", "it's", "β")
NUMERIC = (T.INTEGER, T.DECIMAL)
ORDERED = (T.INTEGER, T.DECIMAL, T.DATE, T.INSTANT)
# Events that conditions ask for; the others of the catalogue are like them.
ALIASES = {"clicked": "click", "message_received": "message"}


def _day_of(constant: c.Constant) -> date:
    value = constant.value
    return value.date() if isinstance(value, datetime) else value  # type: ignore[return-value]  # dates only


def between(field: c.Field, one: c.Constant, other: c.Constant) -> c.Condition:
    """Order the ends so that something can lie between them; ends on one day become one comparison."""
    if isinstance(one.value, date):
        first, last = _day_of(one), _day_of(other)
        if abs((first - last).days) < 2:
            return c.Comparison(field=field, operator=">=", value=one)
        low, high = (one, other) if first < last else (other, one)
        return c.Between(field=field, low=low, high=high)
    low, high = sorted((one, other), key=lambda constant: Decimal(str(constant.value)))
    return c.Between(field=field, low=low, high=high)
