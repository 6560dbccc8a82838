"""A phone number that never shows itself by accident."""

import re
from dataclasses import dataclass

from typing_extensions import override

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNumber:
    """A number in E.164 with its plus sign; printing it shows the country prefix and the last two digits only."""

    e164: str

    def __post_init__(self) -> None:
        """Refuse anything that is not E.164 (ITU-T E.164: at most 15 digits)."""
        if _E164.fullmatch(self.e164) is None:
            raise ValueError("not an E.164 number")

    @property
    def masked(self) -> str:
        """Return the number as a person may see it: `+212*******89`."""
        return f"{self.e164[:4]}{'*' * (len(self.e164) - 6)}{self.e164[-2:]}"

    @override
    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked})"

    @override
    def __str__(self) -> str:
        return self.masked
