"""Rules as kept: checked rules come in, versions that are only ever appended go out, each with the state it is in.

A version is known by the hash of its canonical text, so that saving the same rule twice keeps one version. What may
be done with it is data (`states.STEPS`); what it may do by itself is signed (`Envelope`).
"""

from rulecast.rule.book.records import (
    ActiveRule,
    Envelope,
    KeptRule,
    RuleVersion,
    StandingApproval,
    content_hash,
)
from rulecast.rule.book.states import Act, HoldReason, RuleState

__all__ = [
    "Act",
    "ActiveRule",
    "Envelope",
    "HoldReason",
    "KeptRule",
    "RuleState",
    "RuleVersion",
    "StandingApproval",
    "content_hash",
]
