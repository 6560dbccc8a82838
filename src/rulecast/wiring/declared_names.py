"""Names that rules can use beside attributes and events: segments, places, labels, teams, recipients, files."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from rulecast.gate.coupons.declared import DeclaredPool, read_pool
from rulecast.template.media import DeclaredMedium, read_medium
from rulecast.values.catalogue import CatalogueInvalidError, Place
from rulecast.values.fields import FieldInvalidError, Fields
from rulecast.values.http_address import ADDRESS_CHARACTERS_MAX

# Names are quoted in rules and printed in tables.
NAME_CHARACTERS_MAX = 60
# The length of a rule's text, of which a segment is a part.
SEGMENT_CHARACTERS_MAX = 65_536
# Labels are mined: more values than this are measurements, which belong into an attribute.
LABEL_VALUES_MAX = 100
LATITUDE_MAX, LONGITUDE_MAX = 90, 180


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNames:
    """What a workspace names; segments are texts of conditions, labels have their possible values."""

    places: tuple[Place, ...] = ()
    segments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recipients: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    media: tuple[DeclaredMedium, ...] = ()
    coupon_pools: tuple[DeclaredPool, ...] = ()
    # Where recipients are told; only a file says so, and the workspace row does not hold it.
    webhooks: Mapping[str, str] = field(default_factory=dict, repr=False)

    def entries(self) -> Iterable[tuple[str, str, object]]:
        """Yield kind, name and content of every entry."""
        yield from (("place", place.name, place) for place in self.places)
        yield from (("segment", name, text) for name, text in self.segments.items())
        yield from (("label", name, values) for name, values in self.labels.items())
        yield from (("recipient", name, name) for name in self.recipients)
        yield from (("team", name, name) for name in self.teams)
        yield from (("media", one.name, one) for one in self.media)
        yield from (("coupon pool", one.name, one) for one in self.coupon_pools)


def merged(before: DeclaredNames, after: DeclaredNames) -> DeclaredNames:
    """Return the entries of both; those of `after` replace entries of their name."""
    places = {place.name: place for place in (*before.places, *after.places)}
    media = {one.name: one for one in (*before.media, *after.media)}
    pools = {one.name: one for one in (*before.coupon_pools, *after.coupon_pools)}
    return DeclaredNames(
        places=tuple(places.values()),
        segments={**before.segments, **after.segments},
        labels={**before.labels, **after.labels},
        recipients=tuple(dict.fromkeys((*before.recipients, *after.recipients))),
        teams=tuple(dict.fromkeys((*before.teams, *after.teams))),
        media=tuple(media.values()),
        coupon_pools=tuple(pools.values()),
    )


# ---- the workspace file
def read_names(fields: Fields) -> DeclaredNames:
    """Return the names that a file declares in tables from `segments` and `places` to `media` and `coupon_pools`.

    Raises:
        FieldInvalidError: an entry cannot be used; it names the field.
    """
    segments, places, labels = fields.table("segments"), fields.table("places"), fields.table("labels")
    webhooks = _recipients(fields)
    return DeclaredNames(
        places=tuple(_place(name, places.table(name)) for name in _names(places)),
        segments={name: segments.text(name, length_max=SEGMENT_CHARACTERS_MAX) for name in _names(segments)},
        labels={name: _values(labels, name) for name in _names(labels)},
        recipients=tuple(webhooks),
        teams=_named(fields, "teams"),
        media=tuple(read_medium(table) for table in fields.tables("media")),
        coupon_pools=tuple(read_pool(table) for table in fields.tables("coupon_pools")),
        webhooks={name: address for name, address in webhooks.items() if address is not None},
    )


def _names(fields: Fields) -> tuple[str, ...]:
    for name in fields.names():
        if not name.strip() or len(name) > NAME_CHARACTERS_MAX:
            raise FieldInvalidError(
                fields.where(name), f"a name of at most {NAME_CHARACTERS_MAX} characters is expected"
            )
    return fields.names()


def _place(name: str, fields: Fields) -> Place:
    place = Place(
        name=name,
        latitude=_degrees(fields, "latitude", LATITUDE_MAX),
        longitude=_degrees(fields, "longitude", LONGITUDE_MAX),
    )
    fields.finish()
    return place


def _degrees(fields: Fields, name: str, limit: int) -> Decimal:
    value = fields.raw(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        raise FieldInvalidError(fields.where(name), f"degrees from -{limit} to {limit} are expected")
    return Decimal(repr(value))


def _values(fields: Fields, name: str) -> tuple[str, ...]:
    values = fields.texts(name)
    usable = len(values) <= LABEL_VALUES_MAX and all(len(one) <= NAME_CHARACTERS_MAX for one in values)
    if not usable or "=" in name:
        raise FieldInvalidError(
            fields.where(name),
            f"a name without = and at most {LABEL_VALUES_MAX} values of at most {NAME_CHARACTERS_MAX} characters "
            "are expected",
        )
    return tuple(dict.fromkeys(values))


def _recipients(fields: Fields) -> dict[str, str | None]:
    """Return the address of each recipient, None where the file names none."""
    found: dict[str, str | None] = {}
    for table in fields.tables("recipients"):
        name = table.text("name", length_max=NAME_CHARACTERS_MAX)
        table.text("about", default="")
        if table.has("email"):
            raise FieldInvalidError(
                table.where("email"), "notices by e-mail are not available yet; give a `webhook`"
            )
        found[name] = (
            table.text("webhook", length_max=ADDRESS_CHARACTERS_MAX) if table.has("webhook") else None
        )
        table.finish()
    return found


def _named(fields: Fields, kind: str) -> tuple[str, ...]:
    found = []
    for table in fields.tables(kind):
        found.append(table.text("name", length_max=NAME_CHARACTERS_MAX))
        table.text("about", default="")
        table.finish()
    return tuple(dict.fromkeys(found))


# ---- the workspace row
def names_to_json(names: DeclaredNames) -> dict[str, object]:
    """Return the entries as they are kept in the workspace row."""
    return {
        "places": [
            {"name": one.name, "latitude": str(one.latitude), "longitude": str(one.longitude)}
            for one in names.places
        ],
        "segments": dict(names.segments),
        "labels": {name: list(values) for name, values in names.labels.items()},
        "recipients": list(names.recipients),
        "teams": list(names.teams),
        "media": [asdict(one) for one in names.media],
        "coupon_pools": [asdict(one) for one in names.coupon_pools],
    }


def names_from_json(kept: Mapping[str, Any]) -> DeclaredNames:
    """Read the entries of the workspace row; rows of earlier versions have none.

    Raises:
        CatalogueInvalidError: an entry cannot be read.
    """
    try:
        return DeclaredNames(
            places=tuple(
                Place(
                    name=one["name"],
                    latitude=Decimal(one["latitude"]),
                    longitude=Decimal(one["longitude"]),
                )
                for one in kept.get("places", ())
            ),
            segments=dict(kept.get("segments", {})),
            labels={name: tuple(values) for name, values in kept.get("labels", {}).items()},
            recipients=tuple(kept.get("recipients", ())),
            teams=tuple(kept.get("teams", ())),
            media=tuple(
                DeclaredMedium(
                    **{**one, "templates": tuple(one["templates"]), "cards": tuple(one.get("cards", ()))}
                )
                for one in kept.get("media", ())
            ),
            coupon_pools=tuple(DeclaredPool(**one) for one in kept.get("coupon_pools", ())),
        )
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise CatalogueInvalidError(
            f"A name of the workspace's catalogue cannot be read: {type(error).__name__} {error}."
        ) from error
