"""What the doctor says of one thing it looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How one finding stands."""

    GOOD = "good"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at, how it stands, and what to do where it stands badly."""

    name: str
    health: Health
    what: str
    what_to_do: str = ""
