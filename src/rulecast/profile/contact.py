"""A person as the database is told about them, and as they are read back for a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from rulecast.profile.identity import Identity
from rulecast.values.ids import ContactId

ContactSource = Literal["import", "inbound", "track", "agent"]

# Decimals travel as JSON numbers, digit for digit; names are sorted so that equal values have equal text.
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

SEALED_ATTRIBUTES = "profile.contact.sealed_attributes"
SEALED_IDENTITY = "profile.identity.value"
SEALED_EVIDENCE = "profile.consent.evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """A person to be created.

    `attributes` are public values, typed and folded, by catalogue name. `personal` holds what is sealed:
    direct identifiers as written, and the written spelling of public text whose stored form differs from it.
    `attributes_valid_from` says since when the attributes hold; None is the moment of recording.
    """

    identities: tuple[Identity, ...]
    source: ContactSource
    first_seen_at: datetime
    attributes: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)
    attributes_valid_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """What is learned about a known person; a value that is not named stays as it is."""

    contact_id: ContactId
    attributes: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)
    identities: tuple[Identity, ...] = ()
    attributes_valid_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContact:
    """What the database holds of a person's values; JSON as text, so that decimals stay exact."""

    contact_id: ContactId
    attributes: str
    sealed_attributes: bytes | None
    is_reachable: bool
    recorded_at: datetime


def encode_values(values: Mapping[str, object]) -> str:
    """Return values as JSON text with sorted names and exact decimals."""
    return _ENCODER.encode(values).decode()


def decode_values(text: str | bytes) -> dict[str, Any]:
    """Read values written by `encode_values` or by PostgreSQL; fractions become decimals."""
    return _DECODER.decode(text)


def is_addressable(identities: tuple[Identity, ...]) -> bool:
    """Return whether WhatsApp could deliver to one of the identities."""
    return any(one.kind in {"phone", "bsuid"} for one in identities)
