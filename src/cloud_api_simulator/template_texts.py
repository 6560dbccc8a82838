"""Judges texts of a template: length, variables, examples (platform reference 8.1, subcodes of 6.5)."""

import re
from collections.abc import Sequence

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.templates import variables_of

WORDS_PER_VARIABLE = 2
"""Fewest words for a variable, one more in all; Meta's formula is not published (platform reference 8.1, 11)."""

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAMED = re.compile(r"[a-z][a-z0-9_]*")


def refuse(subcode: int | None, title: str, text: str) -> ApiError:
    """Return the refusal of a template: code 100 with a subcode and what the user is shown."""
    return ApiError(100, subcode=subcode, message="Invalid parameter", shown=(title, text))


def missing_field(text: str) -> ApiError:
    """Return the refusal of a component that lacks a field."""
    return refuse(2388043, 'Message template "components" param is missing expected field(s)', text)


def check_length(text: str, label: str, longest: int) -> None:
    """Raise ApiError 100 for an empty text, with subcode 2388040 for one too long."""
    if not text:
        raise missing_field(f"{label} is missing expected field(s) (text).")
    if len(text) > longest:
        raise refuse(
            2388040,
            "Character limit exceeded",
            f"{label} has {len(text)} characters; the limit is {longest}.",
        )


def check_variables(text: str, place: str, *, named: bool, may_touch_edges: bool = False) -> tuple[str, ...]:
    """Return the variables of a text; raises ApiError 100 with subcode 2388072, 2388293 or 2388299."""
    found = [match.strip() for match in _PLACEHOLDER.findall(text)]
    for name in found:
        is_right = _NAMED.fullmatch(name) is not None if named else name.isascii() and name.isdigit()
        if not is_right:
            raise _wrong_format(place, f"{{{{{name[:40]}}}}} is not a valid variable name for this format.")
    variables = variables_of(text)
    if not named and sorted(int(name) for name in variables) != list(range(1, len(variables) + 1)):
        raise _wrong_format(place, "Variables must be numbered from {{1}} without gaps.")
    if not found:
        return ()
    if re.search(r"\}\}\s*\{\{", text):
        raise _wrong_format(place, "Variables must not stand side by side.")
    if not may_touch_edges:
        _check_surroundings(text, len(variables))
    return variables


def _check_surroundings(text: str, variable_count: int) -> None:
    stripped = text.strip()
    if stripped.startswith("{{") or stripped.endswith("}}"):
        raise refuse(
            2388299,
            "Leading or trailing parameters are not allowed",
            "Variables can't be at the start or end of the template.",
        )
    words = len(_PLACEHOLDER.sub("x", text).split())
    if words < WORDS_PER_VARIABLE * variable_count + 1:
        raise refuse(
            2388293,
            "Parameters words ratio exceeds limit",
            "This template has too many variables for its length. "
            "Reduce the number of variables or increase the message length.",
        )


def _wrong_format(place: str, text: str) -> ApiError:
    subcode = 2388047 if place == "header" else 2388072
    return refuse(subcode, f"Message {place} format is incorrect", text)


def check_examples(component: JsonObject, place: str, variables: Sequence[str], *, named: bool) -> None:
    """Raise ApiError 100 unless every variable has an example: flat for a header, nested for a body."""
    if not variables:
        return
    example = component.get("example")
    if not isinstance(example, dict):
        raise missing_field(f"component of type {place.upper()} is missing expected field(s) (example).")
    if named:
        rows = example.get(f"{place}_text_named_params")
        given = (
            {str(row.get("param_name")) for row in rows if isinstance(row, dict)}
            if isinstance(rows, list)
            else set()
        )
        complete = set(variables) <= given
    else:
        values = example.get(f"{place}_text")
        if place == "body" and isinstance(values, list) and values and isinstance(values[0], list):
            values = values[0]
        complete = isinstance(values, list) and len(values) == len(variables)
    if not complete:
        raise missing_field(f"component of type {place.upper()} needs one example for each variable.")
