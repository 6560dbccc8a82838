"""What merging statuses, answers or clicks came to, and the moments to which a rule's actions are bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.values.ids import ContactId, RunId, TemplateId

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
    """How many statuses were new, repeated, or of wamids nobody here knows, and which moments were reached.

    `billed` names templates that Meta billed as another category than they count as here, and when. `priced` holds
    what delivered messages were billed as, by message, where that is free (empty) or not what the template counts as.
    """

    new: int = 0
    repeated: int = 0
    unknown_wamids: int = 0
    moments: Sequence[MessageMoment] = ()
    billed: Mapping[TemplateId, tuple[str, datetime]] = field(default_factory=dict)
    priced: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTaken:
    """What ordinary statuses came to: the places of those that were left, and who was reached for the first time.

    `moments` are those of runs with actions; of runs that only count, `delivered` has the numbers.
    """

    left: Sequence[int] = ()
    moments: Sequence[MessageMoment] = ()
    delivered: Mapping[RunId, int] = field(default_factory=dict)
