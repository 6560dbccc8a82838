"""Keeping the embedded server alive as long as a process uses it."""

import asyncio

from rulecast.database.embedded.server import EmbeddedServer
from rulecast.database.errors import EmbeddedStartError

# PostgreSQL replaces its own children; only the death of its parent process, to an operator's mistake or to
# the kernel's memory killer, needs us. Looking costs two small reads.
LOOK_EVERY_SECONDS = 1.0


async def keep_running(server: EmbeddedServer) -> None:
    """Start the server again whenever it died, until cancelled; pools reconnect by themselves."""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            await asyncio.to_thread(server.revive)
        except (EmbeddedStartError, OSError):
            # Tried again at the next look; whoever needs the database meanwhile gets its own error.
            continue
