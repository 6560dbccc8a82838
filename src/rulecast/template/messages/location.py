"""A place on the map."""

from rulecast.template.messages.errors import MessageInvalidError
from rulecast.template.messages.limits import text_within
from rulecast.template.messages.request import Body, Content

NAME_LENGTH_MAX = 1000
"""Meta publishes none; a name or an address longer than this is something else."""


def location_message(latitude: float, longitude: float, *, name: str = "", address: str = "") -> Content:
    """Return a place in degrees (WGS 84); an address is shown only beside a name.

    Raises:
        MessageInvalidError: it is not on the globe, or an address has no name.
    """
    return Content(
        kind="location",
        value={
            **point_fields("location", latitude, longitude),
            **label_fields("location", name=name, address=address),
        },
    )


def point_fields(place: str, latitude: float, longitude: float) -> Body:
    """Return a checked point.

    Raises:
        MessageInvalidError: it is not on the globe.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - degrees
        raise MessageInvalidError(
            place, "a latitude of -90 to 90 and a longitude of -180 to 180 are expected"
        )
    return {"latitude": latitude, "longitude": longitude}


def label_fields(place: str, *, name: str, address: str) -> Body:
    """Return name and address where they are given.

    Raises:
        MessageInvalidError: one is too long, or an address has no name.
    """
    if address and not name:
        raise MessageInvalidError(f"{place}.name", "phones show an address only beside a name")
    return {
        field: text_within(f"{place}.{field}", text, length_max=NAME_LENGTH_MAX)
        for field, text in (("name", name), ("address", address))
        if text
    }
