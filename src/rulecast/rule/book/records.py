"""A rule as kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from rulecast.values.ids import RuleVersionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule: its canonical text, who saved it, and when."""

    rule_version_id: RuleVersionId
    rule_name: str
    version: int
    text: str
    content_hash: bytes
    author: str
    created_at: datetime


def content_hash(canonical_text: str) -> bytes:
    """Return the SHA-256 of a rule's canonical text: 32 bytes."""
    return hashlib.sha256(canonical_text.encode()).digest()
