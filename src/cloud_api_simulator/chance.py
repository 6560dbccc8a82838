"""Chance that depends on a seed and on who is asked, never on the order of asking."""

from hashlib import blake2b
from struct import Struct

DRAW_COUNT = 16
_UNPACK = Struct(f">{DRAW_COUNT}I").unpack
_SCALE = 1.0 / 2**32


class Chance:
    """Draws uniform numbers in [0, 1) from a seed and a key of words."""

    __slots__ = ("_key",)

    def __init__(self, seed: int) -> None:
        """Keep the seed; equal seeds give equal draws in every process."""
        self._key = str(seed).encode()[:64]

    def draws(self, *key: str) -> tuple[float, ...]:
        """Return sixteen independent numbers in [0, 1) for the key."""
        digest = blake2b("\x1f".join(key).encode("utf-8", "surrogatepass"), key=self._key).digest()
        # A list is built faster than a generator is asked sixteen times; this runs for every message.
        return tuple([number * _SCALE for number in _UNPACK(digest)])

    def uniform(self, *key: str) -> float:
        """Return one number in [0, 1) for the key."""
        return self.draws(*key)[0]

    def integer(self, *key: str) -> int:
        """Return a 64-bit number for the key."""
        return int.from_bytes(blake2b("\x1f".join(key).encode(), key=self._key, digest_size=8).digest())

    def token(self, *key: str) -> bytes:
        """Return eighteen hexadecimal digits for the key: what makes a message id one of its kind."""
        digest = blake2b("\x1f".join(key).encode(), key=self._key, digest_size=9)
        return digest.hexdigest().upper().encode()
