"""In which zone the days and months of an account change: Meta names it by a number of its own; pure.

Prices change, and allowances begin anew, at midnight in the account's zone (whatsapp-platform 5.4). The numbers are
those of Meta's Marketing API ("Timezone IDs"), as far as the list is settled.
"""

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from rulecast.values.zone_offsets import local_time, utc_of_local, zone_names


def zone_of_id(timezone_id: object) -> str:
    """Return the zone Meta's number stands for, or nothing where it is not known."""
    return _zones().get(str(timezone_id), "")


def month_start(zone: str, now: datetime) -> datetime:
    """Return when the running month of an account began."""
    return utc_of_local(zone, local_time(zone, now).date().replace(day=1))


@cache
def _zones() -> Mapping[str, str]:
    text = files(__package__).joinpath("timezone_ids.csv").read_text(encoding="utf-8")
    known = set(zone_names())
    return {
        row["timezone_id"]: row["zone"] for row in csv.DictReader(text.splitlines()) if row["zone"] in known
    }
