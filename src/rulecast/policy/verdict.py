"""What the policy answers: allowed, denied for one reason, or deferred to an instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from rulecast.values.reason import Reason


@dataclass(frozen=True, slots=True)
class Allowed:
    """Every check passed."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The message is not sent; the reason is final for this plan."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Deferred:
    """The message is not sent now; it is decided again at `until`."""

    reason: Reason
    until: datetime


Verdict: TypeAlias = Allowed | Denied | Deferred
