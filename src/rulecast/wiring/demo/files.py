"""Writes the people and events as files a company might really have: dirty, and honest about nothing."""

import csv
import json
import random
from collections.abc import Iterable
from pathlib import Path

from rulecast.wiring.demo.people import DemoEvent, DemoPerson

COLUMNS = (
    "Client", "Prénom", "Téléphone", "Ville", "Pays", "Langue", "Date de naissance", "Fuseau", "Étiquettes",
    "Consentement", "Consenti le", "Consenti par", "Version du texte", "Opposition au profilage",
    "Carte de fidélité", "Client depuis",
)  # fmt: skip
# Lines that no import may swallow: numbers that lost digits in a spreadsheet, short codes, other things.
BAD_PHONES = ("2,12661E+11", "12345", "n/a", "06 61", "+212 5 22", "00000000", "661-CALL-ME")
DUPLICATE_SHARE = 0.02
# How often a hand slips: blanks round a city, a language in capitals, a line break behind a name.
SLIP_SHARE = 0.1
BREAK_SHARE = 0.01
BAD_LINES = 300


def write_contacts(path: Path, people: list[DemoPerson], chance: random.Random) -> int:
    """Write the contact file (semicolons, Windows line ends, BOM, quoted line breaks) and return its lines."""
    lines = [_line(person, chance) for person in people]
    lines += [_line(person, chance) for person in people if chance.random() < DUPLICATE_SHARE]
    lines += [_bad_line(chance, number) for number in range(BAD_LINES)]
    # The four fixed people stay on top, where a visitor looks.
    rest = lines[4:]
    chance.shuffle(rest)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(lines[:4] + rest)
    return len(lines)


def write_events(path: Path, events: Iterable[DemoEvent], *, first_id: str = "E") -> int:
    """Write the events as JSON Lines and return their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, event in enumerate(events, start=1):
            row = {
                "id": f"{first_id}{count:07d}", "customer": event.customer, "event": event.name,
                "at": event.occurred_at.isoformat(), **event.properties,
            }  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def _line(person: DemoPerson, chance: random.Random) -> list[str]:
    consent = person.consent
    birthday = person.birth_date.strftime("%d/%m/%Y")
    return [
        person.customer,
        _spoil_name(person.first_name, chance),
        "" if person.phone is None else _spell(person, chance),
        f" {person.city} " if chance.random() < SLIP_SHARE else person.city,
        person.country.code,
        person.language.upper() if chance.random() < SLIP_SHARE else person.language,
        birthday,
        person.zone,
        ",".join(person.tags),
        consent.status,
        consent.given_on,
        consent.method,
        consent.wording_version,
        "oui" if person.objects_to_profiling else "",
        f"{chance.randint(10**11, 10**12)}",
        person.customer_since.strftime("%d/%m/%Y"),
    ]


def _spoil_name(name: str, chance: random.Random) -> str:
    return f"{name}\n" if name and chance.random() < BREAK_SHARE else name


def _spell(person: DemoPerson, chance: random.Random) -> str:
    """Write one number in one of the ways people write numbers."""
    assert person.phone is not None
    e164 = person.phone.e164
    national = e164[1 + len(person.country.calling_code) :]
    trunk = "0" if person.country.code in {"MA", "FR"} else ""
    spellings = (
        e164,
        f"00{e164[1:]}",
        f"+{person.country.calling_code} {national[:3]} {national[3:6]} {national[6:]}",
        f"{trunk}{national}",
        f"{trunk}{national[:2]}-{national[2:4]}-{national[4:6]}-{national[6:]}",
        e164.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    )
    weights = (0.4, 0.1, 0.2, 0.2, 0.08, 0.02)
    return chance.choices(spellings, weights)[0]


def _bad_line(chance: random.Random, number: int) -> list[str]:
    line = [""] * len(COLUMNS)
    line[2] = chance.choice(BAD_PHONES)
    line[3] = "Casablanca"
    line[4] = "MA"
    line[6] = chance.choice(("31/02/1990", "12/12/1984", ""))
    line[9] = "granted"
    line[14] = str(number)
    return line
