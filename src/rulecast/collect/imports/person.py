"""A row of a contact list, read and checked: what the file says about one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from typing_extensions import override

from rulecast.values.purpose import ConsentStatus, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConsent:
    """What the row says about one purpose; None and empty where the file does not tell."""

    purpose: Purpose
    status: ConsentStatus
    occurred_at: datetime | None = None
    method: str = ""
    wording_version: str = ""
    evidence: str | None = field(default=None, repr=False)

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as a plain tuple: a quarter of the time of a frozen record's own way."""
        return _consent, _CONSENT_VALUES(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPerson:
    """What a row says: who, their values typed and folded, tags, consents.

    `personal` holds direct identifiers as written and the written spelling of public text that was folded.
    """

    line: int
    phone: str | None = field(default=None, repr=False)
    bsuid: str | None = field(default=None, repr=False)
    external: str | None = field(default=None, repr=False)
    bsuid_scope: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    consents: tuple[ImportedConsent, ...] = ()
    known_since: datetime | None = None
    purposeless_grants: int = 0

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as a plain tuple; see `ImportedConsent`."""
        return _person, _PERSON_VALUES(self)


_CONSENT_NAMES = tuple(one.name for one in fields(ImportedConsent))
_CONSENT_VALUES = attrgetter(*_CONSENT_NAMES)
_PERSON_NAMES = tuple(one.name for one in fields(ImportedPerson))
_PERSON_VALUES = attrgetter(*_PERSON_NAMES)


def _consent(*values: Any) -> ImportedConsent:
    return ImportedConsent(**dict(zip(_CONSENT_NAMES, values, strict=True)))


def _person(*values: Any) -> ImportedPerson:
    return ImportedPerson(**dict(zip(_PERSON_NAMES, values, strict=True)))
