"""The file of a typed reply: looked at and kept like every file of messages, and forgotten after its day."""

import asyncio
from pathlib import Path
from typing import Any

from rulecast.conversation.windows import SERVICE_WINDOW
from rulecast.deliver.media_uploads import MediaFile, check_file
from rulecast.gate.typed_content import TYPED_FILE
from rulecast.template.media import Grade, make_renditions, store
from rulecast.template.media.fetch import read_from_disk
from rulecast.template.media.recognise import ATTACHMENT
from rulecast.template.messages.media import MediaKind
from rulecast.wiring.media_library import open_files
from rulecast.wiring.replies.store import let_uploads_expire
from rulecast.wiring.workspace import Workspace

KEPT_FOR = 2 * SERVICE_WINDOW
"""No typed reply waits longer than a window; the second one is for a sender that stood still."""
FORGOTTEN_AT_ONCE = 500


async def keep_typed_file(workspace: Workspace, path: Path, kind: MediaKind) -> dict[str, Any]:
    """Keep a file of this machine for one reply and return what the run says of it, by its name.

    An image is drawn anew, so that it tells neither place nor camera; everything else goes as it is.

    Raises:
        MediaFetchError: it cannot be read, or is too large.
        MediaRefusedError, FileRefusedError: WhatsApp does not take it as such.
    """
    fetched = await read_from_disk(path)
    wanted = ATTACHMENT if kind == "document" else kind
    made = (await asyncio.to_thread(make_renditions, fetched.content, wanted))[0]
    file = MediaFile(content=made.content, mime_type=made.mime_type)
    check_file(file)
    # Noted before it is kept: whoever forgets the same content now has either ended by then, or leaves it.
    async with workspace.database.transaction() as connection:
        await store.keep_loose_file(
            connection,
            file.content_hash,
            mime_type=made.mime_type,
            size_bytes=len(made.content),
            now=workspace.clock.now(),
        )
    content_hash = await open_files(workspace).keep(made.content)
    form = {"hash": content_hash.hex(), "type": made.mime_type, "bytes": len(made.content)}
    # The name a person sees is sealed with the words: it can be about them.
    return {TYPED_FILE: {"kind": kind, "filename": "", "renditions": {Grade.FULL.value: form}}}


async def forget_typed_files(workspace: Workspace) -> int:
    """Remove the files of typed replies of the day before yesterday, and return how many those were."""
    before = workspace.clock.now() - KEPT_FOR
    files = open_files(workspace)
    async with workspace.database.transaction() as connection:
        old = await store.forget_loose_files(connection, before=before, count=FORGOTTEN_AT_ONCE)
        gone = [content_hash for content_hash, is_declared in old if not is_declared]
        await let_uploads_expire(connection, gone)
        # Within the transaction: who sends the same content now waits for it, and keeps the file after that.
        for content_hash in gone:
            await files.forget(content_hash)
    return len(old)
