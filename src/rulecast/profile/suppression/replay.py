"""Say again to a database what the journal knows: after a restore, every stop holds once more."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.profile.suppression import store
from rulecast.profile.suppression.journal import JournalEntry
from rulecast.profile.suppression.store import Connection, SuppressionRow

# A row carries about 80 bytes of parameters; 2,000 of them stay below 256 kB with their change rows.
REPLAY_BATCH_MAX = 2_000


async def replay(connection: Connection, entries: Sequence[JournalEntry], now: datetime) -> int:
    """Append those of these journal entries that the database lacks and return how many it lacked.

    Give at most `REPLAY_BATCH_MAX` entries a transaction. Repeats change nothing; the newest word by event time
    holds whatever the order of replay, and a tie is a stop.

    Raises:
        ValueError: more entries than one transaction may take.
    """
    if len(entries) > REPLAY_BATCH_MAX:
        raise ValueError(f"replay at most {REPLAY_BATCH_MAX} entries a transaction")
    lacking = await store.lacking_entries(connection, entries)
    behind = await store.people_behind(connection, {entry.suppression_index for entry in lacking})
    owners = {
        index: sorted(one.contact_id for one in people if one.ended_at is None)
        for index, people in behind.items()
    }
    await store.lock_people(connection, {person for people in owners.values() for person in people})
    rows: dict[SuppressionRow, None] = {}
    for entry in lacking:
        people = owners.get(entry.suppression_index, [])
        rows[SuppressionRow(contact_id=people[0] if people else None, entry=entry)] = None
    written = await store.insert_suppressions(connection, list(rows), now)
    await store.insert_changes(connection, written, now)
    return len(written)
