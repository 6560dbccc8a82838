"""One call on the graph, ready for its handler: node, query, body, paging (platform reference 8)."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.http_server import Request
from cloud_api_simulator.world import World

PAGE_DEFAULT = 25
"""Rows of a page when `limit` is not given (platform reference 8)."""
PAGE_MAX = 1_000
"""Most rows of one page; Meta caps `limit` silently."""

_OWN_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call whose token was checked; `node` is the id in the path, `rest` the words after its edge."""

    world: World
    request: Request
    version: str
    node: str
    query: Mapping[str, str]
    rest: tuple[str, ...] = ()

    def body(self) -> JsonObject:
        """Return the JSON or form body, the query's values under it; raises ApiError 100."""
        content: dict[str, Any] = dict(self.query)
        raw = self.request.body
        if not raw:
            return content
        if "x-www-form-urlencoded" in self.request.headers.get("content-type", ""):
            content.update(
                (key, values[-1]) for key, values in parse_qs(raw.decode("utf-8", "replace")).items()
            )
            return content
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ApiError(100, "The request body is not valid JSON") from None
        if not isinstance(value, dict):
            raise ApiError(100, "The request body must be a JSON object")
        content.update(value)
        return content

    def words(self, name: str) -> list[str]:
        """Return a query value given as `a,b` or as `["a","b"]`."""
        return split_words(self.query.get(name, ""))

    @property
    def origin(self) -> str:
        """Where this simulator is seen by the caller; Meta's own host when the caller speaks to that."""
        host = self.request.headers.get("host", "")
        return f"http://{host}" if _OWN_HOST.fullmatch(host) else "https://lookaside.fbsbx.com"

    def page(self, rows: Sequence[JsonObject]) -> JsonObject:
        """Return one page of rows with its cursors; raises ApiError 100 for a wrong limit or cursor.

        Cursors name a position: rows that come or go meanwhile shift it, as long lists of Meta's may.
        """
        limit = self._limit()
        start = _position(self.query.get("after", ""))
        if self.query.get("before"):
            start = max(0, _position(self.query["before"]) - 1 - limit)
        shown = list(rows[start : start + limit])
        answer: JsonObject = {"data": shown}
        if not shown:
            return answer
        after = _cursor(start + len(shown))
        paging: JsonObject = {"cursors": {"before": _cursor(start + 1), "after": after}}
        if start + len(shown) < len(rows):
            query = {**self.query, "limit": str(limit), "after": after}
            query.pop("access_token", None)
            paging["next"] = f"{self.origin}{self.request.path}?{urlencode(query)}"
        answer["paging"] = paging
        return answer

    def _limit(self) -> int:
        text = self.query.get("limit", "") or str(PAGE_DEFAULT)
        if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
            raise ApiError(100, message="(#100) Param limit must be a positive integer.")
        return min(int(text[:9]), PAGE_MAX)


def split_words(text: str) -> list[str]:
    """Return the words of `a,b` or of a JSON list."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    return [word.strip().strip("\"'") for word in bare.split(",") if word.strip()]


def choose_fields(row: Mapping[str, Any], names: Sequence[str], default: Sequence[str]) -> JsonObject:
    """Return the asked fields of a node, its `id` always; an unknown one is 100, as on the graph."""
    wanted = list(names) or list(default)
    chosen: JsonObject = {}
    for name in wanted:
        bare = re.split(r"[.{(]", name, maxsplit=1)[0]
        if bare not in row:
            raise ApiError(
                100, message=f"(#100) Tried accessing nonexisting field ({bare[:60]}) on node type"
            )
        if row[bare] is not None:
            chosen[bare] = row[bare]
    chosen["id"] = row["id"]
    return chosen


def no_object(node: str, method: str) -> ApiError:
    """Return the refusal for an id nobody knows (platform reference 6.3: code 100 with subcode 33)."""
    verb = {"GET": "get", "POST": "post", "DELETE": "delete"}.get(method, "post")
    return ApiError(
        100,
        "Object does not exist or cannot be loaded due to missing permissions",
        subcode=33,
        message=(
            f"Unsupported {verb} request. Object with ID '{node[:40]}' does not exist, cannot be loaded due to "
            "missing permissions, or does not support this operation."
        ),
    )


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"at:{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        return int(text.removeprefix("at:")[:9])
    except ValueError:
        raise ApiError(100, message="(#100) Param after is not a valid cursor.") from None
