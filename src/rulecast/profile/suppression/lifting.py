"""Which resume can lift which stop: each only what was said no more strongly; pure.

A resume inside WhatsApp lifts what was stopped inside WhatsApp. A tap on our question lifts what the person stopped in
words or by a button; a tap that narrows "everything" to offers lifts what such a tap widened. A person of the
business lifts what was only likely an opt-out and had been told by then: they lift what they read. Nothing lifts what
an import, an erasure or a clerk stopped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rulecast.profile.suppression.journal import JournalEntry
from rulecast.profile.suppression.stop import WHATSAPP_CAUSES, Level, Scope, SuppressionCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """Stops of these causes and levels; where one of another kind stands in the scope, nothing is lifted."""

    causes: frozenset[SuppressionCause]
    levels: frozenset[Level]

    def covers(self, cause: SuppressionCause, level: Level) -> bool:
        """Return whether a stop of this kind can be lifted."""
        return cause in self.causes and level in self.levels


_EVERY_LEVEL: frozenset[Level] = frozenset({"exact", "likely"})
LIFTINGS: Mapping[tuple[SuppressionCause, Scope], Lifting] = {
    (SuppressionCause.USER_PREFERENCES, "marketing"): Lifting(
        causes=frozenset(WHATSAPP_CAUSES), levels=_EVERY_LEVEL
    ),
    (SuppressionCause.STOP_BUTTON, "marketing"): Lifting(
        causes=frozenset({SuppressionCause.STOP_WORD, SuppressionCause.STOP_BUTTON}), levels=_EVERY_LEVEL
    ),
    (SuppressionCause.STOP_BUTTON, "all"): Lifting(
        causes=frozenset({SuppressionCause.STOP_BUTTON}), levels=_EVERY_LEVEL
    ),
    (SuppressionCause.AGENT, "marketing"): Lifting(
        causes=frozenset({SuppressionCause.STOP_WORD, SuppressionCause.IDENTITY_CONFLICT}),
        levels=frozenset({"likely"}),
    ),
}


def outlasting_instant(stop: JournalEntry, resumes: Mapping[SuppressionCause, datetime]) -> datetime | None:
    """Return when a later resume could not lift this stop, learned after it, given the newest resume of each cause.

    A person of the business lifted what they had read, so nothing they learn afterwards.
    """
    refused = [
        at
        for cause, at in resumes.items()
        if at > stop.occurred_at
        and (
            cause is SuppressionCause.AGENT
            or (lifting := LIFTINGS.get((cause, stop.scope))) is None
            or not lifting.covers(stop.cause, stop.level)
        )
    ]
    return max(refused, default=None)
