"""Pure sealing: AES-256-GCM with a versioned header and everything the value belongs to bound in.

A sealed value is `1 byte format | 1 byte key version | 12 bytes nonce | ciphertext | 16 bytes tag`.
The nonce is random: with one key per contact (or per day, or for wrapping) far fewer than 2^32 values
are sealed under one key, the bound of NIST SP 800-38D 8.3.
"""

import os
import struct
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rulecast.vault.errors import SealBrokenError

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 2
LENGTH = struct.Struct(">H")
# More than the sealed columns of the schema.
COLUMNS_MAX = 64
OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES


def associated_data(workspace: str, column: str, owner: bytes) -> bytes:
    """Return the text bound into a seal: workspace, column and owner, each with its length before it."""
    return _shared_part(workspace, column) + LENGTH.pack(len(owner)) + owner


@lru_cache(maxsize=COLUMNS_MAX)
def _shared_part(workspace: str, column: str) -> bytes:
    """Return what all owners of a column have in common; an import binds millions of values to three columns."""
    parts = (workspace.encode(), column.encode())
    return b"".join(LENGTH.pack(len(part)) + part for part in parts)


def contact_owner(contact_id: int) -> bytes:
    """Return a contact id as the owner part of the associated data."""
    return b"c" + struct.pack(">q", contact_id)


def seal(cipher: AESGCM, plaintext: bytes, *, bound: bytes, key_version: int) -> bytes:
    """Seal a value under a cipher; the header is authenticated too."""
    header = bytes((FORMAT, key_version))
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + cipher.encrypt(nonce, plaintext, header + bound)


def open_sealed(cipher: AESGCM, sealed: bytes, *, bound: bytes) -> bytes:
    """Open a sealed value.

    Raises:
        SealBrokenError: it was changed, moved, truncated, or sealed under another key.
    """
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != FORMAT:
        raise SealBrokenError("A sealed value has an unknown format.")
    header, nonce = sealed[:HEADER_BYTES], sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    try:
        return cipher.decrypt(nonce, sealed[HEADER_BYTES + NONCE_BYTES :], header + bound)
    except InvalidTag:
        raise SealBrokenError from None


def key_version_of(sealed: bytes) -> int:
    """Return the key version in a sealed value's header.

    Raises:
        SealBrokenError: it is too short to have one.
    """
    if len(sealed) < OVERHEAD_BYTES:
        raise SealBrokenError("A sealed value has an unknown format.")
    return sealed[1]
