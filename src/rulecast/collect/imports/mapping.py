"""How the columns of a file become people or events: the records behind a mapping file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.values.catalogue import AttributeType, DataClass
from rulecast.values.purpose import ConsentStatus

ImportKind = Literal["contacts", "events"]
Repeats = Literal["same", "count"]

# Words a status column may hold without being listed: what forms and exports write for yes.
GRANTED_WORDS = (
    "granted",
    "yes",
    "y",
    "true",
    "1",
    "opt-in",
    "optin",
    "opted in",
    "subscribed",
    "oui",
    "نعم",
)
DENIED_WORDS = ("denied", "no", "n", "false", "0", "opt-out", "optout", "opted out", "non", "لا")
WITHDRAWN_WORDS = ("withdrawn", "unsubscribed", "revoked", "retiré", "désabonné")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRule:
    """Where one value comes from and how it is read.

    Exactly one of `column`, `constant` and `multiply` (the product of two or more number columns) is set.
    `format` is a strptime pattern, `unix` or `unix_ms`; None reads ISO 8601. `zone` is meant where an instant
    names no offset. `map` translates texts (compared case-folded) before they are read; `otherwise` replaces
    those it does not list.
    """

    column: str | None = None
    constant: str | int | float | bool | None = None
    multiply: tuple[str, ...] = ()
    type: AttributeType | None = None
    data_class: DataClass | None = None
    format: str | None = None
    decimal: Literal[".", ","] = "."
    zone: str | None = None
    split: str = ","
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None

    def columns(self) -> tuple[str, ...]:
        """Return the columns the value is read from."""
        return (self.column,) if self.column is not None else self.multiply


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """The columns that say who a row is about; `bsuid_scope` is the portfolio of the BSUIDs."""

    phone: str | None = None
    bsuid: str | None = None
    external: str | None = None
    bsuid_scope: str = ""
    default_region: str | None = None

    def columns(self) -> tuple[str, ...]:
        """Return the columns in use."""
        return tuple(one for one in (self.phone, self.bsuid, self.external) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRules:
    """Tags from columns, split at a character, and tags everybody of the file gets."""

    columns: tuple[str, ...] = ()
    split: str = ","
    constant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRules:
    """One consent a row may speak about.

    A row speaks where its status is not empty. Without `when`, `how` and `wording` a grant is stored as unproven;
    without a purpose it is counted only, while a refusal without a purpose is stored for every purpose.
    """

    purpose: ValueRule
    status: ValueRule
    granted: tuple[str, ...] = GRANTED_WORDS
    denied: tuple[str, ...] = DENIED_WORDS
    withdrawn: tuple[str, ...] = WITHDRAWN_WORDS
    when: ValueRule | None = None
    how: ValueRule | None = None
    wording: ValueRule | None = None
    evidence: ValueRule | None = None

    def status_of(self) -> dict[str, ConsentStatus]:
        """Return the status of each word, case-folded."""
        words = {word.casefold(): ConsentStatus.DENIED for word in self.denied}
        words.update((word.casefold(), ConsentStatus.GRANTED) for word in self.granted)
        words.update((word.casefold(), ConsentStatus.WITHDRAWN) for word in self.withdrawn)
        return words

    def rules(self) -> Iterable[ValueRule]:
        """Return every value rule in use."""
        return (
            one
            for one in (self.purpose, self.status, self.when, self.how, self.wording, self.evidence)
            if one is not None
        )

    @property
    def can_be_proven(self) -> bool:
        """Return whether a row can carry date, method and wording version."""
        return self.when is not None and self.how is not None and self.wording is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """What an event row says happened.

    `prefixes` names the event by how the value of `prefix_column` begins; `name` is for all others. With
    `source_id` columns, they make an event the same event when it is imported again; otherwise the whole row
    does, and `repeats` says whether identical rows of a file are one event (`same`) or as many (`count`).
    """

    name: ValueRule
    occurred_at: ValueRule
    properties: Mapping[str, ValueRule] = field(default_factory=dict)
    prefix_column: str | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)
    source_id: tuple[str, ...] = ()
    repeats: Repeats = "same"
    create_contacts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRules:
    """A second file whose columns are added to each row by a key; a path relative to the imported file."""

    file: str
    column: str
    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """What the file does not tell itself."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """A whole mapping; `events` is None for contacts."""

    kind: ImportKind
    identity: IdentityRules
    file: FileRules = field(default_factory=FileRules)
    attributes: Mapping[str, ValueRule] = field(default_factory=dict)
    known_since: ValueRule | None = None
    valid_from: datetime | None = None
    tags: TagRules = field(default_factory=TagRules)
    consents: tuple[ConsentRules, ...] = ()
    event: EventRules | None = None
    join: JoinRules | None = None
