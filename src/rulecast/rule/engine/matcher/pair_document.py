"""Counted pairs as JSON, both ways without loss, and the hash by which they are known."""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from rulecast.rule.engine.matcher.counters import CountedPair
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

HASH_BYTES = 16
FORMAT_VERSION = 1
# All that can stand in the condition of a pair: nothing whose truth changes as time passes.
RECORDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(c.And, c.Or, c.Not, c.Comparison, c.Between, c.OneOf, c.Contains, c.StartsWith, c.Matches),
        *(c.Presence, c.Near, c.Field, c.Constant, c.EventPattern),
    )
}
SCALARS: dict[str, Any] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "type": AttributeType,
}


def pair_of(pattern: c.EventPattern, counted_property: c.Field | None = None) -> CountedPair:
    """Return the pair of a lowered pattern and, for sums, of a property."""
    return CountedPair(hash=_hash(pattern, counted_property), pattern=pattern, property=counted_property)


def pair_to_text(pair: CountedPair) -> str:
    """Return the pair as canonical JSON text."""
    return _text(pair.pattern, pair.property)


def pair_from_text(text: str) -> CountedPair:
    """Return the pair that a text of `pair_to_text` describes."""
    document = json.loads(text)
    return pair_of(_read(document["pattern"]), _read(document["property"]))


def _hash(pattern: c.EventPattern, counted_property: c.Field | None) -> bytes:
    return blake2b(_text(pattern, counted_property).encode(), digest_size=HASH_BYTES).digest()


def _text(pattern: c.EventPattern, counted_property: c.Field | None) -> str:
    document = {"format": FORMAT_VERSION, "pattern": _write(pattern), "property": _write(counted_property)}
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _write(value: Any) -> Any:  # noqa: PLR0911 - one return per kind
    match value:
        case AttributeType():
            return {"type": value.value}
        case Decimal():
            return {"decimal": format(value, "f")}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case tuple():
            return [_write(part) for part in value]
        case _ if is_dataclass(value):
            body = {one.name: _write(getattr(value, one.name)) for one in fields(value) if one.name != "span"}
            return {"kind": type(value).__name__, **body}
        case _:
            return value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(part) for part in value)
    if not isinstance(value, dict):
        return value
    if "kind" in value:
        return RECORDS[value["kind"]](**{name: _read(part) for name, part in value.items() if name != "kind"})
    ((name, text),) = value.items()
    return SCALARS[name](text)
