"""Groups updates into signed POSTs and repeats each until it is answered with 200."""

import asyncio
import hmac
import json
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from cloud_api_simulator.clock import Clock, real_seconds
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.http_client import HttpClient
from cloud_api_simulator.ledger import Ledger
from cloud_api_simulator.settings import NumberSettings, WebhookSettings

GIVE_UP_VIRTUAL_SECONDS = 7 * 86400
"""Meta drops a webhook nobody took for seven days (Cloud API docs: webhooks overview)."""
GIVE_UP_REAL_SECONDS = 600.0
"""A fast clock must not make the simulator drop webhooks during a short outage, so both bounds must pass."""
_CONTENT_TYPE = ("content-type", "application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One entry of a list in a webhook: `part` names the list (statuses, messages, user_preferences)."""

    update_id: int
    field: str
    part: str
    item: JsonObject
    number: NumberSettings | None = None
    contact: JsonObject | None = None


@dataclass(slots=True, kw_only=True)
class _Post:
    body: bytes
    update_ids: list[int]
    first_tried_real: float = 0.0
    first_tried_virtual: float = 0.0
    attempts: int = 0


@dataclass(slots=True)
class _Open:
    updates: list[Update] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class WebhookSender:
    """Delivers updates to one URL; order and single delivery are not promised, as with Meta."""

    def __init__(
        self,
        *,
        url: str | None,
        secret: str,
        waba_id: str,
        settings: WebhookSettings,
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        """Keep where to deliver and how to sign; `url` None emits nothing."""
        self.url = url
        self.settings = settings
        self.watched: set[int] = set()
        self._secret = secret.encode()
        self._waba_id = waba_id
        self._clock = clock
        self._ledger = ledger
        self._client = HttpClient(connections_max=settings.in_flight_max)
        self._open = _Open()
        self._queue: deque[_Post] = deque()
        self._waiting: set[asyncio.TimerHandle] = set()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def undelivered(self) -> int:
        """How many POSTs are forming, queued, on their way or waiting for their next try."""
        return bool(self._open.updates) + len(self._queue) + len(self._in_flight) + len(self._waiting)

    def add(self, update: Update, *, at_once: bool = False) -> None:
        """Put an update into the next POST, which leaves when full, after the flush time, or at once."""
        if self.url is None or self._stopped:
            return
        opened = self._open
        opened.updates.append(update)
        if at_once or len(opened.updates) >= self.settings.updates_per_post_max:
            self.flush()
        elif opened.timer is None:
            opened.timer = asyncio.get_running_loop().call_later(self.settings.flush_seconds, self.flush)

    def flush(self) -> None:
        """Send the POST that is forming."""
        opened, self._open = self._open, _Open()
        if opened.timer is not None:
            opened.timer.cancel()
        if opened.updates:
            body = encode_webhook(self._waba_id, opened.updates, grouping=self.settings.grouping)
            self._queue.append(_Post(body=body, update_ids=[update.update_id for update in opened.updates]))
            self._start_next()

    async def verify(self, token: str) -> None:
        """Do the subscription handshake; raises ValueError when the answer is not 200 with the challenge.

        Cloud API docs: webhooks, verification requests.
        """
        if self.url is None:
            return
        challenge = str(int(real_seconds() * 1000) % 10**10)
        parts = urlsplit(self.url)
        query = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token})
        url = urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
        answer = await self._client.request("GET", url, timeout_seconds=self.settings.timeout_seconds)
        if answer.status != 200 or answer.body.strip() != challenge.encode():  # noqa: PLR2004 - HTTP OK
            message = f"webhook verification: expected 200 with the challenge, got {answer.status}"
            raise ValueError(message)

    async def stop(self) -> None:
        """Send nothing more; what is on its way is abandoned and stays unacknowledged in the ledger."""
        self._stopped = True
        if self._open.timer is not None:
            self._open.timer.cancel()
        for timer in self._waiting:
            timer.cancel()
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def forget(self) -> None:
        """Drop what is not on its way yet."""
        if self._open.timer is not None:
            self._open.timer.cancel()
        self._open = _Open()
        self._queue.clear()
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()

    def _start_next(self) -> None:
        while self._queue and len(self._in_flight) < self.settings.in_flight_max and not self._stopped:
            task = asyncio.create_task(self._deliver(self._queue.popleft()))
            self._in_flight.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._start_next()

    async def _deliver(self, post: _Post) -> None:
        url = self.url
        if url is None:
            return
        if post.attempts == 0:
            post.first_tried_real, post.first_tried_virtual = time.monotonic(), self._clock.now()
        post.attempts += 1
        headers = (_CONTENT_TYPE, ("x-hub-signature-256", sign(self._secret, post.body)))
        try:
            answer = await self._client.request(
                "POST", url, headers=headers, body=post.body, timeout_seconds=self.settings.timeout_seconds
            )
            status = answer.status
        except (OSError, TimeoutError, ValueError):
            status = 0
        self._ledger.counts["webhook_posts"] += 1
        if status == 200:  # noqa: PLR2004 - HTTP OK
            self.watched.difference_update(post.update_ids)
            self._ledger.write("acknowledged", {"updates": post.update_ids, "attempts": post.attempts})
            return
        self._ledger.write(
            "webhook_refused", {"updates": post.update_ids, "attempts": post.attempts, "status": status}
        )
        self._try_later(post)

    def _try_later(self, post: _Post) -> None:
        waited_real = time.monotonic() - post.first_tried_real
        waited_virtual = self._clock.now() - post.first_tried_virtual
        if waited_real > GIVE_UP_REAL_SECONDS and waited_virtual > GIVE_UP_VIRTUAL_SECONDS:
            self._ledger.write("webhook_dropped", {"updates": post.update_ids, "attempts": post.attempts})
            return
        doubled = self.settings.retry_seconds_first * 2.0 ** min(post.attempts - 1, 20)
        loop = asyncio.get_running_loop()

        def again() -> None:
            self._waiting.discard(timer)
            self._queue.append(post)
            self._start_next()

        timer = loop.call_later(min(doubled, self.settings.retry_seconds_max), again)
        self._waiting.add(timer)


