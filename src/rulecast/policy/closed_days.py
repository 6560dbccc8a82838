"""The public holidays that close a rule's window for a person: those of their country, by the strictest reading."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache, lru_cache

from rulecast.policy.possible_zones import zones_of_country
from rulecast.values.public_holidays import public_holidays

# Distinct combinations of country, zone, workspace and year.
CALENDARS_KEPT_MAX = 4096


def closed_days(country: str, zone: str, *, workspace_zone: str, at: datetime) -> frozenset[date] | None:
    """Return the public holidays of the year around an instant; None where nobody can say, which closes every day.

    A country that is not known, or whose holidays are not, is taken from the person's zone, else from the
    workspace's: whoever of its people is not placed anywhere is taken to be at home.
    """
    return _calendar(country, zone.casefold(), workspace_zone, at.year)


@lru_cache(maxsize=CALENDARS_KEPT_MAX)
def _calendar(country: str, zone: str, workspace_zone: str, year: int) -> frozenset[date] | None:
    for one in _possible_countries(country, zone, workspace_zone):
        # A window is looked for over some hundred days: a year to either side is more than that.
        years = [public_holidays(one, near) for near in (year - 1, year, year + 1)]
        known = [days for days in years if days is not None]
        if len(known) == len(years):
            return frozenset[date]().union(*known)
    return None


def _possible_countries(country: str, zone: str, workspace_zone: str) -> Iterator[str]:
    if country:
        yield country
    for one in (zone, workspace_zone.casefold()):
        if (found := _country_of_zone().get(one)) is not None:
            yield found


@cache
def _country_of_zone() -> Mapping[str, str]:
    return {zone.casefold(): country for country, zones in zones_of_country().items() for zone in zones}
