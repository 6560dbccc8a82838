"""Reads the bodies and queries of control requests; what is wrong names its place."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec

from cloud_api_simulator.http_server import Request

JsonObject = dict[str, Any]


class ControlError(Exception):
    """A control request that cannot be done; the text names the row or field."""


def read_json(request: Request) -> Any:
    """Return the JSON value of the body; raises ControlError."""
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(f"body: not valid JSON ({type(error).__name__})") from None


def read_object(request: Request) -> JsonObject:
    """Return the JSON object of the body; raises ControlError."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise ControlError("body: expected a JSON object")
    return value


def read_objects(request: Request) -> list[tuple[int, JsonObject]]:
    """Return the numbered objects of a JSON list, of JSON Lines or of one object; raises ControlError."""
    rows = list(_rows(request))
    for position, row in rows:
        if not isinstance(row, dict):
            raise ControlError(f"row {position}: expected an object")
    return rows


def _rows(request: Request) -> Iterator[tuple[int, Any]]:
    body = request.body.lstrip()
    if body.startswith(b"["):
        yield from enumerate(read_json(request), start=1)
        return
    for line_number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            try:
                yield line_number, msgspec.json.decode(line)
            except msgspec.DecodeError:
                raise ControlError(f"line {line_number}: not valid JSON") from None


def read_query(request: Request) -> dict[str, str]:
    """Return the query; of a repeated name the last value."""
    return {key: values[-1] for key, values in parse_qs(request.query).items()}