def sign(secret: bytes, body: bytes) -> str:
    """Return the value of X-Hub-Signature-256 for a raw body (Cloud API docs: validating payloads)."""
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()


def encode_webhook(waba_id: str, updates: Sequence[Update], *, grouping: str = "value") -> bytes:
    r"""Return the body of a webhook POST with Meta's escapes.

    Non-ASCII becomes `\uXXXX`, as do `<` and `@`, and `/` becomes `\/`, so that re-serialised JSON never
    matches the signature. `grouping` is `value` (one value per number and list), `change` or `entry` (one per
    update).
    """
    groups: list[list[Update]] = []
    if grouping == "value":
        by_key: dict[tuple[Any, ...], list[Update]] = {}
        for update in updates:
            number_id = update.number.phone_number_id if update.number is not None else update.update_id
            by_key.setdefault((number_id, update.field, update.part, update.contact is None), []).append(
                update
            )
        groups.extend(by_key.values())
    else:
        groups.extend([update] for update in updates)
    changes = [_change(group) for group in groups]
    if grouping == "entry":
        entries = [_entry(waba_id, [change]) for change in changes]
    else:
        # Management fields carry a time in their entry, message-like fields do not.
        message_like = [change for change in changes if "messaging_product" in change["value"]]
        others = [change for change in changes if "messaging_product" not in change["value"]]
        entries = [_entry(waba_id, group) for group in (message_like, others) if group]
    text = json.dumps({"object": "whatsapp_business_account", "entry": entries}, separators=(",", ":"))
    return text.replace("/", "\\/").replace("<", "\\u003c").replace("@", "\\u0040").encode("ascii")


def _entry(waba_id: str, changes: list[JsonObject]) -> JsonObject:
    entry: JsonObject = {"id": waba_id, "changes": changes}
    if "messaging_product" not in changes[0]["value"]:
        entry["time"] = int(real_seconds())
    return entry


def _change(group: Iterable[Update]) -> JsonObject:
    updates = list(group)
    first = updates[0]
    if first.number is None:
        return {"field": first.field, "value": first.item}
    value: JsonObject = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": first.number.display_phone_number,
            "phone_number_id": first.number.phone_number_id,
        },
    }
    contacts = {update.contact["user_id"]: update.contact for update in updates if update.contact is not None}
    if contacts:
        value["contacts"] = list(contacts.values())
    value[first.part] = [update.item for update in updates]
    return {"field": first.field, "value": value}
