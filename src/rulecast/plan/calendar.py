"""When a plan's messages go out: the limit that binds, by name, and when the last one starts.

The same arithmetic as the sender's (`account.pacing`, `account.ramp`, `account.warm_up`), run ahead: messages flow at
the number's steady rate, and each limit of people in a rolling day is a sum of future expiries, never a midnight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from rulecast.account.pacing import PORTFOLIO_WINDOW, sending_seconds
from rulecast.account.ramp import BATCH_REST
from rulecast.account.warm_up import EVALUATED_EVERY, USED_SHARE, WarmUp, WarmUpTerms, next_budget
from rulecast.plan.records import Start
from rulecast.policy.checks import PORTFOLIO_RETRY, RETRY

MOMENT = timedelta(seconds=1)
"""Waits shorter than this bind nothing."""
BLOCK = timedelta(minutes=15)
"""What goes out in so long is counted, and expires, as one."""
PORTFOLIO = "portfolio limit of people in 24 hours"
WARM_UP = "warm-up of the number"
NEW_TEMPLATE = "batches of a new template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The forecast: first and last message, the binding limit, and how many would not fit before their windows end."""

    binding_limit: str
    starts_at: datetime
    finishes_at: datetime
    messages_too_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLimit:
    """At most so many people in a rolling day; `counted` are those who count now, by the instant of their message.

    With a warm-up the limit is its budget, which grows as long as no bad sign comes.
    """

    name: str
    people_max: int
    counted: Sequence[tuple[datetime, int]] = ()
    warm_up: tuple[WarmUp, WarmUpTerms] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything that paces one plan beside its own windows and batches."""

    per_second: int
    rolling: Sequence[RollingLimit] = ()
    template_batches: Sequence[int] = ()


@dataclass(slots=True)
class _Rolling:
    """A rolling limit as the forecast goes on."""

    limit: RollingLimit
    sent: list[tuple[datetime, int]] = field(default_factory=list)
    warm_up: WarmUp | None = None

    def __post_init__(self) -> None:
        self.sent = sorted(self.limit.counted)
        self.warm_up = None if self.limit.warm_up is None else self.limit.warm_up[0]

    def waits(self, at: datetime) -> bool:
        """Return whether a portfolio is full, which waits for the first to leave."""
        return self.limit.warm_up is None and self.left(at) == 0 and bool(self.sent)

    def left(self, at: datetime) -> int | None:
        """Return how many people more may be written to; None where the limit has gone."""
        self.sent = [one for one in self.sent if one[0] > at - PORTFOLIO_WINDOW]
        people = sum(count for _, count in self.sent)
        if self.warm_up is None or self.limit.warm_up is None:
            return max(0, self.limit.people_max - people)
        while at >= self.warm_up.evaluated_at + EVALUATED_EVERY and not self.warm_up.is_over:
            self._evaluate(people, self.limit.warm_up[1])
        return None if self.warm_up.is_over else max(0, self.warm_up.budget - people)

    def _evaluate(self, people: int, terms: WarmUpTerms) -> None:
        standing = self.warm_up
        assert standing is not None
        at = standing.evaluated_at + EVALUATED_EVERY
        grows = people >= USED_SHARE * standing.budget and (
            standing.frozen_until is None or at >= standing.frozen_until
        )
        budget = next_budget(standing.budget, terms) if grows else standing.budget
        self.warm_up = WarmUp(
            budget=budget,
            evaluated_at=at,
            frozen_until=standing.frozen_until,
            outcome="ended" if grows and budget >= terms.until else "kept",
        )


@dataclass(slots=True)
class _Flow:
    """Messages going out one after the other."""

    limits: Limits
    at: datetime
    rolling: list[_Rolling]
    batch: int = 0
    batch_left: int = 0
    batch_began: datetime | None = None
    last_at: datetime | None = None

    def send(self, start: Start) -> int:
        """Let the messages of one start go and return how many are too late."""
        self.at, left = max(self.at, start.send_from), start.messages
        while left > 0 and self.at < start.send_until:
            now = min([left, self._block(), self._in_batch(), *self._in_days()])
            if now == 0:
                self.at = self._retry_at()
                continue
            seconds = sending_seconds(now, self.limits.per_second)
            room = (start.send_until - self.at).total_seconds()
            if seconds > room:
                now, seconds = int(now * room / seconds), room
            self._count(now)
            left -= now
            self.at += timedelta(seconds=seconds)
            self.last_at = self.at if now else self.last_at
        return left

    def _block(self) -> int:
        return max(1, int(BLOCK.total_seconds() / sending_seconds(1, self.limits.per_second)))

    def _in_days(self) -> list[int]:
        return [left for one in self.rolling if (left := one.left(self.at)) is not None]

    def _in_batch(self) -> int:
        """Return how many messages the batch of a new template still takes; as many as anybody asks at the end."""
        batches = self.limits.template_batches
        if self.batch >= len(batches):
            return 2**62
        if self.batch_began is None:
            self.batch_began, self.batch_left = self.at, batches[0]
        if self.batch_left == 0 and self.at >= self.batch_began + BATCH_REST:
            self.batch += 1
            if self.batch >= len(batches):
                return 2**62
            self.batch_began, self.batch_left = self.at, batches[self.batch]
        return self.batch_left

    def _retry_at(self) -> datetime:
        """Return when the gate is asked again."""
        if self._in_batch() == 0 and self.batch_began is not None:
            return max(self.batch_began + BATCH_REST, self.at + RETRY)
        freed = [one.sent[0][0] + PORTFOLIO_WINDOW for one in self.rolling if one.waits(self.at)]
        return max([self.at + PORTFOLIO_RETRY, *freed[:1]])

    def _count(self, messages: int) -> None:
        for one in self.rolling:
            one.sent.append((self.at, messages))
        if self.batch < len(self.limits.template_batches):
            self.batch_left -= messages


def forecast(
    starts: Sequence[Start], limits: Limits, *, evaluated_at: datetime, batch_every: timedelta | None = None
) -> Calendar | None:
    """Return the calendar of messages that may start at these instants, in order, under these limits; None for nobody.

    The binding limit is the one that alone would take the longest.
    """
    if not starts:
        return None
    finishes_at, late = _flow(starts, limits)
    waits = _waits(starts, limits, evaluated_at=evaluated_at, batch_every=batch_every)
    binding = max(waits, key=lambda name: waits[name])
    return Calendar(
        binding_limit=binding if waits[binding] > MOMENT else "throughput",
        starts_at=starts[0].send_from,
        finishes_at=finishes_at,
        messages_too_late=late,
    )


def _flow(starts: Sequence[Start], limits: Limits) -> tuple[datetime, int]:
    """Return when the last message goes and how many never do; what one window leaves over waits for the next."""
    begins, late = starts[0].send_from, 0
    flow = _Flow(limits, begins, [_Rolling(one) for one in limits.rolling])
    waiting = [(start.send_from, number, start.messages) for number, start in enumerate(starts)]
    heapify(waiting)
    while waiting:
        opens_at, number, left = heappop(waiting)
        at = max(flow.at, opens_at)
        span = starts[number].span_from(at)
        if span is None:
            late += left
        elif span[0] > at:
            heappush(waiting, (span[0], number, left))
        else:
            left = flow.send(replace(starts[number], send_from=at, send_until=span[1], messages=left))
            if left:
                heappush(waiting, (span[1], number, left))
    return flow.last_at or begins, late


def _waits(
    starts: Sequence[Start], limits: Limits, *, evaluated_at: datetime, batch_every: timedelta | None
) -> dict[str, timedelta]:
    """Return how long each limit alone would take."""
    messages = sum(start.messages for start in starts)
    throughput = timedelta(seconds=sending_seconds(messages, limits.per_second))
    at_once = [
        Start(
            send_from=starts[0].send_from,
            send_until=max(start.send_until for start in starts),
            batch=0,
            messages=messages,
        )
    ]
    waits = {
        "throughput": throughput,
        "batch spacing": max(start.batch for start in starts) * (batch_every or timedelta()),
    }
    for one in limits.rolling:
        waits[one.name] = _added(at_once, Limits(per_second=limits.per_second, rolling=(one,)), throughput)
    waits[NEW_TEMPLATE] = _added(
        at_once,
        Limits(per_second=limits.per_second, template_batches=limits.template_batches),
        throughput,
    )
    hours = max(start.send_from for start in starts) - evaluated_at
    if any(start.hours is not None for start in starts):
        hours = max(hours, _in_hours(starts, Limits(per_second=limits.per_second)))
    if hours > max(waits["batch spacing"], *(waits[one.name] for one in limits.rolling), timedelta()):
        # The instants already contain the waits for the batches and the days.
        waits["quiet hours or sending window"] = hours
    return waits


def _in_hours(starts: Sequence[Start], limits: Limits) -> timedelta:
    """Return how long messages take in hours of their own; nothing where every hour were as good."""
    took, at_any_hour = (
        _flow(given, limits)[0] for given in (starts, [replace(one, hours=None) for one in starts])
    )
    return took - starts[0].send_from if took > at_any_hour + MOMENT else timedelta()


def _added(starts: Sequence[Start], limits: Limits, throughput: timedelta) -> timedelta:
    """Return how long messages take with a limit; nothing where it adds nothing to sending itself."""
    took = _flow(starts, limits)[0] - starts[0].send_from
    return took if took > throughput + MOMENT else timedelta()
