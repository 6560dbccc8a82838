"""What merging statuses, answers or clicks came to, and the moments to which a rule's actions are bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rulecast.values.ids import ContactId, RunId

MomentName = Literal["accepted", "delivered", "clicked", "replied", "failed", "opted_out"]
"""Actions are bound to the first four; stop conditions count the last two beside the delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMoment:
    """A message reached a moment for the first time; rehearsals have none."""

    run_id: RunId
    contact_id: ContactId
    moment: MomentName


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusesApplied:
    """How many statuses were new, repeated, or of wamids nobody here knows, and which moments were reached."""

    new: int = 0
    repeated: int = 0
    unknown_wamids: int = 0
    moments: Sequence[MessageMoment] = ()
