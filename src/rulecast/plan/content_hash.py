"""The hash that an approval signs: over the document and over the decision on every person."""

import hashlib
import json
from collections.abc import Mapping


def canonical(document: Mapping[str, object]) -> bytes:
    """Return a document as canonical JSON: sorted names, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def content_hash(document: Mapping[str, object], members_hash: bytes) -> bytes:
    """Return the SHA-256 of a plan: 32 bytes."""
    return hashlib.sha256(canonical(document) + b"\n" + members_hash).digest()
