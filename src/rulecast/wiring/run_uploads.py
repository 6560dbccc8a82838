"""The uploads that runs need, as a sender asks for them: remembered while they hold, never waited for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from rulecast.deliver.error_code import CodeAction, describe_error_code
from rulecast.deliver.heed_codes import CodeMet, heed_codes
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
OF_NUMBER_OR_TOKEN = frozenset({CodeAction.PAUSE_NUMBER, CodeAction.STOP_ALL})
LOOKED_AFTER_SECONDS = 3600.0
PATIENCE_SECONDS = 2.0
"""What other messages of a number wait for a file they do not show; an upload itself may take minutes."""

log = structlog.get_logger(__name__)


class RunUploads:
    """What a sender asks; each file is uploaded in a task of its own, and waited for two seconds."""

    def __init__(self, workspace: Workspace, uploads: MediaUploads) -> None:
        """Join the workspace and its uploads."""
        self._workspace = workspace
        self._uploads = uploads
        self._known: dict[tuple[str, WantedFile], tuple[MediaHandle | Reason, datetime]] = {}
        self._asking: dict[tuple[str, WantedFile], tuple[asyncio.Task[MediaHandle | Reason], float]] = {}

    def __len__(self) -> int:
        """Return of how many files something is remembered."""
        return len(self._known)

    async def find(self, business_number_id: str, file: WantedFile) -> MediaHandle | Reason:
        """Return the upload of a file for a number, made now where there is none, or why that fails.

        One that takes long goes on by itself; until it is there its messages wait, and no others.
        """
        key = (business_number_id, file)
        known = await self._remembered(key)
        if known is not None:
            return known
        now = asyncio.get_running_loop().time()
        asking, since = self._asking.get(key) or self._begin(key, now)
        await asyncio.wait({asking}, timeout=max(0.0, since + PATIENCE_SECONDS - now))
        return asking.result() if asking.done() else Reason.FILE_NOT_UPLOADED

    def _begin(
        self, key: tuple[str, WantedFile], now: float
    ) -> tuple[asyncio.Task[MediaHandle | Reason], float]:
        def end(task: asyncio.Task[MediaHandle | Reason]) -> None:
            self._asking.pop(key, None)
            if not task.cancelled() and task.exception() is not None:
                log.warning("upload_ended", error_type=type(task.exception()).__name__)

        task = asyncio.create_task(self._ask(key))
        task.add_done_callback(end)
        self._asking[key] = (task, now)
        return task, now

    async def _remembered(self, key: tuple[str, WantedFile]) -> MediaHandle | Reason | None:
        """Return what is known of a file and still holds, whichever process may have learned otherwise."""
        known, until = self._known.get(key, (None, self._workspace.clock.now()))
        if known is None or self._workspace.clock.now() >= until:
            return None
        if isinstance(known, MediaHandle) and not await self._uploads.holds(
            key[0], key[1].content_hash, known
        ):
            return None
        return known

    async def _ask(self, key: tuple[str, WantedFile]) -> MediaHandle | Reason:
        business_number_id, file = key
        try:
            found: MediaHandle | Reason = await self._uploads.media_id_for(
                business_number_id, file.content_hash, filename=file.filename
            )
        except (FileGoneError, FileRefusedError, MediaBrokenError, UploadFailedError) as error:
            log.warning("file_not_uploaded", business_number_id=business_number_id, error_code=error.code)
            found = _reason_of(error)
            await self._heed(business_number_id, error)
        wait = TRIED_AGAIN_AFTER if isinstance(found, Reason) else ASKED_AGAIN_AFTER
        now = self._workspace.clock.now()
        # A sender runs for months, and every typed reply can show a file of its own.
        self._known = {other: kept for other, kept in self._known.items() if now < kept[1]}
        self._known[key] = (found, now + wait)
        return found

    async def _heed(self, business_number_id: str, error: RulecastError) -> None:
        """Put in force what the code of a refusal demands of number or account, as it would after a message."""
        code = error.graph_code if isinstance(error, UploadFailedError) else 0
        described = describe_error_code(code)
        if described.action not in OF_NUMBER_OR_TOKEN or not code:
            return
        now = self._workspace.clock.now()
        met = CodeMet(
            code=code,
            action=described.action,
            contact_id=0,
            template_id=0,
            business_number_id=business_number_id,
            at=now,
        )
        async with self._workspace.database.transaction() as connection:
            await heed_codes(connection, [met], now)

    async def close(self) -> None:
        """Give up what is still being uploaded: another process uploads it when it needs it."""
        asking = [task for task, _ in self._asking.values()]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

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
            await asyncio.gather(renewing, runs.close(), return_exceptions=True)
