"""The root key: where it comes from, what losing it means, and the keys derived from it."""

import base64
import binascii
import errno
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from rulecast.config import Settings
from rulecast.vault.cipher import KEY_BYTES
from rulecast.vault.errors import RootKeyExposedError, RootKeyInvalidError, RootKeyLostError

FILE_NAME = "root.key"
SECRET_MODE = 0o600
FINGERPRINT_BYTES = 16
LOSS_EXPLANATION = """A root key was created: {path}
Every phone number, name and message text is sealed under it. Lose this file and nobody, including us,
can read them again: no message can be sent to the people stored here, and their records cannot be shown.
Copy it now to a safe place away from the database's backups (whoever has both can read everything)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """The root key of a workspace, and the news of its creation if it was created now."""

    material: bytes = field(repr=False)
    explanation: str | None
    """What losing the key means; set only when the key was created by this call."""

    def derive(self, purpose: str, workspace: str) -> bytes:
        """Return the 32-byte key of one purpose in one workspace (HKDF-SHA256, RFC 5869, expand only).

        The root key is 32 uniformly random bytes, so the extract step is not needed (RFC 5869 3.3).
        """
        info = f"rulecast/1/{workspace}/{purpose}".encode()
        return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=info).derive(self.material)

    def fingerprint(self, workspace: str) -> bytes:
        """Return 16 bytes that identify the key without giving anything of it away."""
        return hmac.new(self.derive("fingerprint", workspace), b"root key", hashlib.sha256).digest()[
            :FINGERPRINT_BYTES
        ]


def load_root_key(settings: Settings, *, may_create: bool) -> RootKey:
    """Read the root key from the setting or the file; create the file if allowed and missing.

    Raises:
        RootKeyInvalidError: it is not 32 bytes in base64.
        RootKeyExposedError: the file can be read by others.
        RootKeyLostError: there is none and none may be created, since sealed data exists.
    """
    if settings.root_key is not None:
        return RootKey(material=_decode(settings.root_key, "RULECAST_ROOT_KEY"), explanation=None)
    path = settings.home / FILE_NAME
    try:
        return RootKey(material=_read(path), explanation=None)
    except FileNotFoundError:
        if not may_create:
            raise RootKeyLostError from None
    try:
        return RootKey(material=_create(path), explanation=LOSS_EXPLANATION.format(path=path))
    except FileExistsError:
        # Another process created it in the same instant; its key is the one.
        return RootKey(material=_read(path), explanation=None)


def _read(path: Path) -> bytes:
    try:
        # Without O_NONBLOCK a named pipe in its place would hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RootKeyExposedError(f"{FILE_NAME} is a symbolic link.") from None
        raise
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        found = os.fstat(file.fileno())
        if (
            not stat.S_ISREG(found.st_mode)
            or found.st_uid != os.geteuid()
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            raise RootKeyExposedError(f"{FILE_NAME} has the mode {stat.S_IMODE(found.st_mode):04o}.")
        return _decode(file.read(), FILE_NAME)


def _create(path: Path) -> bytes:
    """Write a new key so that it is either there whole or not at all; never over an existing one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    material = secrets.token_bytes(KEY_BYTES)
    unfinished = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(material).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A hard link fails where the name exists; a rename would replace it.
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return material


def _decode(text: str, place: str) -> bytes:
    try:
        material = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != KEY_BYTES:
        raise RootKeyInvalidError(f"{place} does not hold 32 bytes in base64.")
    return material
