"""Sets marks on people, under the lock protocol of everything that can forbid a send."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from rulecast.profile.marks import store
from rulecast.profile.marks.store import Connection
from rulecast.profile.suppression.suppress import lock_people
from rulecast.values.ids import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Which marks to set or to take away; None leaves one as it is.

    `objects_to_profiling` keeps a person out
    of rules that read behaviour (apart from STOP). `is_restricted` stops all processing but storage (GDPR Art. 18).
    """

    objects_to_profiling: bool | None = None
    is_restricted: bool | None = None

    def chosen(self) -> dict[str, bool]:
        """Return the marks that are to change."""
        return {name: value for name, value in asdict(self).items() if value is not None}


async def set_marks(
    connection: Connection, contact_ids: Sequence[ContactId], marks: Marks, now: datetime
) -> int:
    """Set the marks on these people and return how many of them it changed; repeating it changes nothing."""
    chosen = marks.chosen()
    if not chosen or not contact_ids:
        return 0
    await lock_people(connection, contact_ids)
    return await store.set_marks(connection, contact_ids, chosen, now)
