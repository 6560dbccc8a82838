"""What delivery asks of a transport: one request, one attempt, and an honest word about what happened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from rulecast.gate.permit import Edge
from rulecast.values.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRequest:
    """One request as it goes out to an edge of a number; the body holds an address, so it never shows itself."""

    business_number_id: str
    body: bytes = field(repr=False)
    edge: Edge = "messages"


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer answered completely; `body` is None where it was too large or could not be unpacked.

    `usage` is Meta's header on how much of its call limits is used, empty without one.
    """

    status: int
    body: bytes | None = field(repr=False)
    usage: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely no byte of the request left this process; `cause` is a word of ours without personal data."""

    cause: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something broke after the first byte may have left: nobody here can know what Meta did."""

    cause: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """The caller took the request back before its first byte: surely nothing left; `cause` is the caller's word."""

    cause: str


TransportResult: TypeAlias = Answered | NotSent | Lost | Withheld

MayStart: TypeAlias = Callable[[], Awaitable[str | None]]
"""Waits for the turn of a request whose connection stands; a word of the cause takes the request back.

The first byte is written right after it, without another wait: what was looked at last still holds then.
"""


async def always() -> str | None:
    """Let every request go."""
    return None


class Transport(Protocol):
    """A door to the Cloud API that tries once and never raises for a fault of the network."""

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        """Make exactly one attempt within the total deadline; `may_start` is awaited between connecting and writing."""
        ...
