"""Watch conditions on every minute of a year in each zone and compare with walking from wake-up to wake-up.

    python -m tests.soak.year_of_minutes --seed 1 --cases 1

One case takes about twenty seconds; there are twenty zones.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.generative.time_world import ZONE_YEARS, case_of, walked, watched

PROCESSES = 2


@dataclass(frozen=True)
class Outcome:
    """What one zone's year has shown."""

    zone: str
    year: int
    seed: int
    minutes: int
    changes: int
    in_vain: int
    first_difference: str | None

    def line(self) -> str:
        """Return the line of the report."""
        verdict = "equal" if self.first_difference is None else f"DIFFERS at {self.first_difference}"
        return (
            f"{self.zone:22} {self.year} seed {self.seed}: {self.minutes:,} minutes, "
            f"{self.changes} changes, {self.in_vain} wake-ups in vain, {verdict}"
        )


def watch_year(zone: str, year: int, seed: int) -> Outcome:
    """Return what the year of a zone shows for the case of a seed."""
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    case = case_of(seed, zone, start, end)
    expected = watched(case)
    found, wakes, in_vain = walked(case)
    difference = None
    if found != expected:
        minute = next(n for n, truth in enumerate(expected) if found[n] is not truth)
        difference = f"minute {minute} of {case.condition} for {case.person}"
    return Outcome(zone, year, seed, len(expected), wakes, in_vain, difference)


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each zone and case; return 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}, {options.cases} cases in each of {len(ZONE_YEARS)} zones", flush=True)
    begun = time.monotonic()
    tasks = [
        (zone, year, options.seed + number) for number in range(options.cases) for zone, year in ZONE_YEARS
    ]
    with ProcessPoolExecutor(PROCESSES) as pool:
        outcomes = []
        for outcome in pool.map(watch_year, *zip(*tasks, strict=True)):
            print(outcome.line(), flush=True)
            outcomes.append(outcome)
    different = [outcome for outcome in outcomes if outcome.first_difference is not None]
    print(
        f"{sum(outcome.minutes for outcome in outcomes):,} minutes, "
        f"{sum(outcome.changes for outcome in outcomes):,} changes, {len(different)} differences, "
        f"{time.monotonic() - begun:.0f} s"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
