"""The vault as other rooms use it: seal, open, find by keyed hash, sign, erase."""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rulecast.values.ids import ContactId
from rulecast.vault.cipher import KEY_BYTES, associated_data, contact_owner, open_sealed, seal
from rulecast.vault.errors import ContactKeyMissingError, DayKeyDestroyedError, SealBrokenError
from rulecast.vault.key_cache import KeyCache
from rulecast.vault.root_key import RootKey
from rulecast.vault.store import KeyStore

KEY_VERSION = 1
INDEX_BYTES = 16
# Kinds of what is looked up are words of the program, a dozen, under two keys of each workspace.
KINDS_MAX = 100
# SHA-256 hashes blocks of 64 bytes; a key is one, filled up and masked by these two (RFC 2104).
HASH_BLOCK_BYTES = 64
_INNER_PAD = bytes(value ^ 0x36 for value in range(256))
_OUTER_PAD = bytes(value ^ 0x5C for value in range(256))
# A cipher takes 2.7 kB, so that these are 22 MB: the contacts of an import batch, or of some seconds of sending.
CACHE_LIMIT = 8_000
# Erasure elsewhere reaches this process no later than this.
CACHE_LIFETIME_SECONDS = 30.0
# Bounds one transaction: 5,000 wrapped keys of 60 bytes are 300 kB with their ids, near the 256 kB habit.
KEYS_PER_TRANSACTION = 4_000
WRAP_COLUMN = "contact_key.wrapped_key"
FILE_COLUMN = "file"
DAY_WRAP_COLUMN = "day_key.wrapped_key"
DAY_PREFIX = struct.Struct(">i")
DAY_EPOCH = date(2000, 1, 1)

BROKEN_SEALS_MAX = 100
"""Where the first hundred broken seals were, tells what happened; more would only fill the record."""


class SealItem(NamedTuple):
    """A value, plain or sealed, with what it belongs to."""

    contact_id: ContactId
    column: str
    value: bytes


