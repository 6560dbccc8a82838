"""A peer that accepts everything, and a clock that stands while anything is on its way and jumps to what is due next.

So days of sending take seconds.
"""

import asyncio
import json
from dataclasses import dataclass, field, replace

from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.deliver.transport import Answered, MayStart, OutboundRequest, TransportResult, Withheld, always
from rulecast.values.clock import ManualClock
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import Workspace

# Tests have limits of their own; this one tells a hang from a slow machine.
SECONDS_MAX = 300


@dataclass(slots=True)
class Peer:
    """Accepts every request, and tells when it has accepted as many as are expected."""

    accepted: int = 0
    expected: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, request: OutboundRequest, may_start: MayStart = always) -> TransportResult:
        cause = await may_start()
        if cause is not None:
            return Withheld(cause)
        self.accepted += 1
        if self.accepted == self.expected:
            self.done.set()
        opaque = json.loads(request.body)["biz_opaque_callback_data"]
        answer = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{opaque}"}]}
        return Answered(200, json.dumps(answer).encode(), "")


def standing_settings(settings: Settings) -> Settings:
    return replace(settings, access_token="test", sender_slots=40, lease_seconds=30)


async def jump_when_idle(workspace: Workspace, stop: asyncio.Event) -> None:
    """Set the clock to the next message that is due whenever nothing else can move it."""
    clock = workspace.clock
    assert isinstance(clock, ManualClock)
    while not stop.is_set():
        async with workspace.database.connection() as connection:
            busy, due = (
                await fetch_all(
                    connection,
                    "SELECT count(*) FILTER (WHERE state IN ('claimed', 'intent')),"
                    " min(send_from) FILTER (WHERE state IN ('planned', 'deferred')) FROM deliver.message",
                )
            )[0]
        if not busy and due is not None and due > clock.now():
            clock.set(due)
        await asyncio.sleep(0.01)


async def send_all(workspace: Workspace, peer: Peer) -> None:
    """Send until nothing is waiting any more, however long that is by the clock."""
    stop = asyncio.Event()
    jumping = asyncio.create_task(jump_when_idle(workspace, stop))
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await run_sender(
                workspace, stop_event=asyncio.Event(), until_idle=True, drill=SenderDrill(transport=peer)
            )
    finally:
        stop.set()
        await jumping
