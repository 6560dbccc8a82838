"""Groups updates into signed POSTs and repeats each until it is answered with 200."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

from cloud_api_simulator.clock import Clock, real_seconds
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.http_client import HttpClient
from cloud_api_simulator.ledger import Ledger
from cloud_api_simulator.settings import WebhookSettings
from cloud_api_simulator.subscriptions import Endpoint, Subscriptions
from cloud_api_simulator.webhook_body import GROUPINGS, Update, encode_webhook, sign

GIVE_UP_VIRTUAL_SECONDS = 7 * 86400
"""Meta drops a webhook nobody took for seven days (Cloud API docs: webhooks overview)."""
GIVE_UP_REAL_SECONDS = 600.0
"""A fast clock must not make the simulator drop webhooks during a short outage, so both bounds must pass."""
HELD_BYTES_MAX = 256 * 1024 * 1024
"""Bytes of webhooks that wait for a callback that is down: some hours of a busy day; beyond, the oldest go."""
RETRIES_PER_SECOND_MAX = 200.0
"""Tries a second of webhooks that wait: a dead callback must cost neither a core nor a full disk."""
_CONTENT_TYPE = ("content-type", "application/json")


@dataclass(slots=True, kw_only=True)
class _Post:
    body: bytes
    update_ids: list[int]
    endpoint: Endpoint
    others: tuple[Endpoint, ...] = ()
    is_copy: bool = False
    first_tried_real: float = 0.0
    first_tried_virtual: float = 0.0
    attempts: int = 0


@dataclass(slots=True)
class _Open:
    updates: list[Update] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class WebhookSender:
    """Delivers updates to the subscribed callbacks; order and single delivery are not promised, as with Meta."""

    def __init__(
        self,
        *,
        subscriptions: Subscriptions,
        waba_id: str,
        settings: WebhookSettings,
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        """Keep who is subscribed; an endpoint without a URL gets nothing."""
        self.subscriptions = subscriptions
        self.settings = settings
        self.watched: set[int] = set()
        self.skew_seconds = 0.0
        self._waba_id = waba_id
        self._clock = clock
        self._ledger = ledger
        self._client = HttpClient(connections_max=settings.in_flight_max)
        self._open: dict[Endpoint, _Open] = {}
        self._queue: deque[_Post] = deque()
        self._waiting: set[asyncio.TimerHandle] = set()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._held_bytes = 0

    @property
    def undelivered(self) -> int:
        """How many POSTs are forming, queued, on their way or waiting for their next try."""
        return len(self._open) + len(self._queue) + len(self._in_flight) + len(self._waiting)

    @property
    def url(self) -> str | None:
        """The callback of the first app."""
        return self.subscriptions.first.endpoint.url

    @url.setter
    def url(self, url: str | None) -> None:
        self.subscriptions.first.endpoint.url = url

    def add(self, update: Update, *, at_once: bool = False) -> None:
        """Put an update into the next POST, which leaves when full, after the flush time, or at once."""
        number_id = update.number.phone_number_id if update.number is not None else None
        for endpoint in self.subscriptions.endpoints(update.field, number_id):
            if endpoint.url is not None and not self._stopped:
                self._add_to(endpoint, update, at_once=at_once)

    def _add_to(self, endpoint: Endpoint, update: Update, *, at_once: bool) -> None:
        opened = self._open.get(endpoint)
        if opened is None:
            opened = self._open[endpoint] = _Open()
        opened.updates.append(update)
        if at_once or len(opened.updates) >= self._post_size(opened):
            self._flush(endpoint)
        elif opened.timer is None:
            opened.timer = asyncio.get_running_loop().call_later(
                self.settings.flush_seconds, self._flush, endpoint
            )

    def _post_size(self, opened: _Open) -> int:
        most = self.settings.updates_per_post_max
        return most if self.settings.grouping != "mixed" else 1 + opened.updates[0].update_id * 7919 % most

    def _flush(self, endpoint: Endpoint) -> None:
        """Send the POST that is forming for a callback."""
        opened = self._open.pop(endpoint, None)
        if opened is None:
            return
        if opened.timer is not None:
            opened.timer.cancel()
        first = opened.updates[0]
        grouping = self.settings.grouping
        if grouping == "mixed":
            grouping = GROUPINGS[first.update_id % len(GROUPINGS)]
        number_id = first.number.phone_number_id if first.number is not None else None
        everyone = self.subscriptions.endpoints(first.field, number_id)
        body = encode_webhook(
            self._waba_id, opened.updates, grouping=grouping, now=self._clock.now() + self.skew_seconds
        )
        self._held_bytes += len(body)
        while self._held_bytes > HELD_BYTES_MAX and self._queue:
            self._drop(self._queue.popleft())
        self._queue.append(
            _Post(
                body=body,
                update_ids=[update.update_id for update in opened.updates],
                endpoint=endpoint,
                others=() if len(everyone) == 1 else tuple(one for one in everyone if one is not endpoint),
            )
        )
        self._start_next()

    async def verify(self, token: str = "", *, endpoint: Endpoint | None = None) -> None:
        """Do the subscription handshake; raises ValueError when the answer is not 200 with the challenge.

        Cloud API docs: webhooks, verification requests. Without `endpoint` that of the first app is asked.
        """
        endpoint = endpoint or self.subscriptions.first.endpoint
        if endpoint.url is None:
            return
        challenge = str(int(real_seconds() * 1000) % 10**10)
        parts = urlsplit(endpoint.url)
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": token or endpoint.verify_token,
            }
        )
        url = urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
        answer = await self._client.request("GET", url, timeout_seconds=self.settings.timeout_seconds)
        if answer.status != 200 or answer.body.strip() != challenge.encode():  # noqa: PLR2004 - HTTP OK
            message = f"webhook verification: expected 200 with the challenge, got {answer.status}"
            raise ValueError(message)

    async def stop(self) -> None:
        """Send nothing more; what is on its way is abandoned and stays unacknowledged in the ledger."""
        self._stopped = True
        self.forget()
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def forget(self) -> None:
        """Drop what is not on its way yet."""
        for opened in self._open.values():
            if opened.timer is not None:
                opened.timer.cancel()
        self._open.clear()
        self._queue.clear()
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()
        self._held_bytes = 0

    def _start_next(self) -> None:
        while self._queue and len(self._in_flight) < self.settings.in_flight_max and not self._stopped:
            task = asyncio.create_task(self._deliver(self._queue.popleft()))
            self._in_flight.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._start_next()

    async def _deliver(self, post: _Post) -> None:
        url, secret = post.endpoint.url, post.endpoint.secret
        if url is None:
            self._let_go(post)
            return
        if post.attempts == 0:
            post.first_tried_real, post.first_tried_virtual = time.monotonic(), self._clock.now()
        post.attempts += 1
        headers = (_CONTENT_TYPE, ("x-hub-signature-256", sign(secret, post.body)))
        try:
            answer = await self._client.request(
                "POST", url, headers=headers, body=post.body, timeout_seconds=self.settings.timeout_seconds
            )
            status = answer.status
        except (OSError, TimeoutError, ValueError):
            status = 0
        self._ledger.counts["webhook_posts"] += 1
        row: JsonObject = {"updates": post.update_ids, "attempts": post.attempts}
        if post.endpoint is not self.subscriptions.first.endpoint:
            row["app"] = post.endpoint.app_id
        if status == 200:  # noqa: PLR2004 - HTTP OK
            self.watched.difference_update(post.update_ids)
            self._ledger.write("acknowledged", row)
            self._let_go(post)
            return
        self._ledger.write("webhook_refused", {**row, "status": status})
        if not post.is_copy:
            self._try_later(post)

    def _try_later(self, post: _Post) -> None:
        waited_real = time.monotonic() - post.first_tried_real
        waited_virtual = self._clock.now() - post.first_tried_virtual
        is_old = waited_real > GIVE_UP_REAL_SECONDS and waited_virtual > GIVE_UP_VIRTUAL_SECONDS
        if is_old or self._held_bytes > HELD_BYTES_MAX:
            self._drop(post)
            return
        loop = asyncio.get_running_loop()

        def again() -> None:
            self._waiting.discard(timer)
            self._queue.append(post)
            if self.settings.retries_reach_all_apps:
                self._queue.extend(
                    _Post(body=post.body, update_ids=post.update_ids, endpoint=other, is_copy=True)
                    for other in post.others
                    if other.url is not None
                )
            self._start_next()

        timer = loop.call_later(self._wait_seconds(post.attempts), again)
        self._waiting.add(timer)

    def _drop(self, post: _Post) -> None:
        """Give a POST up; the ledger says so."""
        self._let_go(post)
        self._ledger.write("webhook_dropped", {"updates": post.update_ids, "attempts": post.attempts})

    def _let_go(self, post: _Post) -> None:
        if not post.is_copy:
            self._held_bytes = max(0, self._held_bytes - len(post.body))

    def _wait_seconds(self, attempts: int) -> float:
        """Return the real seconds until the next try: by the schedule where there is one, else doubling."""
        schedule = self.settings.retry_schedule
        if schedule:
            return schedule[min(attempts, len(schedule)) - 1] / self._clock.speed
        doubled = self.settings.retry_seconds_first * 2.0 ** min(attempts - 1, 20)
        crowd_seconds = len(self._waiting) / RETRIES_PER_SECOND_MAX
        return max(min(doubled, self.settings.retry_seconds_max), crowd_seconds)
