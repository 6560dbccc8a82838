"""A running simulator, a webhook receiver of the test's own, and the requests a sender would make."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from cloud_api_simulator import Behaviour, NumberSettings, Simulator, SimulatorSettings, WebhookSettings
from cloud_api_simulator.clock import real_seconds

SECRET = "app secret"
TOKEN = "token"
NUMBER = "106540352242922"
FAST = 100_000.0
"""Clock speed at which whole days of reading and replying pass in a fraction of a second."""
FROZEN = 0.000001
"""Clock speed at which limits that count within a second never let go."""
CERTAIN = Behaviour(
    without_whatsapp_rate=0,
    without_read_receipts_rate=0,
    capped_rate=0,
    delivered_rate=1,
    delivered_skipped_rate=0,
    read_rate=1,
    reply_rate=0,
    button_rate=0,
    stop_text_rate=0,
    stop_button_rate=0,
    prefers_stop_rate=0,
    click_rate=0,
    preview_bot_rate=0,
    marketing_cap_max=0,
)
"""Everybody receives and reads everything and does nothing, unless a test says otherwise."""


@dataclass
class Receiver:
    """Takes webhooks; `answer` decides the HTTP status of each POST by its count."""

    url: str = ""
    link_base: str = ""
    answer: Callable[[int], int] = field(default=lambda _: 200)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    refused: int = 0
    queries: list[dict[str, str]] = field(default_factory=list)
    fetches: list[tuple[str, str]] = field(default_factory=list)
    posts: int = 0

    async def hook(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            self.queries.append(dict(request.query))
            return web.Response(text=request.query["hub.challenge"])
        body = await request.read()
        self.posts += 1
        status = self.answer(self.posts)
        if status == 200:
            self.bodies.append(body)
            self.signatures.append(request.headers["X-Hub-Signature-256"])
        else:
            self.refused += 1
        return web.Response(status=status)

    async def link(self, request: web.Request) -> web.Response:
        self.fetches.append((request.method, request.headers["User-Agent"]))
        return web.Response(status=302, headers={"location": "http://shop.invalid/"})

    def entries(self, part: str) -> list[dict[str, Any]]:
        """Return the entries of one list (statuses, messages, user_preferences) in the order they came."""
        return [
            item
            for body in self.bodies
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
            for item in change["value"].get(part, [])
        ]

    def statuses(self) -> list[tuple[str, str]]:
        """Return recipient and status in the order they came."""
        return [(item["recipient_id"], item["status"]) for item in self.entries("statuses")]

    def signatures_are_right(self) -> bool:
        """Return whether each POST was signed over the bytes that came."""
        expected = [
            "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest() for body in self.bodies
        ]
        return expected == self.signatures


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on a loopback port."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_route("*", "/hook", receiver.hook)
    application.router.add_route("*", "/r/{code}", receiver.link)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    receiver.link_base = f"http://127.0.0.1:{port}/r/"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass
class Bench:
    """A simulator with its receiver and a client."""

    simulator: Simulator
    receiver: Receiver
    client: ClientSession

    @property
    def url(self) -> str:
        return self.simulator.url

    async def control(self, name: str, body: object) -> dict[str, Any]:
        async with self.client.post(f"{self.url}/_control/{name}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            value: dict[str, Any] = await answer.json()
            return value

    async def send(
        self, to: str, *, template: str = "promo", **changes: object
    ) -> tuple[int, dict[str, Any]]:
        """Send a template and return the HTTP status with the body."""
        return await self.post({**message(to, template=template), **changes})

    async def post(
        self, body: object, *, token: str = TOKEN, number: str = NUMBER, version: str = "v26.0"
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.post(
            f"{self.url}/{version}/{number}/messages", json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json()

    async def settle(self) -> dict[str, Any]:
        """Wait until nothing is scheduled or undelivered."""
        async with self.client.post(f"{self.url}/_control/wait_idle?timeout=20") as answer:
            state: dict[str, Any] = await answer.json()
        assert state["idle"], state
        return state

    def ledger(self) -> list[dict[str, Any]]:
        """Return the rows on disk."""
        self.simulator.world.ledger.flush()
        return read_ledger(self.simulator.world.ledger.path)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def promo(*, link: str = "https://shop.example/", name: str = "promo", **changes: object) -> dict[str, Any]:
    """Return a marketing template with one variable, a stop button and a link."""
    return {
        "name": name,
        "language": "fr",
        "category": "MARKETING",
        "components": [
            {"type": "BODY", "text": "Bonjour {{1}}, l'été est là"},
            {"type": "FOOTER", "text": "Répondez STOP pour ne plus rien recevoir"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Plus tard"},
                    {"type": "QUICK_REPLY", "text": "Stop promotions"},
                    {"type": "URL", "text": "Voir", "url": link + "{{1}}"},
                ],
            },
        ],
        **changes,
    }


def message(to: str, *, template: str = "promo", opaque: str | None = None) -> dict[str, Any]:
    """Return the body of a send of `promo`."""
    return {
        "messaging_product": "whatsapp",
        "to": to,
        "type": "template",
        "biz_opaque_callback_data": opaque or f"attempt of {to}",
        "template": {
            "name": template,
            "language": {"code": "fr"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]},
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "1",
                    "parameters": [{"type": "payload", "payload": "optout:marketing:v1"}],
                },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "2",
                    "parameters": [{"type": "text", "text": "abc"}],
                },
            ],
        },
    }


@asynccontextmanager
async def bench(
    state_dir: Path,
    *,
    speed: float = FAST,
    seed: int = 1,
    behaviour: Behaviour = CERTAIN,
    webhooks: WebhookSettings | None = None,
    throughput: int = 1000,
) -> AsyncIterator[Bench]:
    """Run a simulator with `promo` registered, its webhooks going to a receiver."""
    async with receiving() as receiver, ClientSession(timeout=ClientTimeout(30)) as client:
        webhooks = webhooks or WebhookSettings()
        simulator = Simulator(
            SimulatorSettings(
                state_dir=state_dir,
                app_secret=SECRET,
                access_token=TOKEN,
                webhook_url=receiver.url,
                clock=f"virtual:2026-11-17T19:55:00+01:00@{real_seconds():.3f}x{speed:f}",
                seed=seed,
                behaviour=behaviour,
                webhooks=replace(webhooks, retry_seconds_first=0.01, retry_seconds_max=0.05),
                numbers=(NumberSettings(phone_number_id=NUMBER, throughput_per_second=throughput),),
            )
        )
        await simulator.start()
        running = Bench(simulator=simulator, receiver=receiver, client=client)
        await running.control("templates", promo(link=receiver.link_base))
        try:
            yield running
        finally:
            await asyncio.wait_for(simulator.stop(), 10)
