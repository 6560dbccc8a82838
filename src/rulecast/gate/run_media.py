"""The files of a run's messages, by the hashes that were approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from rulecast.template.media import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMedia:
    """The forms of one file by grade, as SHA-256 of their content; `filename` is what a person saves a document as."""

    hashes: Mapping[str, bytes]
    filename: str

    @classmethod
    def of(cls, planned: Mapping[str, Any]) -> Self:
        """Read what a plan signed of a file."""
        return cls(
            hashes={grade: bytes.fromhex(one["hash"]) for grade, one in planned["renditions"].items()},
            filename=planned["filename"],
        )

    def content_of(self, form: str) -> bytes | None:
        """Return the content for the form a message keeps; None where it goes out without the file."""
        if form == Grade.NONE:
            return None
        return self.hashes.get(form or Grade.FULL, self.hashes[Grade.FULL])
