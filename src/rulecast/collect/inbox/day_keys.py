"""Raw bodies become unreadable when the key of their day is destroyed."""

from datetime import datetime, timedelta

from rulecast.vault import Vault

BODY_COLUMN = "collect.inbox.sealed_body"
# Long enough for Meta's own seven days of repeats to be compared, and the erasure bound told to people.
DAY_KEY_LIFE = timedelta(days=7)


async def destroy_old_day_keys(vault: Vault, now: datetime) -> int:
    """Destroy the keys of days that ended more than seven days ago and return how many there were."""
    return await vault.destroy_day_keys_before((now - DAY_KEY_LIFE).date())
