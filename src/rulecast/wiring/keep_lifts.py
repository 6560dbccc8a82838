"""The order of journal and database: a stop is in the journal before the commit, its lifting only after it.

A process that dies in between leaves a journal that stops somebody the database does not, and never the other way
round: whoever replays it makes nobody reachable who was not.
"""

from collections.abc import Sequence

import structlog

from rulecast.profile.suppression import JournalEntry, SuppressionAction, SuppressionJournal
from rulecast.profile.suppression.journal import JournalWriteError

_LOG = structlog.get_logger(__name__)


async def keep_stops(journal: SuppressionJournal, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Keep the stops among these words, which the caller then commits, and return the rest for `keep_lifts`.

    Raises:
        JournalWriteError: they are not durable; the caller must not commit.
    """
    await journal.append([one for one in entries if one.action is SuppressionAction.STOP])
    return [one for one in entries if one.action is not SuppressionAction.STOP]


async def keep_lifts(journal: SuppressionJournal, lifts: Sequence[JournalEntry]) -> None:
    """Keep committed liftings; where the journal is away, a restore forgets them, and whoever was stopped stays so."""
    try:
        await journal.append(lifts)
    except JournalWriteError as error:
        _LOG.warning("liftings not in the journal", error_code=error.code, count=len(lifts))
