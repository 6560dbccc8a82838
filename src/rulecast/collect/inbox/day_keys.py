"""Raw bodies become unreadable when the key of their day is destroyed."""

from datetime import datetime, timedelta

from rulecast.vault import Vault

BODY_COLUMN = "collect.inbox.sealed_body"
# Long enough for Meta's own seven days of repeats to be compared, and the erasure bound told to people.
DAY_KEY_LIFE = timedelta(days=7)
# A usual run finds one. A clock that jumped makes every day old at once: an hour later somebody may have seen it, and
# what a machine that was off for a month has to destroy is gone within half a day.
DAYS_PER_RUN_MAX = 2


async def destroy_old_day_keys(vault: Vault, now: datetime) -> int:
    """Destroy the oldest keys of days that ended more than seven days ago, two at most, and return how many."""
    return await vault.destroy_day_keys_before((now - DAY_KEY_LIFE).date(), days_max=DAYS_PER_RUN_MAX)
