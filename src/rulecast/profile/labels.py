"""Note what was found out about people; the newest word about a label wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.profile import store
from rulecast.profile.store import Connection
from rulecast.values.ids import ContactId

# A label is a word with a word for its value, not a text; the database holds the same limit.
LABEL_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEntry:
    """A label of one person and its value: empty for a label that has none, None to take the label away.

    It holds since `valid_from` (None: since it is recorded).
    """

    contact_id: ContactId
    label: str
    value: str | None = ""
    valid_from: datetime | None = None


async def record_labels(connection: Connection, entries: Sequence[LabelEntry], now: datetime) -> int:
    """Store in the caller's transaction what is new or newer, and return how many labels changed.

    Who objects to profiling is given no label. Of several words about one label of one person the last one counts.

    Raises:
        ValueError: a label or a value is longer than 64 characters, empty, or holds an equals sign.
    """
    newest = {(entry.contact_id, entry.label): entry for entry in entries}
    for label, value in {(entry.label, entry.value or "") for entry in newest.values()}:
        if not 1 <= len(label) <= LABEL_LENGTH_MAX or "=" in label or len(value) > LABEL_LENGTH_MAX:
            raise ValueError(
                f"a label has between 1 and {LABEL_LENGTH_MAX} characters and no equals sign, "
                f"its value at most {LABEL_LENGTH_MAX}"
            )
    rows = [
        store.LabelRow(
            contact_id=entry.contact_id,
            label=entry.label,
            value=entry.value,
            valid_from=entry.valid_from or now,
        )
        for _, entry in sorted(newest.items())
    ]
    return await store.record_labels(connection, rows, now)
