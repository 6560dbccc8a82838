"""To whom a message goes: a phone number or a BSUID, two types that cannot be taken for each other."""

import re
from dataclasses import dataclass

from typing_extensions import override

from rulecast.values.phone import PhoneNumber

# Business-scoped user ids (Cloud API): country, `ENT` for the parent form, 1 to 128 letters and digits.
_BSUID = re.compile(r"([A-Z]{2})\.(ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True, repr=False)
class Bsuid:
    """A business-scoped user id of one portfolio, such as `MA.13491208655302741918`; printing it shows the country."""

    value: str

    def __post_init__(self) -> None:
        """Refuse anything that has not the shape of a BSUID."""
        if _BSUID.fullmatch(self.value) is None:
            raise ValueError("not a BSUID")

    @property
    def country(self) -> str:
        """Return the country of the person's number: ISO 3166, two capitals."""
        return self.value[:2]

    @property
    def is_parent(self) -> bool:
        """Return whether several linked portfolios share this id."""
        return self.value[3:7] == "ENT."

    @override
    def __repr__(self) -> str:
        return f"Bsuid({self.country}.***)"

    @override
    def __str__(self) -> str:
        return f"{self.country}.***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person's address: the phone number where it is known, the BSUID only where it is not."""

    phone: PhoneNumber | None = None
    bsuid: Bsuid | None = None

    def __post_init__(self) -> None:
        """Refuse an address that names nobody."""
        if self.phone is None and self.bsuid is None:
            raise ValueError("a recipient has a phone number or a BSUID")

    @property
    def wire_fields(self) -> dict[str, str]:
        """Return `to` with the plus sign, else `recipient`; never both, because Meta would ignore the second."""
        if self.phone is not None:
            return {"to": self.phone.e164}
        assert self.bsuid is not None, "one of both is there"
        return {"recipient": self.bsuid.value}


def recipient_of(kind: str, value: str) -> Recipient:
    """Return the recipient of a stored identity, whose kind is `phone` or `bsuid`.

    Raises:
        ValueError: the value has not the shape of its kind.
    """
    return Recipient(phone=PhoneNumber(value)) if kind == "phone" else Recipient(bsuid=Bsuid(value))
