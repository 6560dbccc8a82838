"""One reader for every open page: polls once a second while somebody looks, and only what changed."""

import asyncio

import structlog

from rulecast.values.ids import RunId
from rulecast.wiring.live import Overview, RunDetail, read_overview, read_run
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("page")

POLL_SECONDS = 1.0
# The page never takes more than a tenth of one connection, however large the runs are.
REST_FACTOR = 9.0
# An open page says twice a second that it is there.
WATCHED_SECONDS = 5.0


class LiveState:
    """The newest overview, and a version that rises whenever something in it moved."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._touched_at = float("-inf")
        self._details: dict[RunId, RunDetail] = {}
        self.overview = Overview(cards=(), stops=())
        self.version = 0
        self.is_stale = False

    def touch(self) -> None:
        """Say that somebody looks; without this word the polling rests after a few seconds."""
        self._touched_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Poll for ever while somebody looks."""
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            if started - self._touched_at < WATCHED_SECONDS:
                await self._try_refresh()
            await asyncio.sleep(max(POLL_SECONDS, (loop.time() - started) * REST_FACTOR))

    async def _try_refresh(self) -> None:
        try:
            await self.refresh()
            self.is_stale = False
        except Exception:
            LOG.exception("the page could not be refreshed")
            self.is_stale = True

    async def refresh(self) -> None:
        """Read what changed; the version rises only if something did."""
        overview = await read_overview(self._workspace, self.overview.cards)
        if overview != self.overview or self.version == 0:
            self.overview = overview
            shown = {one.run.run_id for one in overview.cards}
            self._details = {run_id: one for run_id, one in self._details.items() if run_id in shown}
            self.version += 1

    async def detail(self, run_id: RunId) -> RunDetail | None:
        """Return one run in full, read again only if it changed."""
        card = next((one for one in self.overview.cards if one.run.run_id == run_id), None)
        if card is None:
            return None
        known = self._details.get(run_id)
        if known is None or known.card.mark != card.mark:
            known = self._details[run_id] = await read_run(self._workspace, card)
        return known
