"""One request to the Graph API at a time, and its answer as it is: a refusal is an answer too."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import msgspec

from rulecast.config import Settings
from rulecast.wiring.connect.errors import GraphUnreachableError

TIMEOUT_SECONDS = 30
ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""A page of a listing stays far below; more is no answer of Meta's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status and body; an error object has its numbers beside. A body may name people, so it hides."""

    status: int
    body: Mapping[str, Any] = field(repr=False)

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Return Meta's error object, or nothing where the request was answered."""
        found = self.body.get("error")
        if isinstance(found, Mapping):
            return found
        return None if self.status < 400 else {"code": -1}  # noqa: PLR2004 - HTTP: errors begin at 400

    @property
    def code(self) -> int | None:
        """Return the number of the error, or nothing where the request was answered."""
        error = self.error
        return None if error is None else whole(error.get("code"))

    def rows(self) -> list[Mapping[str, Any]]:
        """Return the objects of a listing."""
        found = self.body.get("data")
        return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


class GraphDoor:
    """Asks the Graph API of the settings, with the token of the settings unless another one is given."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        """Take a session and where to ask."""
        self._session = session
        self._address = settings.graph_base_url
        self._version = settings.graph_version
        self._token = settings.access_token or ""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> AsyncIterator[Self]:
        """Open a session for some requests."""
        timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield cls(session, settings)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        token: str | None = None,
        version: str | None = None,
    ) -> Answer:
        """Make one request and return the answer, a refusal too; `path` has neither version nor leading slash.

        Raises:
            GraphUnreachableError: nobody answered, or not with a JSON object.
        """
        url = f"{self._address}/{version or self._version}/{path}"
        headers = {"Authorization": f"Bearer {token or self._token}"}
        try:
            async with self._session.request(
                method, url, params=query, json=body, headers=headers, allow_redirects=False
            ) as response:
                content = await response.content.read(ANSWER_BYTES_MAX)
                while not response.content.at_eof() and len(content) < ANSWER_BYTES_MAX:
                    content += await response.content.read(ANSWER_BYTES_MAX - len(content))
                return Answer(status=response.status, body=_object(content))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # The text of these errors may hold the address with a token in its query.
            raise GraphUnreachableError(f"The Cloud API did not answer: {type(error).__name__}.") from None


def whole(value: object) -> int:
    """Return a whole number of an answer, -1 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _object(content: bytes) -> Mapping[str, Any]:
    found = msgspec.json.decode(content)
    if not isinstance(found, Mapping):
        raise ValueError("an answer is an object")  # noqa: TRY004 - bad input, like one that is no JSON
    return found
