"""A page process and a real browser for acceptance tests."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A cold start on a loaded machine; a healthy one takes two seconds.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageServer:
    """A running page: its one-time address and everything it printed to standard error so far."""

    address: str
    errors: Path

    @property
    def base(self) -> str:
        return self.address.partition("/enter")[0]


@asynccontextmanager
async def page_server(environment: Mapping[str, str], errors: Path) -> AsyncIterator[PageServer]:
    """Run `rulecast serve --role web` on a free port."""
    environ = {**os.environ, **environment, "RULECAST_WEB_PORT": "0", "PYTHONPATH": str(ROOT / "src")}
    with errors.open("wb") as error_file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rulecast", "--as", "amal", "serve", "--role", "web", "--json"),
            env=environ,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=error_file,
        )
        try:
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
            assert line, f"the page did not start; see {errors}"
            yield PageServer(address=json.loads(line)["page"], errors=errors)
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


@asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """Open one blank page in a fresh Chromium."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        page = await browser.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        yield page
        await browser.close()
