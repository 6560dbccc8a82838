"""Who asked not to be messaged.

Signals come in (words, buttons, WhatsApp's own settings, refusals of Meta, files, agents); append-only rows by
keyed hash of every identity of the person go out, with a change row for the mart and entries for the journal
that the door writes before it commits. Reading who is stopped is the view `profile.current_suppression`.
"""

from rulecast.profile.suppression.file_journal import FileJournal
from rulecast.profile.suppression.journal import JournalEntry, SuppressionJournal
from rulecast.profile.suppression.match_opt_out import OptOutMatch, match_opt_out
from rulecast.profile.suppression.replay import replay
from rulecast.profile.suppression.stop import Stop, SuppressionAction, SuppressionCause
from rulecast.profile.suppression.suppress import suppress

__all__ = [
    "FileJournal",
    "JournalEntry",
    "OptOutMatch",
    "Stop",
    "SuppressionAction",
    "SuppressionCause",
    "SuppressionJournal",
    "match_opt_out",
    "replay",
    "suppress",
]
