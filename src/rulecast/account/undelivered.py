"""What Meta does not deliver at all: categories by country and date, as data; pure.

`undelivered.csv` names them. A number with +1 belongs to the United States by its area code, `us_area_codes.csv`, made
from the metadata of phonenumbers 9.0.43: Canada, the Caribbean and the territories have codes of their own.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

UNITED_STATES = "US"
_NORTH_AMERICA = "+1"
_AREA_CODE = slice(2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A category that people of a country do not get, from a day on, until before another one where that is known."""

    category: str
    country: str
    from_day: date
    until_day: date | None
    source: str


def is_undelivered(category: str, country: str, *, on: date) -> bool:
    """Return whether Meta delivers no template of the category to a country (ISO 3166 two letters) on a day."""
    return any(
        (row.category, row.country) == (category, country)
        and row.from_day <= on
        and (row.until_day is None or on < row.until_day)
        for row in undelivered()
    )


def country_of_address(address: str, *, stated: str) -> str:
    """Return the country a message goes to: the United States by area code or BSUID, else the country stated."""
    if address.startswith(_NORTH_AMERICA):
        if address[_AREA_CODE] in _us_area_codes():
            return UNITED_STATES
        return "" if stated == UNITED_STATES else stated
    return UNITED_STATES if address.startswith(f"{UNITED_STATES}.") else stated


@cache
def undelivered() -> tuple[Undelivered, ...]:
    """Return every row of the table."""
    return tuple(_row(row) for row in csv.DictReader(_text("undelivered.csv").splitlines()))


def _row(row: Mapping[str, str]) -> Undelivered:
    until = row["until_day"]
    return Undelivered(
        category=row["category"],
        country=row["country"],
        from_day=date.fromisoformat(row["from_day"]),
        until_day=date.fromisoformat(until) if until else None,
        source=row["source"],
    )


@cache
def _us_area_codes() -> frozenset[str]:
    return frozenset(row["area_code"] for row in csv.DictReader(_text("us_area_codes.csv").splitlines()))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
