"""What the senders of one process share, and what each of them counts."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rulecast.deliver.group import Hooks
from rulecast.deliver.restore import Pulse
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.store import Database
from rulecast.deliver.transport import Transport
from rulecast.gate import Gate
from rulecast.gate.run_media import WantedFile
from rulecast.gate.terms import TermsBook
from rulecast.template.messages import MediaHandle
from rulecast.values.clock import Clock
from rulecast.values.failpoints import INERT, Failpoints
from rulecast.values.reason import Reason
from rulecast.vault import Vault

# How long a sender that leaves waits for answers: a request ends within ten seconds by itself; half a second more is
# for what only just began.
DRAIN_SECONDS = 10.5

FindUpload = Callable[[str, WantedFile], Awaitable[MediaHandle | Reason]]
"""Returns the upload of a file for a number, or why there is none now."""


def boottime_seconds() -> float:
    """Return CLOCK_BOOTTIME: it also runs while the machine sleeps, so a sleeping intent grows old."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderParts:
    """What every sender of a process shares."""

    database: Database
    gate: Gate
    terms: TermsBook
    vault: Vault
    transport: Transport
    clock: Clock
    stops: StopWatch
    hooks: Hooks
    random_bytes: Callable[[int], bytes]
    slots: int
    lease_seconds: float
    uploads: FindUpload | None = None
    drain_seconds: float = DRAIN_SECONDS
    failpoints: Failpoints = INERT
    pulse: Pulse = field(default_factory=Pulse)
    boottime: Callable[[], float] = boottime_seconds
    # Instead of the number's own throughput; only a measurement sets it.
    per_second: int | None = None


@dataclass(slots=True, kw_only=True)
class SenderCounts:
    """What a sender has done since it started."""

    claimed: int = 0
    started: int = 0
    accepted: int = 0
    refused: int = 0
    again: int = 0
    unknown: int = 0
    not_started: int = 0
    in_flight_max: int = 0
    expired: int = field(default=0)
