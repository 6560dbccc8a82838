"""The uploads that runs need, as a sender asks for them: remembered while they are fresh, never asked for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from rulecast.deliver.media_uploads import FileRefusedError, UploadFailedError
from rulecast.deliver.media_uploads.errors import FileGoneError
from rulecast.template.media.errors import MediaBrokenError
from rulecast.template.messages import MediaHandle
from rulecast.wiring.media_library import load_file
from rulecast.wiring.media_uploads import MediaUploads, open_media_uploads
from rulecast.wiring.workspace import Workspace

ASKED_AGAIN_AFTER = timedelta(minutes=10)
"""Uploads hold for thirty days and are renewed three days before; looking every ten minutes misses nothing."""
TRIED_AGAIN_AFTER = timedelta(seconds=30)
"""A message without its file is put off by a minute: by then the upload is tried again, and not by every message."""
LOOKED_AFTER_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class RunUploads:
    """What a sender asks; messages of one file ask the database once in ten minutes."""

    def __init__(self, workspace: Workspace, uploads: MediaUploads) -> None:
        """Join the workspace and its uploads."""
        self._workspace = workspace
        self._uploads = uploads
        self._known: dict[tuple[str, bytes, str], tuple[MediaHandle | None, datetime]] = {}

    async def find(self, business_number_id: str, content_hash: bytes, filename: str) -> MediaHandle | None:
        """Return the upload of a content for a number, made now where there is none; None where that fails."""
        key = (business_number_id, content_hash, filename)
        now = self._workspace.clock.now()
        handle, until = self._known.get(key, (None, now))
        if now < until:
            return handle
        try:
            handle = await self._uploads.media_id_for(business_number_id, content_hash, filename=filename)
        except (FileGoneError, FileRefusedError, MediaBrokenError, UploadFailedError) as error:
            log.warning("file_not_uploaded", business_number_id=business_number_id, error_code=error.code)
            handle = None
        wait = TRIED_AGAIN_AFTER if handle is None else ASKED_AGAIN_AFTER
        self._known[key] = (handle, now + wait)
        return handle

    async def keep_fresh(self) -> None:
        """Again and again, renew what expires soon and is in use."""
        while True:
            try:
                await self._uploads.renew()
            except Exception:
                # Sending goes on: a message that needs the upload renews it as well.
                log.exception("uploads_not_renewed")
            await asyncio.sleep(LOOKED_AFTER_SECONDS)


@asynccontextmanager
async def open_run_uploads(workspace: Workspace) -> AsyncIterator[RunUploads]:
    """Open the uploads of a sending process, and renew them while it runs."""
    async with open_media_uploads(workspace, partial(load_file, workspace)) as uploads:
        runs = RunUploads(workspace, uploads)
        renewing = asyncio.create_task(runs.keep_fresh())
        try:
            yield runs
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
