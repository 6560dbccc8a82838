"""Steps of connecting and how each ended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a step ended; after `refused` and `waiting` nothing further is tried."""

    DONE = "done"
    NOTE = "note"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what was found, and what a person does where it did not go well; nothing in it is secret."""

    name: str
    outcome: Outcome
    what: str
    what_to_do: str = ""

    @property
    def is_end(self) -> bool:
        """Return whether the steps after this one have to wait."""
        return self.outcome in {Outcome.REFUSED, Outcome.WAITING}


Show = Callable[[Step], None]
"""Told each step as soon as it has ended."""
