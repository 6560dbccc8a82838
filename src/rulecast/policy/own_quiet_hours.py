"""The quiet hours a person named for themselves, as a contact holds them, beside those of the workspace."""

import re
from dataclasses import replace
from functools import lru_cache

from rulecast.policy.local_time import MINUTES_PER_DAY, QuietHours

# Distinct texts: people name whole or half hours, and two of them.
TEXTS_KEPT_MAX = 4096
WHOLE_DAY = QuietHours(start_minute=0, end_minute=MINUTES_PER_DAY)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@lru_cache(maxsize=TEXTS_KEPT_MAX)
def with_own_hours(usual: QuietHours, own: str) -> QuietHours:
    """Return hours in which it is quiet by the workspace or by the person, who can only add to them.

    `own` is `from-until` in local time, such as `20:00-10:30`; a side that is not named is the workspace's, an empty
    text names nothing. The same time twice is the whole day, as is what cannot be read: it fails closed.
    """
    if not own:
        return usual
    start, _, end = own.partition("-")
    start_minute, end_minute = _minute(start, usual.start_minute), _minute(end, usual.end_minute)
    if start_minute is None or end_minute is None or start_minute == end_minute:
        return replace(usual, own=WHOLE_DAY)
    return replace(usual, own=QuietHours(start_minute=start_minute, end_minute=end_minute))


def _minute(text: str, usual: int) -> int | None:
    if not text:
        return usual
    found = _TIME.fullmatch(text)
    return None if found is None else int(found[1]) * 60 + int(found[2])
