"""What pacing must know beyond one sender's memory.

A number comes in; the factor, the rest, the last starts and the pairs of the sender before come out, and how many
messages the number receives: Meta counts them with those it sends.
"""

from rulecast.deliver.pace_memory.store import (
    forget_inbound,
    keep_pace,
    note_inbound,
    read_inbound,
    recall_pace,
)

__all__ = ["forget_inbound", "keep_pace", "note_inbound", "read_inbound", "recall_pace"]
