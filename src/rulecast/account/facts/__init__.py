"""What Meta says about accounts and numbers.

Facts of webhooks come in, each taken once and the newest of its own time deciding; holds, limits told by Meta and
the incidents they call for go out.
"""

from rulecast.account.facts.apply_facts import IncidentCall, apply_account_facts, put_hold
from rulecast.account.facts.lift_holds import Hold, HoldPlace, lift_holds, list_holds
from rulecast.account.facts.store import find_signups, learn_display_numbers, save_signup

__all__ = [
    "Hold",
    "HoldPlace",
    "IncidentCall",
    "apply_account_facts",
    "find_signups",
    "learn_display_numbers",
    "lift_holds",
    "list_holds",
    "put_hold",
    "save_signup",
]
