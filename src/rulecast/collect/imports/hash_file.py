"""The hash of a file's bytes."""

import hashlib
from pathlib import Path


def hash_file(path: Path) -> bytes:
    """Return the SHA-256 of a file; blocking."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
