"""What is said between a business number and a person.

Messages people wrote come in, with their details and the advertisement they came from; open service windows and free
entry points go out, and sealed details beside the events of the same key.
"""

from rulecast.conversation.keep_details import Detail, keep_details
from rulecast.conversation.open_windows import Heard, answer_entry_points, open_windows
from rulecast.conversation.revoke_messages import revoke_messages
from rulecast.conversation.windows import WindowRow, entry_point_window, service_window

__all__ = [
    "Detail",
    "Heard",
    "WindowRow",
    "answer_entry_points",
    "entry_point_window",
    "keep_details",
    "open_windows",
    "revoke_messages",
    "service_window",
]
