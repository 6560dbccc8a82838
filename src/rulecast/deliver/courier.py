"""Makes the requests of one sender: each once, never a stale or stopped one, and learns from the answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from rulecast.deliver.circuit import Circuit
from rulecast.deliver.classify import Accepted, Rejected, classify
from rulecast.deliver.error_code import CodeAction, CodeOutcome
from rulecast.deliver.pacing import NumberPacer, Pace, PaceMemory, PairSpacing
from rulecast.deliver.result import Attempt, AttemptOutcome, NotStarted, Result
from rulecast.deliver.sender_parts import SenderCounts, SenderParts
from rulecast.deliver.start_line import StartLine
from rulecast.deliver.steady_clock import SteadyClock
from rulecast.deliver.transport import Lost, OutboundRequest, Withheld
from rulecast.values.failpoints import Failpoint

# An intent older than this was overtaken by something (a sleep, a blocked loop): it is not started any more.
INTENT_SECONDS_MAX = 2.0

log = structlog.get_logger(__name__)


class Courier:
    """Starts committed attempts and keeps their results until a lane takes them."""

    def __init__(self, parts: SenderParts, number: str, memory: PaceMemory | None = None) -> None:
        """Begin with no tokens, a closed circuit and nothing out; `wake` is set at every result."""
        memory = memory or PaceMemory()
        self._parts = parts
        self._number = number
        self._steady = SteadyClock(parts.clock, parts.boottime)
        self.pacer = NumberPacer(
            throughput_per_second=self.throughput(), now=self._steady.now(), memory=memory
        )
        self.pairs = PairSpacing(memory.pairs)
        self._line = StartLine(self._steady, recent=memory.recent_starts)
        self.circuit = Circuit(parts.boottime)
        self.results: list[Result] = []
        self.requests: set[asyncio.Task[None]] = set()
        self.wake = asyncio.Event()
        self.counts = SenderCounts()
        self.renewed_at = parts.boottime()
        self.is_lost = False

    def throughput(self) -> int:
        """Return the messages a second this number may send."""
        number = self._parts.stops.numbers[self._number]
        return self._parts.per_second or number.per_second(self._parts.clock.now())

    def take_results(self) -> list[Result]:
        """Hand over what has ended since the last time."""
        taken, self.results = self.results, []
        return taken

    def take_tokens(self, wanted: int, *, first: int = 0) -> int:
        """Return how many of so many requests pace, circuit and stops let go now.

        The `first` of them are no marketing: they may take the tokens that are reserved for such.
        """
        stops, now = self._parts.stops, self._steady.now()
        if wanted == 0 or stops.stops_number(self._number):
            return 0
        self.pacer.throughput_per_second = self.throughput()
        self.pacer.inbound_per_second = stops.inbound_of(self._number)
        allowed = self.circuit.allowed(wanted)
        taken = self.pacer.take(min(first, allowed), now)
        if allowed > taken == min(first, allowed):
            reserved = self.pacer.reserve(self._parts.gate.reserve_percent)
            taken += self.pacer.take(allowed - taken, now, leave=reserved)
        if allowed and not taken:
            self.circuit.probe_not_used()
        return taken

    def seconds_until_token(self, *, is_first: bool) -> float:
        """Return how long until the next message may have a token; marketing waits for one beyond the reserve."""
        wanted = 1 if is_first else 1 + self.pacer.reserve(self._parts.gate.reserve_percent)
        return self.pacer.seconds_until_token(self._steady.now(), wanted=wanted)

    def take_unsaved_pace(self) -> Pace | None:
        """Return what of the pace changed since the last time and has to be kept, in instants of the handed clock."""
        pace = self.pacer.take_unsaved(self._steady.now())
        if pace is None:
            return None
        rests_until = None if pace.rests_until is None else self._steady.as_told(pace.rests_until)
        return replace(pace, factor_at=self._steady.as_told(pace.factor_at), rests_until=rests_until)

    def give_back(self, unused: int) -> None:
        """Take back what `take_tokens` let go and nobody started; an unused probe is let go again."""
        if unused:
            self.pacer.give_back(unused)
            self.circuit.probe_not_used()

    def start(self, attempts: Sequence[Attempt], intent_at: float) -> None:
        """Start these requests at once; `intent_at` is CLOCK_BOOTTIME from before their facts were read."""
        for attempt in attempts:
            task = asyncio.create_task(self._request(attempt, intent_at))
            self.requests.add(task)
            task.add_done_callback(self.requests.discard)
        self.counts.started += len(attempts)
        self.counts.in_flight_max = max(self.counts.in_flight_max, len(self.requests))

    async def end_within(self, seconds: float) -> None:
        """Wait so long, and end the requests that have no answer by then: they are doubts."""
        await asyncio.sleep(seconds)
        for request in tuple(self.requests):
            request.cancel()

    async def _request(self, attempt: Attempt, intent_at: float) -> None:
        """Make one attempt, unless it must not start any more; the result is always noted."""
        try:
            outcome = await self._attempt(attempt, intent_at)
        except asyncio.CancelledError:
            # Somebody leaves and has no time for its answer: nobody will know.
            outcome = classify(Lost("left_unanswered"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the slot and the result must not be lost
            # Nobody knows how far it came: a doubt. Only its type is logged: its words may hold an address.
            log.warning("request_failed", error_type=type(error).__name__)
            outcome = classify(Lost("unforeseen"))
        self._note(Result(attempt=attempt, outcome=outcome))

    async def _attempt(self, attempt: Attempt, intent_at: float) -> AttemptOutcome:
        permit = attempt.permit
        may_start = partial(self._reason_not_to_start, permit.rule_name, intent_at)
        await self._parts.failpoints.reach(Failpoint.BEFORE_CONNECT)
        cause = may_start()
        if cause is not None:
            return NotStarted(cause=cause)
        rest_seconds = self.pairs.seconds_to_wait(
            permit.contact_id, self._steady.now(), is_answer=permit.template_id == 0
        )
        if rest_seconds:
            return NotStarted(cause="pair_rests", wait_seconds=rest_seconds)
        self.pairs.note(permit.contact_id, self._steady.now())
        # A place in line is worth something only to who can use it at once: connecting may take longer than an intent
        # may live, and those who connected for long would arrive together.
        found = await self._parts.transport.send(
            OutboundRequest(business_number_id=permit.business_number_id, body=permit.body, edge=permit.edge),
            lambda: self._line.wait(self.pacer.limit_per_second, may_start),
        )
        if isinstance(found, Withheld):
            return NotStarted(cause=found.cause)
        outcome = classify(found)
        await self._parts.failpoints.reach(Failpoint.AFTER_RESPONSE_BEFORE_RESULT)
        return outcome

    def _reason_not_to_start(self, rule_name: str, intent_at: float) -> str | None:
        now = self._parts.boottime()
        if self.is_lost or now - self.renewed_at > self._parts.lease_seconds:
            return "lease_lost"
        if now - intent_at > INTENT_SECONDS_MAX:
            return "too_old"
        if self._parts.stops.stops_message(self._number, rule_name):
            return "stopped"
        return None

    def _note(self, result: Result) -> None:
        """Keep a result for the next group, and let pace and circuit learn from it."""
        counts, outcome = self.counts, result.outcome
        match outcome:
            case NotStarted():
                counts.not_started += 1
                self.circuit.probe_not_used()
            case Accepted():
                counts.accepted += 1
                self.circuit.record(is_doubtful=False)
            case Rejected():
                self._learn(outcome)
        self.results.append(result)
        self.wake.set()

    def _learn(self, rejected: Rejected) -> None:
        counts, now = self.counts, self._steady.now()
        is_unknown = rejected.outcome is CodeOutcome.UNKNOWN
        # A peer that cannot be reached is as bad a sign as one that stammers.
        self.circuit.record(is_doubtful=is_unknown or rejected.code == 0)
        if is_unknown:
            counts.unknown += 1
        elif rejected.outcome is CodeOutcome.AGAIN:
            counts.again += 1
        else:
            counts.refused += 1
        if rejected.action is CodeAction.SLOW_NUMBER:
            self.pacer.slow_down(now)
        elif rejected.action is CodeAction.RETRY_AFTER and rejected.code:
            self.pacer.rest(rejected.wait_seconds, now)
