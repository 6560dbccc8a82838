"""A running receiver on the loopback, and signed bodies to send to it."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import uvicorn
from typing_extensions import override

from rulecast.collect.webhook_facts import StatusFact
from rulecast.database import Connection
from rulecast.receiver.receiver import Receiver
from rulecast.wiring.message_book import Answer, LinkClick, MessageBook
from rulecast.wiring.roles import listen_on

SECRET = "an app secret of the tests"
VERIFY_TOKEN = "the word of the tests"
NUMBER_ID = "106540352242922"


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


@dataclass(frozen=True, slots=True)
class RunningReceiver:
    address: str
    session: aiohttp.ClientSession

    async def post(self, body: bytes | Mapping[str, Any], headers: Mapping[str, str] | None = None) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"X-Hub-Signature-256": sign(raw)} if headers is None else headers
        async with self.session.post(f"{self.address}/webhook", data=raw, headers=given) as answer:
            await answer.read()
            return answer.status

    async def get(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, Mapping[str, str]]:
        async with self.session.request(
            method, f"{self.address}{path}", headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def running(
    receiver: Receiver, *, listener: socket.socket | None = None
) -> AsyncIterator[RunningReceiver]:
    listener = listener or listen_on(0)
    port = listener.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(receiver, http="httptools", ws="none", access_log=False, log_level="warning")
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    # The listening socket holds connections until the server takes them: no need to wait for its start.
    try:
        async with aiohttp.ClientSession() as session:
            yield RunningReceiver(f"http://127.0.0.1:{port}", session)
    finally:
        server.should_exit = True
        await serving


class NoMessages(MessageBook):
    """The book of a process that knows of no sent message."""

    @override
    async def apply_statuses(
        self, connection: Connection, statuses: Sequence[StatusFact], now: datetime
    ) -> object:
        return None

    @override
    async def apply_reply(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        return

    @override
    async def apply_opt_out(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        return

    @override
    async def apply_click(self, connection: Connection, click: LinkClick, now: datetime) -> bool:
        return False


def envelope(value: Mapping[str, Any], field: str = "messages") -> dict[str, Any]:
    change = {
        "field": field,
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER_ID},
            **value,
        },
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change]}],
    }


def text_message(
    phone: str, text: str, at: float, *, wamid: str = "wamid.text1", **more: Any
) -> dict[str, Any]:
    return message(phone, at, wamid=wamid, type="text", text={"body": text}, **more)


def message(phone: str, at: float, *, wamid: str, **more: Any) -> dict[str, Any]:
    wa_id = phone.removeprefix("+")
    return envelope(
        {
            "contacts": [{"profile": {"name": "somebody"}, "wa_id": wa_id}],
            "messages": [{"from": wa_id, "id": wamid, "timestamp": str(int(at)), **more}],
        }
    )


def statuses(*facts: Sequence[Any]) -> dict[str, Any]:
    return envelope(
        {
            "statuses": [
                {
                    "id": wamid,
                    "status": status,
                    "timestamp": str(int(at)),
                    "recipient_id": phone.removeprefix("+"),
                }
                for wamid, status, at, phone in facts
            ]
        }
    )


def preference(phone: str, value: str, at: float) -> dict[str, Any]:
    wa_id = phone.removeprefix("+")
    return envelope(
        {
            "contacts": [{"wa_id": wa_id}],
            "user_preferences": [
                {
                    "wa_id": wa_id,
                    "category": "marketing_messages",
                    "value": value,
                    "timestamp": int(at),
                }
            ],
        },
        field="user_preferences",
    )
