"""A file as it is kept: what was fetched, and its renditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rulecast.template.media.choose import FULLER, Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One form of a file; width and height in pixels, 0 where it is no image."""

    grade: Grade
    content_hash: bytes
    mime_type: str
    size_bytes: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMedium:
    """What was fetched under a name, once; `source_hash` is the SHA-256 of the file as it came.

    Where lighter forms were fetched beside it, it is that of all their hashes, the fullest first.
    """

    medium_content_id: int
    name: str
    kind: str
    source_hash: bytes
    fetched_at: datetime
    fetched_by: str
    renditions: Mapping[Grade, Rendition]

    def rendition(self, grade: Grade) -> Rendition:
        """Return the form for a grade other than none, or the next fuller one where the file has none of it."""
        return next(self.renditions[one] for one in FULLER[grade] if one in self.renditions)
