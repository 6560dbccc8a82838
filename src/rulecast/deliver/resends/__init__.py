"""Messages nobody knows the fate of, and the decision of two people to send one of them once more.

A message comes in by its number, with who wants it again and why; it goes back among the planned ones when a second
person confirms. By itself nothing is ever sent again.
"""

from rulecast.deliver.resends.errors import (
    MessageNotInDoubtError,
    MessageUnknownError,
    ResendMarketingError,
    ResendReasonError,
    ResendSamePersonError,
)
from rulecast.deliver.resends.resend_message import Resend, Wish, resend_message
from rulecast.deliver.resends.store import Doubt, list_doubts

__all__ = [
    "Doubt",
    "MessageNotInDoubtError",
    "MessageUnknownError",
    "Resend",
    "ResendMarketingError",
    "ResendReasonError",
    "ResendSamePersonError",
    "Wish",
    "list_doubts",
    "resend_message",
]
