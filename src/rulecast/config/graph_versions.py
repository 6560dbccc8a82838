"""Versions of the Graph API with their dates: the one place that names any.

A call to a version that has ended is answered by the oldest one that lives, whose answers may look different.
"""

from dataclasses import dataclass
from datetime import date, timedelta

WARN_BEFORE = timedelta(days=90)
"""Long enough to read a changelog and to try a newer version with a test number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphVersion:
    """One version: from when on it can be called, and the first day on which it no longer can, if announced."""

    name: str
    released_on: date | None
    ends_on: date | None


GRAPH_VERSIONS = (
    GraphVersion(name="v20.0", released_on=None, ends_on=date(2026, 9, 24)),
    GraphVersion(name="v21.0", released_on=None, ends_on=date(2027, 1, 21)),
    GraphVersion(name="v22.0", released_on=None, ends_on=date(2027, 5, 20)),
    GraphVersion(name="v23.0", released_on=date(2025, 5, 29), ends_on=date(2027, 10, 8)),
    GraphVersion(name="v24.0", released_on=date(2025, 10, 8), ends_on=date(2028, 2, 18)),
    GraphVersion(name="v25.0", released_on=date(2026, 2, 18), ends_on=date(2028, 7, 29)),
    GraphVersion(name="v26.0", released_on=date(2026, 7, 29), ends_on=None),
)
"""Meta's changelog of the Graph API, read in November 2026; the oldest first."""

GRAPH_VERSION_NEWEST = GRAPH_VERSIONS[-1].name
"""What rulecast speaks unless the setting says otherwise; requests and answers are tested in its shape."""


def find_graph_version(name: str) -> GraphVersion | None:
    """Return a version of the table, or nothing where it is older or newer than all of them."""
    return next((one for one in GRAPH_VERSIONS if one.name == name), None)


def is_older_than_known(name: str) -> bool:
    """Return whether a version ended before the table begins; `name` is like `v19.0`."""
    return _major(name) < _major(GRAPH_VERSIONS[0].name)


def _major(name: str) -> int:
    return int(name.removeprefix("v").partition(".")[0])
