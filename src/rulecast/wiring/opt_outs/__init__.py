"""What follows from an opt-out besides the stop itself.

Comes in: people a webhook stopped, and who asks for offers again. Goes out: one answer to each, inside the window and
without anybody's help; and the likely opt-outs that a person of the business looks through.
"""

from rulecast.wiring.opt_outs.note import note_answers
from rulecast.wiring.opt_outs.write_answers import write_opt_out_answers

__all__ = ["note_answers", "write_opt_out_answers"]
