"""The receiver as a process of its own, for tests that kill it; prints its port when it listens."""

import asyncio
import os
import socket
import sys

import uvicorn

from rulecast.config import load_settings
from rulecast.receiver import build_receiver
from rulecast.wiring.workspace import open_workspace


async def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    async with open_workspace(load_settings(os.environ), actor="tester") as workspace:
        server = uvicorn.Server(
            uvicorn.Config(build_receiver(workspace), http="httptools", ws="none", log_level="warning")
        )
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve(sockets=[listener])


asyncio.run(serve())
