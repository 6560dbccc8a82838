"""The inbox: every raw body that came in, sealed under the key of its day.

Bodies go in beside what was made of them; nothing comes out but counts and, until the day key is destroyed after
seven days, the body itself for whoever must look into a quarantined one.
"""

from rulecast.collect.inbox.day_keys import BODY_COLUMN, destroy_old_day_keys
from rulecast.collect.inbox.received_body import ReceivedBody
from rulecast.collect.inbox.store import find_outcomes, find_quarantined, keep_bodies, keep_texts

__all__ = [
    "BODY_COLUMN",
    "ReceivedBody",
    "destroy_old_day_keys",
    "find_outcomes",
    "find_quarantined",
    "keep_bodies",
    "keep_texts",
]
