"""Tiers by name and day, read from tables."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from rulecast.account.errors import TierTableInvalidError
from rulecast.account.records import PEOPLE_PER_DAY_MAX

COLUMNS = ("tier", "people", "effective_from", "source")
UNLIMITED_WORD = "unlimited"
LINES_MAX = 1_000
"""Meta has had nine tiers in four years."""
SOURCE_LENGTH_MAX = 300
_TIER = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """From a day on a tier allows so many people in 24 hours; None is without limit."""

    tier: str
    people: int | None
    effective_from: date
    source: str


@dataclass(frozen=True, slots=True)
class TierTable:
    """All rows of all tables, by tier, the newest first."""

    tiers: Mapping[str, tuple[Tier, ...]]

    def find(self, tier: str, *, on: date) -> Tier | None:
        """Return what a tier means on a day; None where no table knows it."""
        return next((one for one in self.tiers.get(tier, ()) if one.effective_from <= on), None)

    def joined(self, tiers: Iterable[Tier]) -> "TierTable":
        """Return this table with further rows; of two for one tier and day the further one holds."""
        rows = {(one.tier, one.effective_from): one for known in self.tiers.values() for one in known}
        rows.update({(one.tier, one.effective_from): one for one in tiers})
        return _table(rows.values())


@cache
def shipped_tiers() -> TierTable:
    """Return the tables that come with the product."""
    folder = files(__package__)
    return read_tier_tables(
        {
            entry.name: entry.read_text(encoding="utf-8")
            for entry in folder.iterdir()
            if entry.name.endswith(".csv")
        }
    )


def read_tier_tables(texts: Mapping[str, str]) -> TierTable:
    """Return one table made of several files, given as text by name.

    Raises:
        TierTableInvalidError: a line cannot be read, or two lines say something of one tier from the same day.
    """
    found: dict[tuple[str, date], Tier] = {}
    for name, text in sorted(texts.items()):
        for tier in _read(name, text):
            if (tier.tier, tier.effective_from) in found:
                raise TierTableInvalidError(f"{name} tells {tier.tier} from {tier.effective_from} twice.")
            found[tier.tier, tier.effective_from] = tier
    return _table(found.values())


def _table(tiers: Iterable[Tier]) -> TierTable:
    found: dict[str, list[Tier]] = {}
    for one in tiers:
        found.setdefault(one.tier, []).append(one)
    return TierTable(
        MappingProxyType(
            {
                tier: tuple(sorted(rows, key=lambda row: row.effective_from, reverse=True))
                for tier, rows in sorted(found.items())
            }
        )
    )


def _read(name: str, text: str) -> Iterable[Tier]:
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise TierTableInvalidError(f"{name} line 1: the columns must be {', '.join(COLUMNS)}.")
    while True:
        try:
            row = next(reader, None)
            if row is None:
                return
            tier = _tier(row)
        except (csv.Error, ValueError, TypeError, AttributeError) as error:
            raise TierTableInvalidError(f"{name} line {reader.line_num}: {error}.") from error
        if reader.line_num > LINES_MAX:
            raise TierTableInvalidError(f"{name} has more than {LINES_MAX:,} lines.")
        yield tier


def _tier(row: Mapping[str, str]) -> Tier:
    if None in row or None in row.values() or not all(value.isprintable() for value in row.values()):
        raise ValueError("a line has as many printable values as there are columns")
    if not _TIER.fullmatch(row["tier"]):
        raise ValueError("a tier is written in capitals, digits and underscores, at most 40")
    told = row["people"]
    people = None if told == UNLIMITED_WORD else int(told)
    if people is not None and not 0 <= people <= PEOPLE_PER_DAY_MAX:
        raise ValueError(f"people must be between 0 and {PEOPLE_PER_DAY_MAX:,}, or {UNLIMITED_WORD}")
    if not 0 < len(row["source"]) <= SOURCE_LENGTH_MAX:
        raise ValueError("the source must say where the number comes from")
    return Tier(
        tier=row["tier"],
        people=people,
        effective_from=date.fromisoformat(row["effective_from"]),
        source=row["source"],
    )