class Vault:
    """Seals values under keys of their contacts or their day; every key it holds came from one root key."""

    def __init__(self, root: RootKey, workspace: str, store: KeyStore) -> None:
        """Derive the standing keys; the others are asked of the store when needed."""
        self.explanation = root.explanation
        """What losing the root key means, to be shown before anything is sealed; None unless it is new."""
        self.fingerprint = root.fingerprint(workspace)
        """Sixteen bytes that identify root key and workspace."""
        self.assignment_key = root.derive("assignment", workspace)
        """Key of the hash that puts people into holdouts and variants."""
        self._root = root
        self._workspace = workspace
        self._store = store
        self._wrapping = AESGCM(root.derive("wrapping", workspace))
        self._files = AESGCM(root.derive("files", workspace))
        self._lookup_key = root.derive("lookup index", workspace)
        self._suppression_key = root.derive("suppression index", workspace)
        self._sign_keys: dict[str, bytes] = {}
        self._contacts: KeyCache[int] = KeyCache(limit=CACHE_LIMIT, lifetime_seconds=CACHE_LIFETIME_SECONDS)
        self._broken_seals: dict[str, None] = {}
        self._days: KeyCache[date] = KeyCache(limit=32, lifetime_seconds=CACHE_LIFETIME_SECONDS)

    async def create_keys(self, contact_ids: Iterable[ContactId]) -> None:
        """Make a key for each contact that has none; call it before the contact's own transaction commits.

        A key whose contact is then rolled back is an orphan: it opens nothing and harms nothing.
        An erased contact gets none.
        """
        wanted = sorted(set(contact_ids))
        for first in range(0, len(wanted), KEYS_PER_TRANSACTION):
            fresh = {
                one: secrets.token_bytes(KEY_BYTES) for one in wanted[first : first + KEYS_PER_TRANSACTION]
            }
            wrapped: dict[int, bytes] = {
                one: self._wrap(key, WRAP_COLUMN, contact_owner(one)) for one, key in fresh.items()
            }
            for one in await self._store.add_contact_keys(wrapped, key_version=KEY_VERSION):
                # An import seals at once what it made keys for; fetching and unwrapping would triple the cost.
                self._contacts.put(one, AESGCM(fresh[ContactId(one)]))

    async def seal_many(self, items: Sequence[SealItem]) -> list[bytes]:
        """Seal values under their contacts' keys, in order.

        Raises:
            ContactKeyMissingError: a contact has no key, or was erased; nothing is returned then.
        """
        ciphers = await self._ciphers({item.contact_id for item in items})
        try:
            return [
                seal(ciphers[item.contact_id], item.value, bound=self._bound(item), key_version=KEY_VERSION)
                for item in items
            ]
        except KeyError as error:
            raise ContactKeyMissingError(f"Contact {error.args[0]} has no key.") from None

    async def open_many(self, items: Sequence[SealItem]) -> list[bytes | None]:
        """Open sealed values, in order; None where the contact's key was destroyed.

        Raises:
            SealBrokenError: a value was changed, moved, or sealed under another key.
        """
        ciphers = await self._ciphers({item.contact_id for item in items})
        opened: list[bytes | None] = []
        for item in items:
            cipher = ciphers.get(item.contact_id)
            try:
                opened.append(
                    None if cipher is None else open_sealed(cipher, item.value, bound=self._bound(item))
                )
            except SealBrokenError:
                if len(self._broken_seals) < BROKEN_SEALS_MAX:
                    self._broken_seals[f"{item.column}:{item.contact_id}"] = None
                raise
        return opened

    def take_broken_seals(self) -> list[str]:
        """Return where seals were found broken since the last time, as column:contact, each once; at most 100."""
        taken = list(self._broken_seals)
        self._broken_seals.clear()
        return taken

    async def seal(self, contact_id: ContactId, column: str, value: bytes) -> bytes:
        """Seal one value; see `seal_many`."""
        return (await self.seal_many([SealItem(contact_id, column, value)]))[0]

    async def open(self, contact_id: ContactId, column: str, sealed: bytes) -> bytes | None:
        """Open one sealed value; see `open_many`."""
        return (await self.open_many([SealItem(contact_id, column, sealed)]))[0]

    async def destroy_key(self, contact_id: ContactId) -> bool:
        """Destroy a contact's key for ever and tell whether it had one; its values then open as None.

        Other processes may open them for up to 30 s more, the lifetime of keys in their memory.
        """
        self._contacts.drop(contact_id)
        had_one = await self._store.erase_contact_key(contact_id)
        self._contacts.drop(contact_id)
        return had_one

    async def seal_for_day(self, day: date, column: str, value: bytes) -> bytes:
        """Seal one raw body; see `seal_all_for_day`."""
        return (await self.seal_all_for_day(day, column, [value]))[0]

    async def seal_all_for_day(self, day: date, column: str, values: Iterable[bytes]) -> list[bytes]:
        """Seal raw bodies, in order, under the key of their day of arrival, which is made on first use.

        Raises:
            DayKeyDestroyedError: the day's key was destroyed already.
        """
        cipher = await self._day_cipher(day)
        if cipher is None:
            wrapped = self._wrap(secrets.token_bytes(KEY_BYTES), DAY_WRAP_COLUMN, _day_owner(day))
            await self._store.add_day_key(day, wrapped)
            cipher = await self._day_cipher(day)
        if cipher is None:
            raise DayKeyDestroyedError(f"The key of {day} was destroyed.")
        bound = associated_data(self._workspace, column, _day_owner(day))
        prefix = DAY_PREFIX.pack((day - DAY_EPOCH).days)
        return [prefix + seal(cipher, value, bound=bound, key_version=KEY_VERSION) for value in values]

    async def open_for_day(self, column: str, sealed: bytes) -> bytes | None:
        """Open a raw body; None when its day's key was destroyed.

        Raises:
            SealBrokenError: it was changed, moved, or sealed under another key.
        """
        if len(sealed) < DAY_PREFIX.size:
            raise SealBrokenError("A sealed body has an unknown format.")
        try:
            day = DAY_EPOCH + timedelta(days=DAY_PREFIX.unpack_from(sealed)[0])
        except OverflowError:
            raise SealBrokenError("A sealed body names an impossible day.") from None
        cipher = await self._day_cipher(day)
        if cipher is None:
            return None
        bound = associated_data(self._workspace, column, _day_owner(day))
        return open_sealed(cipher, sealed[DAY_PREFIX.size :], bound=bound)

    async def destroy_day_keys_before(self, day: date, *, days_max: int) -> int:
        """Destroy the oldest keys of days before this one, so many at most, and return how many were destroyed."""
        self._days.clear()
        destroyed = await self._store.erase_day_keys_before(day, days_max=days_max)
        self._days.clear()
        return destroyed

    def seal_file(self, name: bytes, content: bytes) -> bytes:
        """Seal a file that belongs to nobody, such as a picture of an offer, bound to its name."""
        return seal(self._files, content, bound=self._bound_file(name), key_version=KEY_VERSION)

    def open_file(self, name: bytes, sealed: bytes) -> bytes:
        """Open what `seal_file` sealed under the same name.

        Raises:
            SealBrokenError: it was changed, renamed, or sealed under another key.
        """
        return open_sealed(self._files, sealed, bound=self._bound_file(name))

    def lookup_index(self, kind: str, value: str) -> bytes:
        """Return the 16-byte keyed hash by which an identity is found without being readable."""
        return _index(self._lookup_key, kind, value)

    def lookup_indexes(self, kind: str, values: Iterable[str]) -> list[bytes]:
        """Return the keyed hashes of many identities of one kind, in their order."""
        key = self._lookup_key
        return [_index(key, kind, value) for value in values]

    def suppression_index(self, kind: str, value: str) -> bytes:
        """Return the keyed hash of an identity in the suppression list, which outlives the contact."""
        return _index(self._suppression_key, kind, value)

    def sign(self, purpose: str, data: bytes) -> bytes:
        """Return the 32-byte signature of data under the key of a purpose, such as `link` or `plan`."""
        return hmac.digest(self._sign_key(purpose), data, "sha256")

    def verify(self, purpose: str, data: bytes, signature: bytes) -> bool:
        """Tell whether a signature was made by `sign` for the same purpose and data."""
        return hmac.compare_digest(self.sign(purpose, data), signature)

    def _sign_key(self, purpose: str) -> bytes:
        found = self._sign_keys.get(purpose)
        if found is None:
            found = self._sign_keys[purpose] = self._root.derive(f"sign {purpose}", self._workspace)
        return found

    def _bound_file(self, name: bytes) -> bytes:
        return associated_data(self._workspace, FILE_COLUMN, name)

    def _bound(self, item: SealItem) -> bytes:
        return associated_data(self._workspace, item.column, contact_owner(item.contact_id))

    def _wrap(self, key: bytes, column: str, owner: bytes) -> bytes:
        return seal(
            self._wrapping,
            key,
            bound=associated_data(self._workspace, column, owner),
            key_version=KEY_VERSION,
        )

    def _unwrap(self, wrapped: bytes, column: str, owner: bytes) -> AESGCM:
        return AESGCM(
            open_sealed(self._wrapping, wrapped, bound=associated_data(self._workspace, column, owner))
        )

    async def _ciphers(self, contact_ids: set[ContactId]) -> dict[int, AESGCM]:
        """Return the ciphers of those contacts that have a key, from memory or from the keys database."""
        found: dict[int, AESGCM] = {}
        unknown: list[int] = []
        for one in contact_ids:
            cipher = self._contacts.get(one)
            if cipher is None:
                unknown.append(one)
            else:
                found[one] = cipher
        if unknown:
            wrapped = await self._store.contact_keys(unknown)
            for contact_id, key in wrapped.items():
                found[contact_id] = cipher = self._unwrap(key, WRAP_COLUMN, contact_owner(contact_id))
                self._contacts.put(contact_id, cipher)
        return found

    async def _day_cipher(self, day: date) -> AESGCM | None:
        cipher = self._days.get(day)
        if cipher is not None:
            return cipher
        wrapped = await self._store.day_key(day)
        if wrapped is None:
            return None
        cipher = self._unwrap(wrapped, DAY_WRAP_COLUMN, _day_owner(day))
        self._days.put(day, cipher)
        return cipher


def _day_owner(day: date) -> bytes:
    return b"d" + day.isoformat().encode()


def _index(key: bytes, kind: str, value: str) -> bytes:
    """Hash kind and value with their lengths, so that no two pairs write the same bytes.

    The HMAC of RFC 2104, begun once for a kind: both of its keyed halves are copied, which takes a third of the time.
    """
    copy_inner, copy_outer = _begun(key, kind)
    inner, outer = copy_inner(), copy_outer()
    inner.update(value.encode())
    outer.update(inner.digest())
    return outer.digest()[:INDEX_BYTES]


@lru_cache(maxsize=KINDS_MAX)
def _begun(key: bytes, kind: str) -> tuple[Callable[[], "hashlib._Hash"], Callable[[], "hashlib._Hash"]]:
    """Return how to begin the inner and the outer hash of a kind; a busy hour hashes millions of wamids."""
    block = key.ljust(HASH_BLOCK_BYTES, b"\0")
    kind_bytes = kind.encode()
    inner = hashlib.sha256(block.translate(_INNER_PAD) + struct.pack(">H", len(kind_bytes)) + kind_bytes)
    return inner.copy, hashlib.sha256(block.translate(_OUTER_PAD)).copy
