"""The uploads that runs need, as a sender asks for them: remembered while they are fresh, never asked for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from rulecast.deliver.media_uploads import FileRefusedError, FileTooLargeError, UploadFailedError
from rulecast.deliver.media_uploads.errors import FileGoneError
from rulecast.gate.run_media import WantedFile
from rulecast.template.media.errors import MediaBrokenError
from rulecast.template.messages import MediaHandle
from rulecast.values.errors import RulecastError
from rulecast.values.reason import Reason
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
        self._known: dict[tuple[str, WantedFile], tuple[MediaHandle | Reason, datetime]] = {}

    async def find(self, business_number_id: str, file: WantedFile) -> MediaHandle | Reason:
        """Return the upload of a file for a number, made now where there is none, or why that fails."""
        key = (business_number_id, file)
        now = self._workspace.clock.now()
        known, until = self._known.get(key, (None, now))
        if known is not None and now < until:
            return known
        try:
            found: MediaHandle | Reason = await self._uploads.media_id_for(
                business_number_id, file.content_hash, filename=file.filename
            )
        except (FileGoneError, FileRefusedError, MediaBrokenError, UploadFailedError) as error:
            log.warning("file_not_uploaded", business_number_id=business_number_id, error_code=error.code)
            found = _reason_of(error)
        wait = TRIED_AGAIN_AFTER if isinstance(found, Reason) else ASKED_AGAIN_AFTER
        self._known[key] = (found, now + wait)
        return found

    async def keep_fresh(self) -> None:
        """Again and again, renew what expires soon and is in use."""
        while True:
            try:
                await self._uploads.renew()
            except Exception:
                # Sending goes on: a message that needs the upload renews it as well.
                log.exception("uploads_not_renewed")
            await asyncio.sleep(LOOKED_AFTER_SECONDS)


def _reason_of(error: RulecastError) -> Reason:
    """Return what a message is told of an upload that failed."""
    match error:
        case FileTooLargeError():
            return Reason.FILE_TOO_LARGE
        case FileRefusedError():
            return Reason.FILE_REFUSED
        case FileGoneError() | MediaBrokenError():
            return Reason.FILE_MISSING
        case _:
            return Reason.FILE_NOT_UPLOADED


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
