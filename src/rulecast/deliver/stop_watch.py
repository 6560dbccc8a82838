"""What must not be sent now, in memory: heard by LISTEN, and read again every 250 ms in case a notice was lost."""

import asyncio
from collections.abc import Callable

import structlog

from rulecast.deliver import store
from rulecast.deliver.clock_watch import ClockWatch, Reading, read_clock
from rulecast.deliver.pace_memory import read_inbound
from rulecast.deliver.store import Database, OperationalError, SenderRow
from rulecast.values.clock import Clock, SystemClock

POLL_SECONDS = 0.25
# A watch that has not heard from the database for so long knows nothing, and lets nothing through.
BLIND_SECONDS = 1.0

log = structlog.get_logger(__name__)


def wall_seconds() -> float:
    """Return the machine's own clock, whatever clock the workspace runs by."""
    return SystemClock().now().timestamp()


class StopWatch:
    """Holds the stops in force and the state of the numbers; `changed` is set at every reading."""

    def __init__(
        self,
        database: Database,
        monotonic: Callable[[], float],
        clock: Clock,
        *,
        wall: Callable[[], float] = wall_seconds,
    ) -> None:
        """Begin blind: nothing may be sent before the first reading; `wall` is the machine's own clock."""
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._wall = wall
        self._clock_watch = ClockWatch()
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
            or self._clock_watch.is_doubted
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
            await self._compare_clocks(connection)
            stops = await store.read_stops(connection)
            numbers = await store.list_senders(connection)
            self._inbound = await read_inbound(connection, now=self._clock.now())
        self._all = any(scope == "all" for scope, _ in stops)
        self._rules = frozenset(target for scope, target in stops if scope == "rule")
        self._senders = frozenset(target for scope, target in stops if scope == "sender")
        self.numbers = {one.business_number_id: one for one in numbers}
        # The reading is as old as its question.
        self._read_at = started

    async def _compare_clocks(self, connection: store.Connection) -> None:
        was_doubted = self._clock_watch.is_doubted
        wall_before, monotonic_before = self._wall(), self._monotonic()
        database = await read_clock(connection)
        self._clock_watch.note(
            Reading(
                database=database,
                wall_before=wall_before,
                wall_after=self._wall(),
                monotonic_before=monotonic_before,
                monotonic_after=self._monotonic(),
            )
        )
        if self._clock_watch.is_doubted is not was_doubted:
            say = log.info if was_doubted else log.error
            say(
                "clock_believed_again" if was_doubted else "clock_of_database_doubted",
                seconds=round(self._clock_watch.skew_seconds),
            )

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
