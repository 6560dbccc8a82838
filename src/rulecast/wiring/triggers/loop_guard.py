"""Rules that set themselves off: the same person, again and again, by what their own messages bring about (F94)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EFFECTS_MAX = 5
"""Firings of one rule for one person by effects of messages inside the window. Two messages a day is the default cap;
a person who clicks five of them in a day is no loop, a sixth firing is one."""
EFFECTS_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A rule that fires itself, with the figure that shows it."""

    rule_name: str
    firings: int

    @property
    def why(self) -> str:
        """Return the reason as a person reads it; it names nobody."""
        hours = int(EFFECTS_WINDOW.total_seconds() // 3600)
        return f"fired {self.firings} times for one person in {hours} hours by effects of messages"


def find_loop(rule_name: str, fired_at: Sequence[datetime], *, now: datetime) -> Loop | None:
    """Return the loop that these firings by effects, of one rule for one person, make; None where it is none."""
    firings = sum(now - EFFECTS_WINDOW < at <= now for at in fired_at)
    return Loop(rule_name=rule_name, firings=firings) if firings > EFFECTS_MAX else None
