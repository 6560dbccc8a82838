"""The upload itself: one file in one multipart request.

Source: `POST /{phone number id}/media` (Cloud API, media). Uploading twice does no harm, so a doubt is a failure.
"""

import io
import ssl
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from rulecast.deliver.classify import code_behind
from rulecast.deliver.cloud_api import ANSWER_BYTES_MAX, CONNECT_SECONDS_MAX
from rulecast.deliver.media_uploads.check_file import MediaFile, check_file
from rulecast.deliver.media_uploads.errors import FileRefusedError, FileTooLargeError, UploadFailedError

# A hundred megabytes over a slow line.
TOTAL_SECONDS_MAX = 300.0
UPLOADS_AT_ONCE = 8
"""Several that hang keep no other file from being uploaded; each holds its file in memory."""
MEDIA_ID_LENGTH_MAX = 64
HTTP_OK = 200
HTTP_BAD_REQUEST = 400
HTTP_TOO_LARGE = 413
REFUSALS = frozenset({(HTTP_BAD_REQUEST, 100), (HTTP_BAD_REQUEST, 131053)})
"""Status and code to a file that Meta does not take; which of the two for what is not published."""


class _Taken(msgspec.Struct):
    id: str


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: object = None


class _Refused(msgspec.Struct):
    error: _Error


_TAKEN = msgspec.json.Decoder(_Taken)
_REFUSED = msgspec.json.Decoder(_Refused)


class MediaUploader:
    """Uploads files; open it as an async context manager."""

    def __init__(
        self, *, base_url: str, version: str, access_token: str, tls: ssl.SSLContext | None = None
    ) -> None:
        """Remember where to upload; nothing is connected before the first file."""
        self._prefix = f"{base_url}/{version}/"
        self._headers = {"Authorization": f"Bearer {access_token}", "Accept-Encoding": "identity"}
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=UPLOADS_AT_ONCE, ssl=self._tls if self._tls is not None else True
            ),
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS_MAX, sock_connect=CONNECT_SECONDS_MAX),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def upload(self, business_number_id: str, file: MediaFile) -> str:
        """Upload a file for the messages of a number and return Meta's id of it.

        Raises:
            FileRefusedError: WhatsApp does not take the file, or would not.
            FileTooLargeError: it is too large for that.
            UploadFailedError: it was not taken, or nobody knows whether it was.
        """
        assert self._session is not None, "the uploader is open"
        check_file(file)
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", file.mime_type)
        # The name on Meta's side means nothing; the one a person sees travels with the message.
        # As a stream: large bytes at once would hold up the loop.
        form.add_field("file", io.BytesIO(file.content), filename="file", content_type=file.mime_type)
        try:
            async with self._session.post(
                f"{self._prefix}{business_number_id}/media", data=form, allow_redirects=False
            ) as response:
                body = await response.content.read(ANSWER_BYTES_MAX)
                return _media_id(response.status, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UploadFailedError(f"The Cloud API did not answer: {type(error).__name__}.") from error


def _media_id(status: int, body: bytes) -> str:
    if status != HTTP_OK:
        try:
            error = _REFUSED.decode(body).error
            code = code_behind(error.code, error.error_subcode)
        except msgspec.MsgspecError:
            code = 0
        told = f"The Cloud API answered {status}, code {code}."
        if status == HTTP_TOO_LARGE:
            raise FileTooLargeError(told)
        if (status, code) in REFUSALS:
            raise FileRefusedError(told)
        failed = UploadFailedError(told)
        failed.graph_code = code
        raise failed
    try:
        media_id = _TAKEN.decode(body).id
    except msgspec.MsgspecError:
        media_id = ""
    if not 0 < len(media_id) <= MEDIA_ID_LENGTH_MAX:
        raise UploadFailedError("The Cloud API answered without the id of the file.")
    return media_id
