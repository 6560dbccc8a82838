"""Is this the database that was sent from last, or a copy or older state of it?

What the database says of itself and what the home directory remembers come in; nothing, or the causes for which
nothing may be sent until a person decides, go out. The decision makes everything that may have been sent in between
`unknown` and ends what was to be written by now, so that nothing is sent twice.
"""

from rulecast.deliver.restore.doubt_gap import doubt_gap
from rulecast.deliver.restore.end_gap import end_gap
from rulecast.deliver.restore.judge import HoldCause, Memory, Standing, judge
from rulecast.deliver.restore.memory import MemoryFile
from rulecast.deliver.restore.pulse import Pulse

__all__ = ["HoldCause", "Memory", "MemoryFile", "Pulse", "Standing", "doubt_gap", "end_gap", "judge"]
