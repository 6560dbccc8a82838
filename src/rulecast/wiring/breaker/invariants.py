"""Broken promises found while sending: everything stops, an incident says what was found (P22).

Looked at are the newest rows of the ledgers, again and again, with those of some seconds before: a transaction may
commit after a younger one. As the process starts, and once a minute, a look goes `LOOK_BACK` rows deep.
"""

from collections import deque
from collections.abc import Mapping, Sequence

import structlog

from rulecast.database import Connection
from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.gate.incidents.records import WORKSPACE
from rulecast.observe.append_audit import append_audit
from rulecast.wiring.breaker import store
from rulecast.wiring.breaker.store import Newest
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("guard")

FOUND_BY = "rulecast"
LOOK_BACK = 10_000
"""Permits and attempts of a deep look: a read of some hundredths of a second."""
AGAIN = 12
"""How many looks back a row is looked at again: six seconds, longer than a transaction of the sender may take."""
NEWEST = 1_000
"""Rows that every look reads, also where nothing is sent: some thousandths of a second."""
DEEP_EVERY = 120
"""Once a minute: a status may settle an attempt that is older than the newest rows."""
SLACK_SECONDS = 5.0
"""Clocks of two hosts may differ: only a stop that was kept so long before a permit surely came first."""
KEY_LENGTH_MAX = 80
"""The limit of the column; the names of our columns with a contact id are shorter."""
KEYS_MAX = 20
"""Rows an incident names; where there are more, the first ones say enough."""


class Guard:
    """Looks at the newest rows of the ledgers; one a process that sends."""

    def __init__(self, workspace: Workspace) -> None:
        """Begin with a deep look."""
        self._workspace = workspace
        self._looks: deque[Newest] = deque(maxlen=AGAIN)
        self._broken_seals: dict[str, None] = {}
        self._count = 0

    async def look(self) -> list[int]:
        """Look once; stop everything where a promise is broken, and return the numbers of the incidents."""
        database = self._workspace.database
        self._broken_seals |= dict.fromkeys(self._workspace.vault.take_broken_seals())
        async with database.connection() as connection:
            newest = await store.find_newest(connection)
            is_deep = self._count % DEEP_EVERY == 0
            after = (
                _before(newest, LOOK_BACK) if is_deep else _earlier(self._looks[0], _before(newest, NEWEST))
            )
            self._count += 1
            self._looks.append(newest)
            found = await store.find_breaches(connection, after=after, slack_seconds=SLACK_SECONDS)
        if self._broken_seals:
            found["seal_broken"] = [place[:KEY_LENGTH_MAX] for place in self._broken_seals]
        if not found:
            return []
        async with database.transaction() as connection:
            opened = await report_breaches(connection, self._workspace, found)
        self._broken_seals.clear()
        return opened


async def report_breaches(
    connection: Connection, workspace: Workspace, found: Mapping[str, Sequence[str]]
) -> list[int]:
    """Stop everything and open an incident for each promise with a breach that is new; return their numbers."""
    now = workspace.clock.now()
    known = await store.list_known_breaches(connection, [key for keys in found.values() for key in keys])
    opened = []
    for invariant, keys in found.items():
        fresh = [key for key in keys if (invariant, key) not in known]
        if not fresh:
            continue
        incident_id = await open_incident(
            connection,
            IncidentReport(
                cause=f"broken:{invariant}",
                scope="workspace",
                scope_id=WORKSPACE,
                at=now,
                facts={"found": fresh[:KEYS_MAX], "count": len(fresh)},
            ),
        )
        await store.insert_breach(connection, invariant, fresh, incident_id=incident_id, now=now)
        await append_audit(
            connection,
            actor=FOUND_BY,
            action="safe halt",
            subject=f"incident {incident_id}",
            details={"invariant": invariant, "count": len(fresh)},
            now=now,
        )
        LOG.error("a promise is broken: everything stops", invariant=invariant, incident_id=incident_id)
        opened.append(incident_id)
    return opened


async def breaches_standing(connection: Connection, incident_id: int) -> list[str]:
    """Return which of the breaches an incident was opened for are still there."""
    kept = await store.list_breaches_of(connection, incident_id)
    if not kept:
        return []
    first = await store.find_first(
        connection,
        permit_ids=[int(key.partition(":")[2]) for _, key in kept if key.startswith("permit:")],
        message_ids=[int(key.partition(":")[2]) for _, key in kept if key.startswith("message:")],
    )
    found = await store.find_breaches(connection, after=first, slack_seconds=SLACK_SECONDS)
    return [f"{invariant} {key}" for invariant, key in kept if key in found.get(invariant, ())]


def _before(newest: Newest, rows: int) -> Newest:
    return Newest(permit_id=max(0, newest.permit_id - rows), attempt_id=max(0, newest.attempt_id - rows))


def _earlier(one: Newest, other: Newest) -> Newest:
    return Newest(
        permit_id=min(one.permit_id, other.permit_id), attempt_id=min(one.attempt_id, other.attempt_id)
    )
