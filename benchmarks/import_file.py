"""A dirty contact list, drawn by a seed, and the mapping that reads it.

Eight attributes and one consent a row. One row in five is dirty: the same person again with other values, numbers
that are none or that a spreadsheet rounded, days that do not exist, rows without a number or with a cell too many.
"""

import csv
import random
from datetime import date, datetime, timedelta
from pathlib import Path

COLUMNS = (
    "phone",
    "first_name",
    "city",
    "country",
    "language",
    "birth_date",
    "points",
    "spent",
    "is_vip",
    "consent",
    "consent_at",
    "consent_by",
    "wording",
)
MAPPING = """format = 1
kind = "contacts"

[identity]
phone = "phone"
default_region = "MA"

[attributes]
first_name = "first_name"
city = "city"
country = "country"
language = "language"
birth_date = "birth_date"
points = { column = "points", type = "integer" }
spent = { column = "spent", type = "decimal" }
is_vip = { column = "is_vip", type = "boolean" }

[[consent]]
purpose = "marketing"
status = "consent"
granted = ["oui"]
denied = ["non"]
when = "consent_at"
how = "consent_by"
wording = "wording"
"""
# Country, its code, how its mobile numbers of this list begin, what is dialled before them at home, cities, languages.
COUNTRIES = (
    ("MA", "212", "61", "0", ("Casablanca", "Rabat", "Fès", "Agadir"), ("fr", "ar")),
    ("TN", "216", "2", "", ("Tunis", "Sfax", "Sousse"), ("fr", "ar")),
    ("FR", "33", "61", "0", ("Paris", "Lyon", "Saint-Étienne"), ("fr", "en")),
)
NAMES = ("Asha", "Bilal", "Chitra", "Deepa", "Émilie", "Yasmine", "Omar", "Nour")
SUBSCRIBERS = 10_000_000
STRIDE = 7919
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FIRST_BIRTH = date(1950, 1, 1)
FIRST_CONSENT = datetime(2025, 1, 1, 8, 0, 0)  # noqa: DTZ001 - written with its zone below
# The kinds of rows by share; the first is clean.
KINDS = {
    "clean": 80,
    "again": 8,
    "no number at all": 5,
    "rounded number": 2,
    "impossible day": 2,
    "no phone": 2,
    "cell too many": 1,
}
NO_NUMBERS = ("unknown", "n/a", "12345", "+212 6", "voir fiche", "0000000000")


def write_files(folder: Path, rows: int, seed: int) -> tuple[Path, Path]:
    """Write the list and its mapping, and return their paths."""
    chance = random.Random(seed)
    path, mapping = folder / "people.csv", folder / "people.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    kinds, weights = list(KINDS), list(KINDS.values())
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for number in range(rows):
            (kind,) = chance.choices(kinds, weights)
            writer.writerow(_row(kind, number, chance))
    return path, mapping


def _row(kind: str, number: int, chance: random.Random) -> list[str]:
    person = chance.randrange(number) if kind == "again" and number else number
    country, code, begins, trunk, cities, languages = COUNTRIES[person % len(COUNTRIES)]
    national = f"{begins}{person * STRIDE % SUBSCRIBERS:07d}"
    phone = _spelling(code, trunk, national, chance)
    born = (FIRST_BIRTH + timedelta(days=chance.randrange(20_000))).isoformat()
    if kind == "no number at all":
        phone = chance.choice(NO_NUMBERS)
    elif kind == "rounded number":
        phone = f"{code[0]}.{code[1:]}{national[:2]}E+11"
    elif kind == "no phone":
        phone = ""
    elif kind == "impossible day":
        born = "1990-02-31"
    said_at = FIRST_CONSENT + timedelta(seconds=chance.randrange(40_000_000))
    row = [
        phone,
        chance.choice(NAMES),
        chance.choice(cities) if chance.random() < 0.95 else "",
        country,
        chance.choice(languages),
        born,
        str(chance.randrange(5_000)),
        f"{chance.randrange(1_000_000) / 100:.2f}",
        chance.choice(("true", "false")),
        chance.choices(("oui", "non", ""), (85, 10, 5))[0],
        said_at.isoformat() + "Z",
        "form",
        "v3",
    ]
    return [*row, "?"] if kind == "cell too many" else row


def _spelling(code: str, trunk: str, national: str, chance: random.Random) -> str:
    way = chance.randrange(40)
    pairs = [national[place : place + 2] for place in range(0, len(national), 2)]
    if way == 0:
        return f"+{code}{national}".translate(ARABIC_DIGITS)
    return (
        f"+{code}{national}",
        f"00{code}{national}",
        f"{trunk}{national}",
        f"+{code} {' '.join(pairs)}",
        f"({trunk}{national[:2]}) {national[2:5]}-{national[5:]}",
        f"{trunk}{'.'.join(pairs)}",
        f"+{code} (0) {'-'.join(pairs)}" if trunk else f"+{code}-{'-'.join(pairs)}",
    )[way % 7]
