"""A bounded, short-lived memory of unwrapped keys."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Key = TypeVar("Key", bound=Hashable)


class KeyCache(Generic[Key]):
    """Ciphers by owner, dropped after some seconds so that an erasure elsewhere takes effect here.

    One event loop uses it; it takes no lock.
    """

    def __init__(self, *, limit: int, lifetime_seconds: float) -> None:
        """Keep at most `limit` ciphers for at most `lifetime_seconds` each."""
        self._limit = limit
        self._lifetime_seconds = lifetime_seconds
        self._kept: OrderedDict[Key, tuple[float, AESGCM]] = OrderedDict()

    def get(self, owner: Key) -> AESGCM | None:
        """Return the cipher of an owner if it is still fresh."""
        found = self._kept.get(owner)
        if found is None or found[0] < time.monotonic():
            return None
        return found[1]

    def put(self, owner: Key, cipher: AESGCM) -> None:
        """Keep a cipher, dropping the oldest beyond the limit."""
        self._kept[owner] = (time.monotonic() + self._lifetime_seconds, cipher)
        self._kept.move_to_end(owner)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def drop(self, owner: Key) -> None:
        """Forget the cipher of an owner."""
        self._kept.pop(owner, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
