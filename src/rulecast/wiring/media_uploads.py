"""Uploads where they are needed: the id of a content for a number, made at first need and renewed before it expires."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import structlog

from rulecast.deliver.media_uploads import (
    MediaFile,
    MediaUploader,
    Upload,
    UploadFailedError,
    is_fresh,
    new_upload,
    store,
)
from rulecast.deliver.media_uploads.errors import FileGoneError, FileRefusedError
from rulecast.template.media.errors import MediaBrokenError
from rulecast.template.messages import MediaHandle
from rulecast.wiring.workspace import Workspace

log = structlog.get_logger(__name__)

LoadFile = Callable[[bytes], Awaitable[MediaFile | None]]
"""Finds a kept file by the SHA-256 of its content."""


class MediaUploads:
    """The uploads of a workspace; each content is uploaded once a number, however many ask at the same time."""

    def __init__(self, workspace: Workspace, uploader: MediaUploader, load: LoadFile) -> None:
        """Join the workspace, the way to Meta and the files."""
        self._workspace = workspace
        self._uploader = uploader
        self._load = load
        # A turn lives as long as somebody holds it or waits for it.
        self._turns: WeakValueDictionary[tuple[str, bytes], asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Return how many files somebody asks for now."""
        return len(self._turns)

    async def media_id_for(
        self, business_number_id: str, content_hash: bytes, *, filename: str = ""
    ) -> MediaHandle:
        """Return the upload of a content for the messages of a number, a fresh one where the known one is old.

        Raises:
            FileGoneError: the file is not kept here any more.
            FileRefusedError: WhatsApp would not take it.
            UploadFailedError: it could not be uploaded, and no earlier upload holds.
        """
        turn = self._turns.setdefault((business_number_id, content_hash), asyncio.Lock())
        async with turn:
            known = await self._ask(business_number_id, content_hash)
            now = self._workspace.clock.now()
            if known is not None and is_fresh(known, now):
                return _handle(known, filename)
            try:
                upload = await self._upload(business_number_id, content_hash)
            except (UploadFailedError, FileGoneError, FileRefusedError, MediaBrokenError) as error:
                if known is None or now >= known.expires_at:
                    raise
                log.warning("upload_not_renewed", error_code=error.code)
                upload = known
        return _handle(upload, filename)

    async def holds(self, business_number_id: str, content_hash: bytes, handle: MediaHandle) -> bool:
        """Return whether an upload is still the one in use: any process may have learned that it is gone."""
        async with self._workspace.database.connection() as connection:
            known = await store.find_upload(connection, business_number_id, content_hash)
        return (
            known is not None
            and known.media_id == handle.media_id
            and self._workspace.clock.now() < known.expires_at
        )

    async def renew(self) -> int:
        """Upload again what expires soon and is in use, and return how many that were."""
        async with self._workspace.database.connection() as connection:
            ageing = await store.list_ageing(connection, self._workspace.clock.now())
        renewed = 0
        for one in ageing:
            try:
                await self._upload(one.business_number_id, one.content_hash)
            except (UploadFailedError, FileGoneError, FileRefusedError, MediaBrokenError) as error:
                log.warning("upload_not_renewed", error_code=error.code)
                continue
            renewed += 1
        return renewed

    async def _ask(self, business_number_id: str, content_hash: bytes) -> Upload | None:
        async with self._workspace.database.transaction() as connection:
            return await store.ask_upload(
                connection, business_number_id, content_hash, self._workspace.clock.now()
            )

    async def _upload(self, business_number_id: str, content_hash: bytes) -> Upload:
        file = await self._load(content_hash)
        if file is None:
            raise FileGoneError
        media_id = await self._uploader.upload(business_number_id, file)
        upload = new_upload(business_number_id, file, media_id, now=self._workspace.clock.now())
        async with self._workspace.database.transaction() as connection:
            await store.keep_upload(connection, upload)
            kept = await store.find_upload(connection, business_number_id, content_hash)
        return kept or upload


def _handle(upload: Upload, filename: str) -> MediaHandle:
    return MediaHandle(media_id=upload.media_id, filename=filename, uploaded_at=upload.uploaded_at)


@asynccontextmanager
async def open_media_uploads(workspace: Workspace, load: LoadFile) -> AsyncIterator[MediaUploads]:
    """Open the way to Meta for the files of a workspace."""
    settings = workspace.settings
    async with MediaUploader(
        base_url=settings.graph_base_url,
        version=settings.graph_version,
        access_token=settings.access_token or "",
    ) as uploader:
        yield MediaUploads(workspace, uploader, load)
