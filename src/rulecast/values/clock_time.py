"""A time of the day as people write it."""

import re

MINUTES_PER_DAY = 24 * 60
_CLOCK_TIME = re.compile(r"(\d{1,2})(?::(\d{2})(?::\d{2})?|h(\d{2})?)")


def read_clock_time(text: str) -> str | None:
    """Return a time of the day as `HH:MM`, or None; `9:00`, `21h`, `21h30` and `24:00` are understood."""
    found = _CLOCK_TIME.fullmatch(text.strip().casefold())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    if minute >= 60 or hour * 60 + minute > MINUTES_PER_DAY:  # noqa: PLR2004 - minutes of an hour
        return None
    return f"{hour % 24:02}:{minute:02}"
