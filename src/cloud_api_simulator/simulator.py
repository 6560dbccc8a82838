"""The simulator as a whole: starts, routes requests, stops."""

import asyncio
import functools
from collections.abc import Awaitable
from urllib.parse import urlsplit

from cloud_api_simulator.accept import handle_message
from cloud_api_simulator.clock import parse_clock
from cloud_api_simulator.control import handle_control, run_trigger
from cloud_api_simulator.graph import handle_download, handle_graph
from cloud_api_simulator.graph_media import ATTACHMENTS
from cloud_api_simulator.http_server import HttpServer, Request, Response, json_response
from cloud_api_simulator.page import handle_page
from cloud_api_simulator.settings import SimulatorSettings
from cloud_api_simulator.world import World, build_world

_OWN_HOSTS = frozenset({"127.0.0.1", "localhost", None})
_MESSAGE_PARTS = 3
_UNVERSIONED = frozenset({ATTACHMENTS.partition("/")[0]})


class Simulator:
    """One simulated Cloud API on a loopback port; create it inside a running event loop."""

    def __init__(self, settings: SimulatorSettings) -> None:
        """Open the ledger; raises ValueError for a wrong clock, OSError for an unwritable directory."""
        self.settings = settings
        self.world: World = build_world(settings, parse_clock(settings.clock))
        self.world.faults.run = functools.partial(run_trigger, self.world)
        self._server = HttpServer(self._handle)
        self.url = ""

    async def start(self) -> str:
        """Listen, verify the webhook when asked, and return the base URL."""
        port = await self._server.start(self.settings.port)
        self.url = f"http://127.0.0.1:{port}"
        self.world.ledger.write(
            "started", {"format": 1, "seed": self.settings.seed, "clock": self.settings.clock}
        )
        if self.settings.webhooks.verify_at_start:
            await self.world.sender.verify(self.settings.verify_token)
        return self.url

    async def stop(self) -> None:
        """Stop answering and emitting, then write the rest of the ledger."""
        await self._server.stop()
        self.world.scheduler.stop()
        await self.world.sender.stop()
        for task in self.world.tasks:
            task.cancel()
        await asyncio.gather(*self.world.tasks, return_exceptions=True)
        await self.world.link_client.close()
        self.world.ledger.write("stopped", {})
        self.world.ledger.close()

    def _handle(self, request: Request) -> Response | Awaitable[Response | None]:
        # A slash at the end means nothing, as on the graph.
        parts = request.path[1:].removesuffix("/").split("/")
        if (parts[0][:1] == "v" and len(parts) > 1) or parts[0].isdigit() or parts[0] in _UNVERSIONED:
            return self._graph(request, parts)
        if not _is_own_visitor(request):
            # A page of a foreign site, or a name bound to this address, must not drive the simulator.
            return json_response({"error": "foreign origin"}, status=403)
        if parts[0] == "_control":
            return handle_control(self.world, request)
        if request.method in ("GET", "HEAD"):
            return handle_page(self.world, request)
        return json_response({"error": "not found"}, status=404)

    def _graph(self, request: Request, parts: list[str]) -> Response | Awaitable[Response | None]:
        edge = parts[2] if len(parts) == _MESSAGE_PARTS else ""
        if request.method == "POST" and edge in ("messages", "marketing_messages"):
            return handle_message(self.world, request, parts[0], parts[1], lite=edge == "marketing_messages")
        if parts[0] in _UNVERSIONED:
            return handle_download(self.world, request)
        if parts[0].isdigit():
            # A call without a version, as the newer management calls are made (platform reference 8.1).
            return handle_graph(self.world, request, "", parts)
        return handle_graph(self.world, request, parts[0], parts[1:])


def _is_own_visitor(request: Request) -> bool:
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if urlsplit(f"//{host}").hostname not in _OWN_HOSTS:
        return False
    return origin is None or urlsplit(origin).netloc == host
