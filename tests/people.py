"""The fixed people of every test, demo and page of the manual."""

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    phone: str
    """E.164, from a range of numbers that belongs to nobody we know."""
    language: str
    city: str
    country: str
    birthday: date
    consent: Literal["given", "withdrawn", "never_asked"]


ASHA = Person(
    name="Asha",
    phone="+212612000001",
    language="fr",
    city="Casablanca",
    country="MA",
    birthday=date(1990, 4, 2),
    consent="given",
)
BILAL = Person(
    name="Bilal",
    phone="+212612000002",
    language="ar",
    city="Rabat",
    country="MA",
    birthday=date(1985, 11, 23),
    consent="withdrawn",
)
CHITRA = Person(
    name="Chitra",
    phone="+33612000003",
    language="fr",
    city="Lyon",
    country="FR",
    birthday=date(1978, 1, 31),
    consent="never_asked",
)
DEEPA = Person(
    name="Deepa",
    phone="+21620000004",
    language="en",
    city="Tunis",
    country="TN",
    birthday=date(2012, 6, 15),
    consent="given",
)
EVERYBODY = (ASHA, BILAL, CHITRA, DEEPA)
