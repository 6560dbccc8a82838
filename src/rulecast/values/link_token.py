"""Tokens of tracked links: which attempt and which of its links, signed, with nothing personal inside."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rulecast.values.ids import OpaqueId
from rulecast.values.quickly_made import quickly_made

OPAQUE_ID_BYTES = 16
# Eight bytes of tag: a forger needs 2^63 tries at an endpoint that answers thousands a second at most.
TAG_BYTES = 8
# One byte holds the index; WhatsApp allows ten buttons in a template.
LINK_INDEX_MAX = 255
TOKEN_LENGTH = 34

_TOKEN = re.compile(r"[A-Za-z0-9_-]{34}", re.ASCII)

Sign = Callable[[bytes], bytes]
"""Keyed signature of at least eight bytes; `functools.partial(vault.sign, "link")` is one."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """What a genuine token names: one send attempt and the position of one of its links."""

    opaque_id: OpaqueId
    link_index: int


def make_link_token(link: LinkToken, sign: Sign) -> str:
    """Return the 34 characters of base64url that stand for this link of this attempt.

    Raises:
        ValueError: the opaque id is not 16 bytes long or the index does not fit one byte.
    """
    if len(link.opaque_id) != OPAQUE_ID_BYTES:
        raise ValueError("an opaque id has 16 bytes")
    if not 0 <= link.link_index <= LINK_INDEX_MAX:
        raise ValueError("a link index fits one byte")
    named = link.opaque_id + bytes((link.link_index,))
    return _encode(named + sign(named)[:TAG_BYTES])


def read_link_token(token: str, sign: Sign) -> LinkToken | None:
    """Return what the token names, or None where it is malformed or forged; compares in constant time."""
    if _TOKEN.fullmatch(token) is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "==")
    except binascii.Error:
        return None
    # The last character has four spare bits: only one spelling of a token is genuine.
    if _encode(raw) != token:
        return None
    named, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    if not hmac.compare_digest(sign(named)[:TAG_BYTES], tag):
        return None
    return LinkToken(opaque_id=OpaqueId(named[:OPAQUE_ID_BYTES]), link_index=named[OPAQUE_ID_BYTES])


def link_index_of(links: Mapping[str, str], name: str) -> int:
    """Return the index a named link of a template has in tokens: its place among the sorted names.

    Raises:
        KeyError: the template has no link of that name.
    """
    if name not in links:
        raise KeyError(name)
    return sorted(links).index(name)


def link_name_of(links: Mapping[str, str], link_index: int) -> str | None:
    """Return the name of the link at this index, or None where the template has fewer links."""
    names = sorted(links)
    return names[link_index] if link_index < len(names) else None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
