"""What must not be sent now, in memory: heard by LISTEN, and read again every 250 ms in case a notice was lost."""

import asyncio
from collections.abc import Callable

from rulecast.deliver import store
from rulecast.deliver.pace_memory import read_inbound
from rulecast.deliver.store import Database, OperationalError, SenderRow
from rulecast.values.clock import Clock

POLL_SECONDS = 0.25
# A watch that has not heard from the database for so long knows nothing, and lets nothing through.
BLIND_SECONDS = 1.0


class StopWatch:
    """Holds the stops in force and the state of the numbers; `changed` is set at every reading."""

    def __init__(self, database: Database, monotonic: Callable[[], float], clock: Clock) -> None:
        """Begin blind: nothing may be sent before the first reading."""
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._all = False
        self._rules: frozenset[str] = frozenset()
        self._senders: frozenset[str] = frozenset()
        self.numbers: dict[str, SenderRow] = {}
        self._inbound: dict[str, int] = {}
        self.heard = asyncio.Event()

    @property
    def is_blind(self) -> bool:
        """Return whether the last reading is too old to rely on."""
        return self._read_at is None or self._monotonic() - self._read_at > BLIND_SECONDS

    @property
    def stopped_rules(self) -> frozenset[str]:
        """Return the rules that rest."""
        return self._rules

    def stops_number(self, business_number_id: str) -> bool:
        """Return whether nothing at all may leave from this number now."""
        number = self.numbers.get(business_number_id)
        return (
            self.is_blind
            or self._all
            or business_number_id in self._senders
            or number is None
            or number.state != "active"
        )

    def stops_message(self, business_number_id: str, rule_name: str) -> bool:
        """Return whether a message of this rule may not leave from this number now."""
        return rule_name in self._rules or self.stops_number(business_number_id)

    def inbound_of(self, business_number_id: str) -> int:
        """Return how many messages a number received in the last second."""
        return self._inbound.get(business_number_id, 0)

    async def read(self) -> None:
        """Read the stops and numbers once."""
        started = self._monotonic()
        async with self._database.connection() as connection:
            stops = await store.read_stops(connection)
            numbers = await store.list_senders(connection)
            self._inbound = await read_inbound(connection, now=self._clock.now())
        self._all = any(scope == "all" for scope, _ in stops)
        self._rules = frozenset(target for scope, target in stops if scope == "rule")
        self._senders = frozenset(target for scope, target in stops if scope == "sender")
        self.numbers = {one.business_number_id: one for one in numbers}
        # The reading is as old as its question.
        self._read_at = started

    async def watch(self) -> None:
        """Read at every notice and every 250 ms until cancelled; a lost connection makes blind, not deaf for ever."""
        while True:
            try:
                async with self._database.listen("stop", "send") as notices:
                    while True:
                        await self.read()
                        if await notices.next(timeout_seconds=POLL_SECONDS) is not None:
                            await self.read()
                            self.heard.set()
            except OperationalError:
                await asyncio.sleep(POLL_SECONDS)
