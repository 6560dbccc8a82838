"""Public holidays by country, from the tables of the `holidays` package; nothing is fetched.

The only module that knows the package (decision 0019).
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

# Some 250 countries, a few years of each.
YEARS_KEPT = 2048
# The mark of days that follow the moon: the announced day is often the neighbour of the computed one.
ESTIMATED = "(estimated)"
# Tables that compute such days without the mark, and how these are called there.
UNMARKED_COUNTRIES = frozenset({"CI", "PS", "SA"})
BY_THE_MOON = re.compile(r"Eid al-|Prophet|Islamic New Year|Isra|Laylat|Qadr")


@lru_cache(maxsize=YEARS_KEPT)
def public_holidays(country: str, year: int) -> frozenset[date] | None:
    """Return the days on which a whole country rests in a year; None where the country has no table.

    `country` is ISO 3166 two capital letters. Holidays of single regions are left out. A day that is only estimated
    because it follows the moon brings the day before and the day after with it.
    """
    import holidays  # noqa: PLC0415 - its registry takes a second to load, which only rules that look at holidays pay

    if country not in holidays.list_supported_countries(include_aliases=False):
        return None
    found = holidays.country_holidays(country, years=[year - 1, year, year + 1], language="en_US")
    return frozenset(
        day
        for at, name in found.items()
        for day in _days_of(at, is_estimated=_is_estimated(country, name))
        if day.year == year
    )


def _is_estimated(country: str, name: str) -> bool:
    return ESTIMATED in name or (country in UNMARKED_COUNTRIES and BY_THE_MOON.search(name) is not None)


def _days_of(at: date, *, is_estimated: bool) -> Iterator[date]:
    yield at
    if is_estimated:
        yield at - timedelta(days=1)
        yield at + timedelta(days=1)
