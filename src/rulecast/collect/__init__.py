"""What the world told us.

Files, webhooks and clicks come in; facts with an instant and a key go out: events, batches of rows to store
as people, and refusals that name line, column and code. Nothing here knows what a person or a rule is.
"""

from rulecast.collect.event import NewEvent
from rulecast.collect.record_events import record_events

__all__ = ["NewEvent", "record_events"]
