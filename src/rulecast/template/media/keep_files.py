"""Files on the disk of this machine, sealed, each under the hash of its content."""

import asyncio
import hashlib
import os
import secrets
from pathlib import Path

from rulecast.template.media.errors import MediaBrokenError
from rulecast.vault import Vault
from rulecast.vault.errors import SealBrokenError

SUFFIX = ".sealed"


class MediaFiles:
    """The directory of kept files; the same content is kept once."""

    def __init__(self, directory: Path, vault: Vault) -> None:
        """Take the directory, made at the first file, and the vault whose key seals."""
        self._directory = directory
        self._vault = vault

    async def keep(self, content: bytes) -> bytes:
        """Keep a file durably and return the SHA-256 of its content, 32 bytes."""
        content_hash = hashlib.sha256(content).digest()
        sealed = await asyncio.to_thread(self._vault.seal_file, content_hash, content)
        await asyncio.to_thread(self._write, self._path(content_hash), sealed)
        return content_hash

    async def load(self, content_hash: bytes) -> bytes | None:
        """Return the content with that hash, or None where it is not kept here.

        Raises:
            MediaBrokenError: the file on the disk is not what was kept.
        """
        try:
            sealed = await asyncio.to_thread(self._path(content_hash).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MediaBrokenError(f"A kept file cannot be read: {error.strerror}.") from None
        try:
            content = await asyncio.to_thread(self._vault.open_file, content_hash, sealed)
        except SealBrokenError:
            raise MediaBrokenError("A kept file was changed on the disk.") from None
        if hashlib.sha256(content).digest() != content_hash:
            raise MediaBrokenError("A kept file is not the one its name says.")
        return content

    async def forget(self, content_hash: bytes) -> None:
        """Remove the content with that hash; it may be gone already."""
        await asyncio.to_thread(self._path(content_hash).unlink, missing_ok=True)

    def _path(self, content_hash: bytes) -> Path:
        return self._directory / f"{content_hash.hex()}{SUFFIX}"

    def _write(self, path: Path, sealed: bytes) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written beside and moved: a crash leaves no half a file under a good name.
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
