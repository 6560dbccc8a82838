"""Count parts of webhooks nothing acts upon, by the field they stand in."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from rulecast.collect.unread import store
from rulecast.collect.unread.store import Connection
from rulecast.collect.webhook_facts import UnreadFact

FIELDS: Final = frozenset(
    {
        "messages", "user_preferences", "user_id_update", "message_template_status_update",
        "message_template_quality_update", "message_template_components_update", "template_category_update",
        "template_correct_category_detection", "account_alerts", "account_review_update", "account_update",
        "account_settings_update", "business_capability_update", "business_username_updates",
        "phone_number_name_update", "phone_number_quality_update", "security", "flows", "calls", "history",
        "smb_message_echoes", "smb_app_state_sync", "group_lifecycle_update", "group_participants_update",
        "group_settings_update", "group_status_update", "payment_configuration_update", "partner_solutions",
        "automatic_events", "messaging_handovers", "standby", "tracking_events", "statuses", "errors", "contacts",
        "user_actions", "envelope", "entry", "changes", "body", "object",
    }
)  # fmt: skip
"""Meta's fields (whatsapp-platform 3.4) and the parts of a body; another name counts as `other`."""
OTHER: Final = "other"


def label_of(place: str) -> str:
    """Return the name under which a place such as `messages/poll` is counted."""
    name = place.partition("/")[0]
    return name if name in FIELDS else OTHER


async def count_unread(connection: Connection, unread: Iterable[UnreadFact], now: datetime) -> None:
    """Add the parts to the counts in the caller's transaction."""
    counts = Counter(label_of(one.field) for one in unread)
    if counts:
        await store.add_counts(connection, counts, now)
