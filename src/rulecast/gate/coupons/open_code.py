"""Codes belong to nobody until they are given: they are sealed like files, each bound to its keyed hash."""

from rulecast.gate.coupons.share import Open
from rulecast.vault import Vault
from rulecast.vault.errors import SealBrokenError

LOOKUP_KIND = "coupon"
SEALED_CODE = b"gate.coupon.sealed_code "


def index_of(vault: Vault, code: str) -> bytes:
    """Return the keyed hash by which a code is found; small and capital letters are the same code."""
    return vault.lookup_index(LOOKUP_KIND, code.casefold())


def seal_code(vault: Vault, code: str) -> tuple[bytes, bytes]:
    """Return the keyed hash of a code and the sealed code."""
    index = index_of(vault, code)
    return index, vault.seal_file(SEALED_CODE + index, code.encode())


def opener(vault: Vault) -> Open:
    """Return what opens codes with this vault; no call of it waits for anything."""

    def open_code(code_index: bytes, sealed_code: bytes) -> str | None:
        try:
            return vault.open_file(SEALED_CODE + code_index, sealed_code).decode()
        except SealBrokenError:
            return None

    return open_code
