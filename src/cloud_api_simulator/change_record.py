"""Changes fields of a settings record as a control request or a file asks; what does not fit is named."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.quirks import Quirks
from cloud_api_simulator.settings import WebhookSettings

Record = TypeVar("Record", Behaviour, WebhookSettings, Quirks)


def change_record(record: Record, row: Mapping[str, Any], *, place: str) -> Record:
    """Return the record with fields of `row`; raises ValueError naming an unknown field or one of a wrong kind.

    A number may be whole or not, a list becomes a tuple, and a share (`..._rate`) lies between 0 and 1.
    """
    known = {item.name for item in fields(record)}
    changes: dict[str, Any] = {}
    for name, value in row.items():
        if name not in known:
            message = f"{place}.{name}: no such field"
            raise ValueError(message)
        changes[name] = _fitting(getattr(record, name), value, f"{place}.{name}")
    return replace(record, **changes)


def _fitting(current: object, value: object, place: str) -> object:
    if isinstance(current, tuple):
        if isinstance(value, list) and all(_is_number(one) for one in value):
            return tuple(value)
        message = f"{place}: expected a list of numbers"
        raise ValueError(message)
    if isinstance(current, bool | str):
        fits = isinstance(value, type(current))
    else:
        fits = _is_number(value) and not (isinstance(current, int) and not isinstance(value, int))
    if not fits or (place.endswith("_rate") and not 0 <= float(str(value)) <= 1):
        message = f"{place}: expected a value like {current!r}"
        raise ValueError(message)
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
