"""By what a person is known: phone number, BSUID, the company's own customer id, and other names of these."""

import re
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from rulecast.vault import Vault

IdentityKind = Literal["phone", "wa_id", "bsuid", "parent_bsuid", "username", "external"]
"""`wa_id` is WhatsApp's spelling of a number dialled otherwise; nobody is found by a `username`."""

# Longer than any customer id seen in practice; a whole text in the column is a mapping error.
EXTERNAL_ID_LENGTH_MAX = 200

# Two spellings of one mobile number that WhatsApp itself mixes: Brazil's ninth digit, Mexico's 1 and
# Argentina's 9 after the country code. They find a person; a stored number is never rewritten.
_VARIANTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\+55(\d\d)9([6-9]\d{7})"), r"+55\1\2"),
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+52(\d{10})"), r"+521\1"),
    (re.compile(r"\+549(\d{10})"), r"+54\1"),
    (re.compile(r"\+54([1-8]\d{9})"), r"+549\1"),
)


_COUNTRIES_WITH_VARIANTS = frozenset({"+52", "+54", "+55"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """One way to recognise a person; printing it shows the kind only.

    `scope` is the portfolio of a BSUID and empty otherwise. A phone or wa_id is E.164 with its plus sign.
    """

    kind: IdentityKind
    value: str
    scope: str = ""

    @override
    def __repr__(self) -> str:
        return f"Identity({self.kind}, ***)"

    @property
    def hashed_text(self) -> str:
        """Return the text from which the keyed hashes are made."""
        return f"{self.scope}/{self.value}" if self.scope else self.value

    @property
    def hashed_kind(self) -> str:
        """Return the kind under which it is hashed: a number is one number however WhatsApp spells it."""
        return "phone" if self.kind == "wa_id" else self.kind


def lookup_of(vault: Vault, identity: Identity) -> bytes:
    """Return the keyed hash, 16 bytes, under which the identity is stored."""
    return vault.lookup_index(identity.hashed_kind, identity.hashed_text)


def phone_variants(e164: str) -> tuple[str, ...]:
    """Return the number and the other spellings of the same line, the number itself first."""
    if e164[:3] not in _COUNTRIES_WITH_VARIANTS:
        return (e164,)
    others = (pattern.sub(other, e164) for pattern, other in _VARIANTS if pattern.fullmatch(e164))
    return (e164, *others)


def lookups_of(vault: Vault, e164: str) -> tuple[bytes, ...]:
    """Return the keyed hashes of a phone number and of its national variants, the number itself first."""
    return tuple(vault.lookup_index("phone", one) for one in phone_variants(e164))
