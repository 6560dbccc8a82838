"""Builds the page's application: static files, the page library, and the one page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files

from fastapi import FastAPI, Request
from nicegui import ui
from starlette.staticfiles import StaticFiles

from rulecast.web.guard import ACTOR_KEY, SECRET_KEY
from rulecast.web.live_state import LiveState
from rulecast.web.page import LivePage, Visitor
from rulecast.wiring.workspace import Workspace

TITLE = "rulecast"
# Longer than a laptop's hiccup; afterwards the page loads itself again.
RECONNECT_SECONDS = 10.0


def build_web(workspace: Workspace) -> FastAPI:
    """Return the application of one workspace; a process builds one."""
    state = LiveState(workspace)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        polling = asyncio.create_task(state.run())
        yield
        polling.cancel()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    static = files("rulecast.web").joinpath("static")
    app.mount("/assets", StaticFiles(directory=str(static)), name="assets")

    @ui.page("/")
    async def page(request: Request) -> None:
        ui.add_head_html('<link rel="stylesheet" href="/assets/page.css">')
        visitor = Visitor(actor=request.scope[ACTOR_KEY], secret=request.scope[SECRET_KEY])
        shown = LivePage(workspace, state, visitor)
        shown.build()
        await ui.context.client.connected()
        await shown.start()

    ui.run_with(
        app,
        title=f"{workspace.mode.upper()} {TITLE}",
        dark=False,
        tailwind=False,
        gzip_middleware_factory=None,
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
    )
    return app
