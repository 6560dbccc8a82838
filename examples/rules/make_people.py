"""Makes the people of the example rules from a seed: `python make_people.py SEED COUNT` writes two files here.

The first four are always the same. The files that lie here are those of seed 1 and 60 people.
"""

# ruff: noqa: INP001, S311 - a script of its own, and chance that can be repeated
import csv
import random
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
CITIES = {
    "Casablanca": "Africa/Casablanca",
    "Rabat": "Africa/Casablanca",
    "Fès": "Africa/Casablanca",
    "Lyon": "Europe/Paris",
}
NAMES = ("Amina", "Brahim", "Chloé", "Driss", "Emma", "Farid", "Ghita", "Hugo", "Imane", "Jad")
NEVER_SHARE = 0.2
CONSENTS = ("yes", "yes", "yes", "withdrawn", "")
PERSON_COLUMNS = (
    "phone",
    "first_name",
    "city",
    "zone",
    "language",
    "birth_date",
    "consent",
    "consent_date",
)
FIXED = (
    ("Asha", "Casablanca", "fr", "1996-03-14", "yes"),
    ("Bilal", "Casablanca", "ar", "1985-11-02", "withdrawn"),
    ("Chitra", "Rabat", "en", "1999-07-30", ""),
    ("Deepa", "Casablanca", "fr", "2010-05-09", "yes"),
)


def make(seed: int, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return people and visits, as rows of their files."""
    chance = random.Random(seed)
    people = [
        _person(number, FIXED[number] if number < len(FIXED) else _drawn(chance)) for number in range(count)
    ]
    visits = [
        {"phone": person["phone"], "at": (NOW - ago).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for person in people
        for ago in _visits(chance)
    ]
    return people, visits


def _drawn(chance: random.Random) -> tuple[str, str, str, str, str]:
    born = date(2026, 11, 17) - timedelta(days=chance.randrange(15 * 365, 60 * 365))
    return (
        chance.choice(NAMES),
        chance.choice(("", *CITIES)),
        chance.choice(("fr", "ar", "en")),
        chance.choice((born.isoformat(), born.isoformat(), "")),
        chance.choice(CONSENTS),
    )


def _person(number: int, drawn: tuple[str, str, str, str, str]) -> dict[str, Any]:
    name, city, language, born, consent = drawn
    return {
        "phone": f"+2126120{number:05d}",
        "first_name": name,
        "city": city,
        "zone": CITIES.get(city, "Africa/Casablanca"),
        "language": language,
        "birth_date": born,
        "consent": consent,
        "consent_date": "2026-03-01" if consent else "",
    }


def _visits(chance: random.Random) -> list[timedelta]:
    """Return how long ago somebody opened the app; some exactly seven days ago, some never."""
    if chance.random() < NEVER_SHARE:
        return []
    return [
        chance.choice(
            (timedelta(days=7), timedelta(days=7, seconds=1), timedelta(hours=chance.randrange(1, 24 * 40)))
        )
        for _ in range(chance.choice((1, 1, 2)))
    ]


def write(folder: Path, seed: int, count: int) -> None:
    """Write people.csv and visits.csv."""
    people, visits = make(seed, count)
    for name, columns, rows in (
        ("people.csv", PERSON_COLUMNS, people),
        ("visits.csv", ("phone", "at"), visits),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write(Path(__file__).parent, int(sys.argv[1]), int(sys.argv[2]))
