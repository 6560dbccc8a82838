"""The management calls about templates: one request each, refusals in words, waits as Meta asks for them."""

import io
import mimetypes
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp

from rulecast.config import Settings
from rulecast.deliver.regain import regain_minutes
from rulecast.template.errors import TemplatePushError, TemplateThrottledError
from rulecast.template.explain_refusal import Refusal, explain_refusal

TIMEOUT_SECONDS = 30
PAGE_SIZE = 100
PAGES_MAX = 200
"""An account holds at most 6,000 templates, each language counted: 60 pages; the rest is room for smaller pages."""
WAIT_MINUTES_DEFAULT = 5
WAIT_MINUTES_MAX = 24 * 60
"""Where Meta names no time, or one that nobody waits for."""
EXAMPLE_BYTES_MAX = 16_000_000
"""The largest file a message may carry in its header as image or video; documents shown as examples are smaller."""
EXAMPLE_TYPES = ("application/pdf", "image/jpeg", "image/png", "video/mp4")
FIELDS = (
    "id,name,language,status,category,sub_category,previous_category,correct_category,components,parameter_format,"
    "quality_score,rejected_reason,message_send_ttl_seconds,library_template_name,cta_url_link_tracking_opted_out"
)
"""Every field of a template but `health_status`, which costs Meta a second question for each row."""


class TemplateGraph:
    """Speaks to the nodes of templates; every call raises what went wrong in words for a person."""

    def __init__(self, session: aiohttp.ClientSession, *, base_url: str, access_token: str) -> None:
        """Take a session; `base_url` ends with the Graph version."""
        self._session = session
        self._base_url = base_url
        self._access_token = access_token

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        """Open a session with the access token of the settings."""
        token = settings.access_token or ""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS), headers={"Authorization": f"Bearer {token}"}
        ) as session:
            yield cls(
                session, base_url=f"{settings.graph_base_url}/{settings.graph_version}", access_token=token
            )

    async def list_templates(self, waba_id: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield every row of an account's listing, page after page, until no cursor leads further.

        Raises:
            TemplatePushError: Meta refused or could not be reached.
            TemplateThrottledError: Meta wants to be asked later.
        """
        query = {"fields": FIELDS, "limit": str(PAGE_SIZE)}
        for _ in range(PAGES_MAX):
            answer = await self._call("GET", f"{waba_id}/message_templates", query=query)
            rows = answer.get("data")
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, Mapping):
                    yield row
            paging = answer.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after")
            if not rows or not after or after == query.get("after"):
                return
            query = {**query, "after": str(after)}
        raise TemplatePushError(f"The listing of account {waba_id} does not end after {PAGES_MAX} pages.")

    async def find_zone(self, waba_id: str) -> str:
        """Return Meta's number of the zone in which the days of an account change; nothing where it tells none.

        Raises:
            TemplatePushError: Meta refused or could not be reached.
            TemplateThrottledError: Meta wants to be asked later.
        """
        told = (await self._call("GET", waba_id, query={"fields": "timezone_id"})).get("timezone_id")
        return "" if told is None else str(told)

    async def find_template(self, waba_id: str, name: str, language: str) -> list[Mapping[str, Any]]:
        """Return the rows of one name and language."""
        query = {"fields": FIELDS, "name": name, "language": language}
        rows = (await self._call("GET", f"{waba_id}/message_templates", query=query)).get("data", [])
        # Meta's filter by name also finds names that begin so.
        return [row for row in rows if row.get("name") == name and row.get("language") == language]

    async def create(self, waba_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Register a template and return id, status and category."""
        return await self._call("POST", f"{waba_id}/message_templates", body=request)

    async def edit(self, meta_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Replace all components of a template."""
        return await self._call("POST", meta_id, body=request)

    async def delete(self, waba_id: str, name: str, meta_id: str | None) -> dict[str, Any]:
        """Delete a template in one language, or in all of them."""
        query = {"name": name, **({} if meta_id is None else {"hsm_id": meta_id})}
        return await self._call("DELETE", f"{waba_id}/message_templates", query=query)

    async def unpause(self, meta_id: str) -> dict[str, Any]:
        """End a pause that pacing began."""
        return await self._call("POST", f"{meta_id}/unpause", body={})

    async def upload_example(self, file: Path, content: bytes) -> str:
        """Upload an example file and return its handle, which serves registrations only (Cloud API: uploads)."""
        kind = mimetypes.guess_type(file.name)[0] or ""
        if kind not in EXAMPLE_TYPES or len(content) > EXAMPLE_BYTES_MAX:
            raise TemplatePushError(
                f"{file.name} cannot be an example.",
                hint=f"Use a pdf, jpeg, png or mp4 of at most {EXAMPLE_BYTES_MAX // 1_000_000} MB.",
            )
        inspected = await self._call("GET", "debug_token", query={"input_token": self._access_token})
        app_id = (inspected.get("data") or {}).get("app_id")
        query = {"file_name": file.name, "file_length": str(len(content)), "file_type": kind}
        opened = await self._call("POST", f"{app_id}/uploads", query=query)
        headers = {"Authorization": f"OAuth {self._access_token}", "file_offset": "0"}
        uploaded = await self._call("POST", str(opened.get("id")), data=io.BytesIO(content), headers=headers)
        if not isinstance(uploaded.get("h"), str):
            raise TemplatePushError(f"Meta gave no handle for the example {file.name}.")
        return str(uploaded["h"])

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        data: bytes | io.BytesIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(
                method,
                f"{self._base_url}/{path}",
                params=query,
                json=body,
                data=data,
                headers=headers,
                allow_redirects=False,
            ) as response:
                status, usage = response.status, response.headers.get("X-Business-Use-Case-Usage", "")
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise TemplatePushError(f"The Cloud API did not answer: {type(error).__name__}.") from error
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            _refuse(explain_refusal(answer["error"]), usage)
        if not isinstance(answer, dict) or status >= HTTPStatus.BAD_REQUEST:
            raise TemplatePushError(f"The Cloud API answered {status} in an unknown form.")
        return answer


def _refuse(refusal: Refusal, usage: str) -> None:
    if refusal.is_throttled:
        minutes = wait_minutes(usage)
        raise TemplateThrottledError(
            f"{refusal.what} It takes questions again in {minutes} min.", minutes=minutes
        )
    raise TemplatePushError(refusal.what, hint=refusal.what_to_do, refusal=refusal)


def wait_minutes(usage: str) -> int:
    """Return after how many minutes Meta wants to be asked again, from the header of its usage.

    The header is an object by account of lists with `estimated_time_to_regain_access` (Cloud API: rate limits).
    """
    minutes = regain_minutes(usage)
    return min(minutes, WAIT_MINUTES_MAX) if minutes > 0 else WAIT_MINUTES_DEFAULT
