"""Meta as the simulation knows it: takes requests or not, answers or not, tells statuses late, twice or never.

It keeps the ledger the checks compare with: every request whose first byte arrived, and what became of it.
"""

import asyncio
import contextvars
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.deliver.transport import (
    Answered,
    Lost,
    MayStart,
    NotSent,
    OutboundRequest,
    TransportResult,
    Withheld,
)
from rulecast.values.ids import OpaqueId

TOTAL_SECONDS = 10.0
# Codes by what they make happen; the shares are drawn for each world.
CODES = (130429, 131056, 131048, 131049, 131050, 131026, 190, 132015, 131042, 80007, 100, 131031, 999_999)


@dataclass(slots=True, kw_only=True)
class Climate:
    """How Meta and the network behave in this world; shares are chances per request or per status."""

    refused_connections: float = 0.0
    lost_answers: float = 0.0
    lost_requests: float = 0.0
    stalls: float = 0.0
    server_errors: float = 0.0
    gateway_pages: float = 0.0
    empty_answers: float = 0.0
    held: float = 0.0
    codes: float = 0.0
    which_codes: tuple[int, ...] = ()
    failed_later: float = 0.0
    lost_statuses: float = 0.0
    doubled_statuses: float = 0.0
    late_statuses: float = 0.0
    answer_seconds: float = 0.05


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request of which the first byte arrived."""

    message_id: int
    contact_id: int
    opaque_id: bytes
    loop_seconds: float
    at: datetime
    number: str = ""
    code: str = ""
    is_accepted: bool = False
    is_surely_not: bool = False


@dataclass(slots=True)
class Ledger:
    """What Meta saw; `told` are statuses whose webhook was answered with 200."""

    asked: list[Asked] = field(default_factory=list)
    by_message: dict[int, list[Asked]] = field(default_factory=dict)
    told: list[StatusFact] = field(default_factory=list)


Deliver = Callable[[list[StatusFact]], None]


class Meta:
    """The far end of every simulated transport."""

    def __init__(self, chance: random.Random, climate: Climate, now: Callable[[], datetime]) -> None:
        """Begin with an empty ledger; `deliver` posts a webhook, `on_request` hears of each first byte."""
        self.chance = chance
        self.climate = climate
        self.ledger = Ledger()
        self.on_request: Callable[[Asked], None] = lambda _: None
        self._now = now
        self.deliver: Deliver = lambda _: None
        # What happens at Meta belongs to no process of ours: it goes on when one dies.
        self._context = contextvars.Context()

    async def send(self, request: OutboundRequest, may_start: MayStart) -> TransportResult:
        """Make one attempt, as the transport port asks."""
        climate, loop = self.climate, asyncio.get_running_loop()
        await asyncio.sleep(self.chance.uniform(0.0, 0.01))
        if self._happens(climate.refused_connections):
            return NotSent("connect_refused")
        cause = await may_start()
        if cause is not None:
            return Withheld(cause)
        asked = self._note(request)
        if self._happens(climate.lost_requests):
            return Lost("reset")
        answer: asyncio.Future[TransportResult] = loop.create_future()
        delay = self.chance.expovariate(1 / climate.answer_seconds)
        loop.call_later(delay, self._take, asked, answer, context=self._context)
        if self._happens(climate.stalls):
            # What was taken is taken; only the answer never comes.
            await asyncio.sleep(TOTAL_SECONDS)
            return Lost("timeout")
        if delay > TOTAL_SECONDS:
            await asyncio.sleep(TOTAL_SECONDS)
            return Lost("timeout")
        return await answer

    def _happens(self, share: float) -> bool:
        return share > 0 and self.chance.random() < share

    def _note(self, request: OutboundRequest) -> Asked:
        body: dict[str, Any] = json.loads(request.body)
        asked = Asked(
            message_id=body["message"],
            contact_id=body["contact"],
            opaque_id=bytes.fromhex(body["opaque"]),
            loop_seconds=asyncio.get_running_loop().time(),
            at=self._now(),
            number=request.business_number_id,
            code=body.get("code", ""),
        )
        self.on_request(asked)
        self.ledger.asked.append(asked)
        self.ledger.by_message.setdefault(asked.message_id, []).append(asked)
        return asked

    def _take(self, asked: Asked, answer: "asyncio.Future[TransportResult]") -> None:
        found = self._decide(asked)
        if not answer.done():
            answer.set_result(found)

    def _decide(self, asked: Asked) -> TransportResult:
        climate = self.climate
        if climate.which_codes and self._happens(climate.codes):
            asked.is_surely_not = True
            return _refused(400, self.chance.choice(climate.which_codes))
        if self._happens(climate.server_errors):
            # A 5xx says nothing: half of them took the message all the same.
            if self.chance.random() < 0.5:
                self._accept(asked)
            return _refused(500, self.chance.choice((1, 2, 131000, 131016)))
        self._accept(asked)
        if self._happens(climate.lost_answers):
            return Lost("reset")
        if self._happens(climate.gateway_pages):
            return Answered(502, b"<html>Bad gateway</html>")
        if self._happens(climate.empty_answers):
            return Answered(200, b'{"messages": []}')
        taken: dict[str, Any] = {"id": _wamid(asked)}
        if self._happens(climate.held):
            taken["message_status"] = "held_for_quality_assessment"
        return Answered(200, json.dumps({"messages": [taken]}).encode())

    def _accept(self, asked: Asked) -> None:
        asked.is_accepted = True
        words: tuple[tuple[StatusWord, int], ...] = (("sent", 0), ("delivered", 0), ("read", 0))
        if self._happens(self.climate.failed_later):
            words = (("failed", self.chance.choice((131049, 131026, 131000))),)
        elif self.chance.random() < 0.3:
            # `delivered` is not sent where `read` implies it.
            words = (("sent", 0), ("read", 0))
        told = [
            StatusFact(
                wamid=_wamid(asked),
                status=word,
                occurred_at=self._now().replace(microsecond=0),
                opaque_id=OpaqueId(asked.opaque_id),
                error_code=code,
            )
            for word, code in words
        ]
        # One webhook for some, one for all of them for others; any of them may never come.
        parts = [told] if self.chance.random() < 0.5 else [[one] for one in told]
        for part in parts:
            if self._happens(self.climate.lost_statuses):
                continue
            for _ in range(2 if self._happens(self.climate.doubled_statuses) else 1):
                is_late = self._happens(self.climate.late_statuses)
                seconds = self.chance.uniform(2.0, 15.0) if is_late else self.chance.uniform(0.0, 0.3)
                asyncio.get_running_loop().call_later(seconds, self.deliver, part, context=self._context)


def _wamid(asked: Asked) -> str:
    return f"wamid.{asked.opaque_id.hex()}"


def _refused(status: int, code: int) -> Answered:
    return Answered(status, json.dumps({"error": {"code": code, "message": "refused"}}).encode())
