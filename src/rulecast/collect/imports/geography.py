"""Countries and their zones, from the tables of the tzdata wheel."""

from collections import Counter
from functools import cache
from importlib.resources import files

from rulecast.collect.imports.refusals import CountryUnknownError, ZoneUnknownError
from rulecast.values.zone_offsets import zone_names


def country_code(text: str) -> str:
    """Return a country as it is stored: the two letters of ISO 3166, case-folded.

    Raises:
        CountryUnknownError: there is no such country.
    """
    code = text.strip().upper()
    if code not in _countries():
        raise CountryUnknownError
    return code.lower()


def zone_of_country(code: str) -> str | None:
    """Return the zone of a country that has one only, or None."""
    return _single_zones().get(code.upper())


def zone_name(text: str) -> str:
    """Return a zone in the spelling of the zone database.

    Raises:
        ZoneUnknownError: there is no such zone.
    """
    found = _zones_by_folded_name().get(text.strip().casefold())
    if found is None:
        raise ZoneUnknownError
    return found


@cache
def _countries() -> frozenset[str]:
    return frozenset(line.split("\t")[0] for line in _table("iso3166.tab"))


@cache
def _single_zones() -> dict[str, str]:
    pairs = [(line.split("\t")[0], line.split("\t")[2]) for line in _table("zone.tab")]
    zones_of = Counter(country for country, _ in pairs)
    return {country: zone for country, zone in pairs if zones_of[country] == 1}


@cache
def _zones_by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in zone_names()}


def _table(name: str) -> list[str]:
    text = files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
