"""Until when a person may be answered freely, and until when messages cost nothing; pure.

Cloud API, "Customer service window" and "Free entry point" (whatsapp-platform 5.1, 5.2).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rulecast.values.ids import ContactId

SERVICE_WINDOW = timedelta(hours=24)
SAFETY_MARGIN = timedelta(minutes=5)
"""Meta's clock decides; a message on its way at the last minute would fail with 131047."""
ENTRY_ANSWER_WITHIN = timedelta(hours=24)
ENTRY_POINT_WINDOW = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """What is known of one number and person; `entry_answered_at` is our first answer after the newest referral.

    `entry_free_until` is when the entry point of an earlier referral ends.
    """

    business_number_id: str
    contact_id: ContactId
    last_inbound_at: datetime | None = None
    referral_at: datetime | None = None
    entry_answered_at: datetime | None = None
    entry_free_until: datetime | None = None
    sealed_last_wamid: bytes | None = field(default=None, repr=False)


def service_window(row: WindowRow | None, now: datetime) -> datetime | None:
    """Return when the customer service window closes, five minutes early, or None where it is closed."""
    if row is None or row.last_inbound_at is None:
        return None
    closes_at = row.last_inbound_at + SERVICE_WINDOW - SAFETY_MARGIN
    return closes_at if now < closes_at else None


def entry_point_window(row: WindowRow | None, now: datetime) -> datetime | None:
    """Return until when messages of every category are free, or None where they are not.

    The 72 hours begin with our answer, and only where it came within 24 hours after the referral. A further
    referral takes nothing away from what is free already.
    """
    if row is None:
        return None
    ends = [one for one in (row.entry_free_until, _end_of_newest(row)) if one is not None and now < one]
    return max(ends, default=None)


def _end_of_newest(row: WindowRow) -> datetime | None:
    referred, answered = row.referral_at, row.entry_answered_at
    if referred is None or answered is None or not referred <= answered <= referred + ENTRY_ANSWER_WITHIN:
        return None
    return answered + ENTRY_POINT_WINDOW
