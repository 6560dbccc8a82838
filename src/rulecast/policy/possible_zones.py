"""Where a person may be: in the zone they gave, else in any of their country, else the workspace's (F60)."""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from rulecast.policy.local_time import LocalClock, ZoneClock, ZoneStretch
from rulecast.values.zone_offsets import rows_of, zone_names

# Distinct combinations of zone, country and workspace: some 250 countries and 600 zones exist.
CLOCKS_KEPT_MAX = 2048


@lru_cache(maxsize=CLOCKS_KEPT_MAX)
def local_clock(zone: str, country: str, *, workspace_zone: str) -> LocalClock:
    """Return the clock of a person; an empty or unheard-of zone counts as not known.

    `country` is ISO 3166 two capital letters; a country without a zone of its own falls back to the workspace's zone.
    """
    known = _known_zones().get(zone.casefold())
    if known is not None:
        return LocalClock(zones=(_clock_of(known),))
    names = zones_of_country().get(country) or (workspace_zone,)
    return LocalClock(zones=tuple(dict.fromkeys(_clock_of(name) for name in names)))


@cache
def zones_of_country() -> Mapping[str, tuple[str, ...]]:
    """Return the zones of each country, from the table of the tzdata wheel (`zone.tab`)."""
    found: dict[str, list[str]] = {}
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _place, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


@cache
def _known_zones() -> Mapping[str, str]:
    # Attributes are stored case-folded, the zone database is not.
    return {name.casefold(): name for name in zone_names()}


@cache
def _clock_of(zone: str) -> ZoneClock:
    rows = rows_of(zone)
    stretches = zip(rows.instants, rows.minutes, strict=True)
    return ZoneClock(
        zone=zone, stretches=tuple(ZoneStretch(from_utc=at, minutes=minutes) for at, minutes in stretches)
    )
