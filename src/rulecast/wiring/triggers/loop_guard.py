"""Rules that set themselves off: the same person, again and again, by what messages bring about (F94)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EFFECTS_MAX = 5
"""Messages of one rule to one person, inside the window, that effects of messages set off. Somebody who clicks often is
no loop while limits and caps keep the rule silent; a sixth message in a day is one."""
EFFECTS_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A rule that sets itself off, with the figure that shows it."""

    rule_name: str
    messages: int

    @property
    def why(self) -> str:
        """Return the reason as a person reads it; it names nobody."""
        hours = int(EFFECTS_WINDOW.total_seconds() // 3600)
        return f"{self.messages} messages to one person in {hours} hours, each set off by effects of messages"


def find_loop(rule_name: str, written_at: Sequence[datetime], *, now: datetime) -> Loop | None:
    """Return the loop that one more message of a rule to a person would be a part of; None where it is none."""
    messages = sum(now - EFFECTS_WINDOW < at <= now for at in written_at)
    return Loop(rule_name=rule_name, messages=messages) if messages >= EFFECTS_MAX else None
