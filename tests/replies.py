"""A shop whose people type into the simulator's phones, and what rulecast makes of it, through the real door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rulecast.collect.parse_webhook import parse_webhook
from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.moments.run import run_replies
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.webhook_group import WebhookPost
from rulecast.wiring.webhooks import WebhookDoor
from tests.moments import PEOPLE, MomentShop, moment_shop
from tests.simulated import CERTAIN

SPEED = 60.0
"""Deliveries take seconds of the simulator's clock; a test that takes half a minute closes no window."""


@dataclass(kw_only=True)
class ReplyShop:
    """A shop, and the door through which the simulator's webhooks come in."""

    shop: MomentShop
    door: WebhookDoor
    heard: int = 0
    posts: list[WebhookPost] = field(default_factory=list)

    def phone(self, contact_id: ContactId) -> str:
        """Return the digits of a person's number."""
        return PEOPLE[list(self.shop.people).index(contact_id)].phone.removeprefix("+")

    async def say(self, contact_id: ContactId, text: str, **more: object) -> None:
        """Let a person type into their phone, and rulecast hear of it."""
        await self.shop.bench.control(f"phones/{self.phone(contact_id)}/say", {"text": text, **more})
        await self.hear()

    async def hear(self) -> None:
        """Apply every webhook that came since, in its order."""
        state = await self.shop.bench.settle()
        self.shop.clock.set(max(self.shop.clock.now(), datetime.fromtimestamp(state["virtual"], UTC)))
        bodies = self.shop.bench.receiver.bodies
        now = self.shop.clock.now()
        for body in bodies[self.heard :]:
            post = WebhookPost(body=body, parsed=parse_webhook(body), received_at=now)
            self.posts.append(post)
            await self.door.apply([post])
        self.heard = len(bodies)

    async def answer(self) -> None:
        """Write the replies that are due, send them, and hear what became of them."""
        await run_replies(self.shop.workspace, stop_event=asyncio.Event(), until_idle=True)
        await self.shop.send()
        await self.hear()

    async def chat(self, contact_id: ContactId) -> list[dict[str, Any]]:
        """Return what stands on the person's phone, oldest first."""
        url = f"{self.shop.bench.url}/_control/phones/{self.phone(contact_id)}"
        async with self.shop.bench.client.get(url) as answer:
            row: dict[str, Any] = await answer.json()
        return list(row["chat"])

    async def page(self, contact_id: ContactId) -> str:
        """Return the person's phone as its page shows it."""
        url = f"{self.shop.bench.url}/phones/{self.phone(contact_id)}"
        async with self.shop.bench.client.get(url) as answer:
            return await answer.text()

    def sent(self) -> list[tuple[str, str]]:
        """Return the last digit and the kind of every message without template the simulator accepted."""
        return [
            (row["to"][-1], str(row.get("type")))
            for row in self.shop.bench.ledger()
            if row.get("outcome") == "accepted" and not row.get("template")
        ]


@asynccontextmanager
async def reply_shop(
    settings: Settings, clock: ManualClock, tmp_path: Path, *, more: str = ""
) -> AsyncIterator[ReplyShop]:
    """Open a shop on a simulator whose clock rulecast follows."""
    async with moment_shop(
        settings, clock, tmp_path, more=more, speed=SPEED, behaviour=replace(CERTAIN, read_rate=0)
    ) as shop:
        door = WebhookDoor(shop.workspace, book=shop.book, journal=open_journal(shop.workspace))
        yield ReplyShop(shop=shop, door=door)
