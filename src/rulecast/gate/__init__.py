"""Drafts come in; verdicts, and permits for those allowed, go out, inside the transaction that commits the intent.

The people are locked in one statement, the facts are read in a later one, the policy decides. Only this room can
make a permit. Stops are kept here too.
"""

from rulecast.gate.authorise import Authorised, Gate, lock_people
from rulecast.gate.draft import Draft, PreparedDraft, Refusal
from rulecast.gate.prepare import prepare_drafts
from rulecast.gate.release import release_permits
from rulecast.gate.stop import resume_sending, stop_sending

__all__ = [
    "Authorised",
    "Draft",
    "Gate",
    "PreparedDraft",
    "Refusal",
    "lock_people",
    "prepare_drafts",
    "release_permits",
    "resume_sending",
    "stop_sending",
]
