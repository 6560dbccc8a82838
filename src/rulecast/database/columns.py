"""Long lists as binary arrays, packed whole: the driver packs an element at a time, at a microsecond each.

A list so packed stands where a query says `%(name)b`. Where a query takes several lists apart at once, one that holds
nothing but NULL may be left empty: `unnest` fills it up.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format
from typing_extensions import override

# One dimension, whether it holds NULL, the type of its elements, their number, the first one's place (PostgreSQL,
# `array_recv`).
_HEADER: Final = struct.Struct("!iiIii")
_EMPTY: Final = struct.Struct("!iiI")
_LENGTH: Final = struct.Struct("!i").pack
_WHOLE_4: Final = struct.Struct("!ii").pack
_WHOLE_8: Final = struct.Struct("!iq").pack
_NULL: Final = _LENGTH(-1)
# Instants travel as microseconds since the year 2000.
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_SECONDS: Final = int(_EPOCH.timestamp())
_DAY_SECONDS: Final = 86_400
_SECOND_MICROSECONDS: Final = 1_000_000

_TEXT: Final = 25
_BYTEA: Final = 17
_INTEGER: Final = 23
_BIGINT: Final = 20
_TIMESTAMPTZ: Final = 1184


class Texts(bytes):
    """A packed `text[]`."""


class Blobs(bytes):
    """A packed `bytea[]`."""


class Integers(bytes):
    """A packed `integer[]`."""


class Bigints(bytes):
    """A packed `bigint[]`."""


class Instants(bytes):
    """A packed `timestamptz[]`."""


def texts(values: Sequence[str | None]) -> Texts:
    """Return the texts as `text[]`; equal ones are encoded once."""
    known: dict[str | None, bytes] = {None: _NULL}
    parts = []
    for value in values:
        part = known.get(value)
        if part is None:
            assert value is not None
            encoded = value.encode()
            part = known[value] = _LENGTH(len(encoded)) + encoded
        parts.append(part)
    return Texts(_array(_TEXT, parts, has_null=None in values))


def blobs(values: Sequence[bytes | None]) -> Blobs:
    """Return the bytes as `bytea[]`."""
    parts = [_NULL if value is None else _LENGTH(len(value)) + value for value in values]
    return Blobs(_array(_BYTEA, parts, has_null=None in values))


def integers(values: Sequence[int | None]) -> Integers:
    """Return the numbers as `integer[]`.

    Raises:
        struct.error: one has more than 31 bits.
    """
    parts = [_NULL if value is None else _WHOLE_4(4, value) for value in values]
    return Integers(_array(_INTEGER, parts, has_null=None in values))


def bigints(values: Sequence[int | None]) -> Bigints:
    """Return the numbers as `bigint[]`.

    Raises:
        struct.error: one has more than 63 bits.
    """
    parts = [_NULL if value is None else _WHOLE_8(8, value) for value in values]
    return Bigints(_array(_BIGINT, parts, has_null=None in values))


def instants(values: Sequence[datetime | None]) -> Instants:
    """Return the aware instants as `timestamptz[]`."""
    parts = [_NULL if value is None else _WHOLE_8(8, _microseconds(value)) for value in values]
    return Instants(_array(_TIMESTAMPTZ, parts, has_null=None in values))


def whole_seconds(values: Sequence[int]) -> Instants:
    """Return the instants of these seconds since 1970 as `timestamptz[]`.

    Raises:
        struct.error: one is further away than 63 bits of microseconds.
    """
    known = {
        value: _WHOLE_8(8, (value - _EPOCH_SECONDS) * _SECOND_MICROSECONDS) for value in dict.fromkeys(values)
    }
    return Instants(_array(_TIMESTAMPTZ, [known[value] for value in values], has_null=False))


def _microseconds(instant: datetime) -> int:
    passed = instant - _EPOCH
    return (passed.days * _DAY_SECONDS + passed.seconds) * _SECOND_MICROSECONDS + passed.microseconds


def _array(element_oid: int, parts: Sequence[bytes], *, has_null: bool) -> bytes:
    if not parts:
        return _EMPTY.pack(0, 0, element_oid)
    return _HEADER.pack(1, has_null, element_oid, len(parts), 1) + b"".join(parts)


class _PackedDumper(Dumper):
    """Sends what is packed already."""

    format = Format.BINARY

    @override
    def dump(self, obj: bytes) -> Buffer:
        return obj


def _dumper_of(array_type: str) -> type[Dumper]:
    found = psycopg.adapters.types[array_type]
    return type(f"Packed{array_type.title()}Dumper", (_PackedDumper,), {"oid": found.array_oid})


def _register(kinds: Iterable[tuple[type[bytes], str]]) -> None:
    for kind, element in kinds:
        psycopg.adapters.register_dumper(kind, _dumper_of(element))


_register(
    [(Texts, "text"), (Blobs, "bytea"), (Integers, "int4"), (Bigints, "int8"), (Instants, "timestamptz")]
)
