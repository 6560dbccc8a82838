"""Distances on the earth, taken as a sphere: one formula for every engine."""

import math
import re

from rulecast.values.catalogue import Coordinates

# IUGG mean radius of the earth. A sphere errs by at most 0.6 % against the ellipsoid.
EARTH_RADIUS_KM = 6371.0088
_PLACE = re.compile(r"([+-]?\d{1,2}(?:\.\d+)?),([+-]?\d{1,3}(?:\.\d+)?)")
LATITUDE_MAX, LONGITUDE_MAX = 90, 180


def coordinates_of(text: str) -> Coordinates | None:
    """Return the place that `33.58,-7.63` names, latitude first, in decimal degrees, or None where it names none."""
    found = _PLACE.fullmatch(text.replace(" ", ""))
    if found is None:
        return None
    latitude, longitude = (float(part) for part in found.groups())
    if abs(latitude) > LATITUDE_MAX or abs(longitude) > LONGITUDE_MAX:
        return None
    return Coordinates(latitude=latitude, longitude=longitude)


def great_circle_km(here: Coordinates, there: Coordinates) -> float:
    """Return the great-circle distance of two places in kilometres, by the haversine formula."""
    latitude, other_latitude = math.radians(here.latitude), math.radians(there.latitude)
    half_north = math.sin((other_latitude - latitude) / 2)
    half_east = math.sin(math.radians(there.longitude - here.longitude) / 2)
    chord = half_north * half_north + math.cos(latitude) * math.cos(other_latitude) * half_east * half_east
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))
