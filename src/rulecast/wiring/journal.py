"""Say to the database what the journal of opt-outs knows; run it before anything can be sent."""

import asyncio
from collections.abc import Iterator

import structlog

from rulecast.profile.suppression import JournalEntry, SuppressionJournal, replay
from rulecast.profile.suppression.journal import DamagedLine
from rulecast.profile.suppression.replay import REPLAY_BATCH_MAX
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.workspace import Workspace

_LOG = structlog.get_logger(__name__)


async def replay_journal(workspace: Workspace, journal: SuppressionJournal | None = None) -> int:
    """Restore every stop the database lacks, as after a restore from an old backup, and return how many.

    A torn line is what a killed writer leaves and was never answered for; any other damage is logged.
    """
    restored = 0
    batches = _batches(journal or open_journal(workspace))
    while batch := await asyncio.to_thread(next, batches, ()):
        async with workspace.database.transaction() as connection:
            restored += await replay(connection, batch, workspace.clock.now())
    if restored:
        _LOG.warning("stops restored from the journal", count=restored)
    return restored


def _batches(journal: SuppressionJournal) -> Iterator[tuple[JournalEntry, ...]]:
    batch: list[JournalEntry] = []
    for line in journal.read():
        if isinstance(line, DamagedLine):
            if not line.is_torn:
                _LOG.error("journal line damaged", file=line.file_name, rows=line.line_number)
            continue
        batch.append(line)
        if len(batch) == REPLAY_BATCH_MAX:
            yield tuple(batch)
            batch.clear()
    if batch:
        yield tuple(batch)
