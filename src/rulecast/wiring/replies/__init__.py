"""Free-form messages: what rules answer at moments and what people of the business type become runs of their own.

Comes in: replies noted at moments, and typed texts. Goes out: messages that the gate decides on like on any other.
"""

from rulecast.wiring.replies.typed import reply_to, wait_for_outcome, write_typed_reply
from rulecast.wiring.replies.write_due_replies import write_due_replies

__all__ = ["reply_to", "wait_for_outcome", "write_due_replies", "write_typed_reply"]
