"""The files of a run's messages, by the hashes that were approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from rulecast.template.media import Grade
from rulecast.template.media.choose import FULLER
from rulecast.template.media.planned import planned_files


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WantedFile:
    """A content by its SHA-256; `filename` is what a person saves a document as, empty for other files."""

    content_hash: bytes
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMedia:
    """The files of one arm by the parameter they fill, each by grade."""

    files: Mapping[str, Mapping[str, WantedFile]]

    @classmethod
    def of(cls, planned: Mapping[str, Any]) -> Self:
        """Read what a plan signed of the files of an arm."""
        return cls(
            files={
                parameter: {
                    grade: WantedFile(content_hash=bytes.fromhex(form["hash"]), filename=one["filename"])
                    for grade, form in one["renditions"].items()
                }
                for parameter, one in planned_files(planned).items()
            }
        )

    def wanted(self, form: str) -> dict[str, WantedFile]:
        """Return the files for the form a message keeps, by parameter; none where it goes out without them."""
        if form == Grade.NONE:
            return {}
        return {
            parameter: next(forms[grade] for grade in FULLER[Grade(form or Grade.FULL)] if grade in forms)
            for parameter, forms in self.files.items()
        }
