"""Distance in SQL: a bounding box, which engines can skip rows by, then the haversine formula on a sphere."""

import math

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.language import condition as c
from rulecast.values.distance import EARTH_RADIUS_KM

LATITUDE, LONGITUDE = "__latitude", "__longitude"
# The box only saves work: a little too wide, so that rounding never cuts a place off.
BOX_MARGIN_DEGREES = 1e-6
POLE_DEGREES = 90.0
DATE_LINE_DEGREES = 180.0
METRES_PER_KM = 1_000
# Above the square of any half chord.
EVERYWHERE = 2.0


def place_columns(operand: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """Return the two columns of a place, latitude and longitude in degrees, from the column of its name."""
    assert isinstance(operand, exp.Column)
    alias, name = operand.table, operand.name
    return sql.column(alias, name + LATITUDE), sql.column(alias, name + LONGITUDE)


def near(atom: c.Near, operand: exp.Expr) -> exp.Expr:
    """Return the predicate of the rows whose place lies so near, at most."""
    assert atom.latitude is not None, "the resolve pass fills in the coordinates of a place"
    assert atom.longitude is not None
    latitude, longitude = place_columns(operand)
    here = float(atom.latitude), float(atom.longitude)
    reach_km = float(atom.amount if atom.unit == "km" else atom.amount / METRES_PER_KM)
    # The chord of the half angle grows with the distance up to half the way round the earth.
    half_angle = reach_km / (2 * EARTH_RADIUS_KM)
    limit = math.sin(half_angle) ** 2 if half_angle < math.pi / 2 else EVERYWHERE
    close = exp.LTE(this=_chord(here, latitude, longitude), expression=sql.double(limit))
    return sql.all_of([*_box(here, 2 * half_angle, latitude, longitude), close])


def _box(here: tuple[float, float], angle: float, latitude: exp.Expr, longitude: exp.Expr) -> list[exp.Expr]:
    """Return the bounds of a circle on the sphere; not in longitude where it reaches a pole or the date line."""
    north_south = math.degrees(angle) + BOX_MARGIN_DEGREES
    box = _between(latitude, here[0], north_south)
    if abs(here[0]) + north_south >= POLE_DEGREES:
        return box
    east_west = (
        math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(here[0])))) + BOX_MARGIN_DEGREES
    )
    if abs(here[1]) + east_west >= DATE_LINE_DEGREES:
        return box
    return [*box, *_between(longitude, here[1], east_west)]


def _between(column: exp.Expr, middle: float, reach: float) -> list[exp.Expr]:
    return [
        exp.GTE(this=column.copy(), expression=sql.double(middle - reach)),
        exp.LTE(this=column.copy(), expression=sql.double(middle + reach)),
    ]


def _chord(here: tuple[float, float], latitude: exp.Expr, longitude: exp.Expr) -> exp.Expr:
    """Return the square of half the chord between two places on the unit sphere."""
    north = _half_sine_squared(latitude, here[0])
    east = _half_sine_squared(longitude, here[1])
    shrink = exp.Mul(
        this=_function("COS", exp.Mul(this=latitude.copy(), expression=sql.double(math.radians(1)))),
        expression=sql.double(math.cos(math.radians(here[0]))),
    )
    return exp.Add(this=north, expression=exp.Mul(this=shrink, expression=east))


def _half_sine_squared(column: exp.Expr, other_degrees: float) -> exp.Expr:
    apart = exp.Paren(this=exp.Sub(this=column.copy(), expression=sql.double(other_degrees)))
    half = exp.Mul(this=apart, expression=sql.double(math.radians(0.5)))
    return exp.Mul(this=_function("SIN", half), expression=_function("SIN", half.copy()))


def _function(name: str, operand: exp.Expr) -> exp.Expr:
    return exp.func(name, operand)
