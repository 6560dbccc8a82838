"""A sender as a process of its own, for tests that tell it to leave; argument: seconds it waits for answers then."""

import asyncio
import os
import signal
import sys

from rulecast.config import load_settings
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.workspace import open_workspace


async def send() -> None:
    stop_event = asyncio.Event()

    def leave() -> None:
        stop_event.set()
        sys.stdout.write("leaving\n")
        sys.stdout.flush()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave)
    drill = SenderDrill(slots=5, drain_seconds=float(sys.argv[1]))
    async with open_workspace(load_settings(os.environ), actor="tester") as workspace:
        await run_sender(workspace, stop_event=stop_event, drill=drill)


asyncio.run(send())
