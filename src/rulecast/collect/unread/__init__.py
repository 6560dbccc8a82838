"""What of webhooks nothing acts upon.

Names of fields and kinds come in; counts under a closed list of names go out, so that nobody who sends webhooks can
make the list long.
"""

from rulecast.collect.unread.count_unread import count_unread, label_of
from rulecast.collect.unread.store import UnreadCount, list_unread

__all__ = ["UnreadCount", "count_unread", "label_of", "list_unread"]
