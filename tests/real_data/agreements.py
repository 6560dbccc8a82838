"""Who of the households agreed to messages: made up by their numbers, as the public data holds no consent.

Every third household agreed on 1 February, the next ones on 25 June, the others were never asked.
"""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

EARLY = datetime(2017, 2, 1, tzinfo=UTC)
LATE = datetime(2017, 6, 25, tzinfo=UTC)


def agreed_at(number: int) -> datetime | None:
    """Return when a household agreed."""
    return (EARLY, LATE, None)[number % 3]


def write_agreements(path: Path, numbers: Iterable[int]) -> Path:
    """Write the list as a CSV file and return its path."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["household_id", "phone", "said", "on", "how", "wording"])
        for number in sorted(numbers):
            at = agreed_at(number)
            if at is not None:
                # Spain has several zones: the contacts get none and keep the workspace's calendar.
                writer.writerow([number, f"+34612{number:06d}", "yes", at.isoformat(), "till", "v1"])
    return path
