"""Tell of an incident by a signed POST to the one address that is set."""

import hmac
import json
from http import HTTPStatus

import aiohttp

from rulecast.config import Settings
from rulecast.values.clock import Clock
from rulecast.values.http_address import is_allowed_address
from rulecast.wiring.alerts.message import AlertMessage, body_of

TIMEOUT_SECONDS = 10
SIGNATURE_HEADER = "X-Rulecast-Signature"
TIMESTAMP_HEADER = "X-Rulecast-Timestamp"


class PostTeller:
    """Posts to the address of the settings and to nothing else: no redirect is followed."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Keep where to post and with which key."""
        self._address = settings.alert_webhook_url or ""
        self._secret = (settings.alert_webhook_secret or "").encode()
        self._may_be_local = settings.mode == "simulated"
        self._clock = clock

    @property
    def is_set_up(self) -> bool:
        """Return whether there is an address and a key."""
        return bool(self._address and self._secret)

    async def tell(self, message: AlertMessage) -> str:
        """Post one message and return what went wrong; empty where it was taken."""
        if not is_allowed_address(self._address, may_be_local=self._may_be_local):
            return "the address is not allowed here"
        body = json.dumps(body_of(message), separators=(",", ":")).encode()
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self._secret, timestamp, body),
        }
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._address, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return ""
                return f"the address answered {answer.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            return f"the address did not answer: {type(error).__name__}"


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a body at a time: HMAC-SHA256 over `timestamp.body`, so that neither can be replaced."""
    return f"v1={hmac.new(secret, timestamp.encode() + b'.' + body, 'sha256').hexdigest()}"
