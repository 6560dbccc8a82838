"""One value for every webhook field and event of the platform reference, for tests that need them at will."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path

from cloud_api_simulator.errors import JsonObject

_FILE = Path(__file__).parent / "webhook_samples.json"
TEST_ENTRY_ID = "0"
"""`entry[].id` of the dashboard's test events (platform reference 3.4)."""
_TEST_IDS: Mapping[str, object] = {
    "phone_number_id": "123456123",
    "display_phone_number": "16505551111",
    "message_template_id": 12345678,
    "entity_id": 123456,
    "waba_id": "0",
    "owner_business_id": "0",
}
"""What the dashboard writes where a real event has an id."""


@cache
def samples() -> Mapping[str, Mapping[str, JsonObject]]:
    """Return the values by field and name (platform reference 3.5 to 3.8)."""
    found: Mapping[str, Mapping[str, JsonObject]] = json.loads(_FILE.read_text("utf-8"))
    return found


def sample(field: str, name: str | None = None) -> JsonObject:
    """Return a value of a field, the first when no name is given; raises ValueError for an unknown one."""
    named = samples().get(field)
    if named is None:
        message = f"field: expected one of {', '.join(sorted(samples()))}"
        raise ValueError(message)
    chosen = name if name is not None else next(iter(named))
    if chosen not in named:
        message = f"sample: expected one of {', '.join(named)}"
        raise ValueError(message)
    return deepcopy(named[chosen])


def dashboard_value(field: str) -> JsonObject:
    """Return the value of the dashboard's test event of a field: dummies where a real one has ids."""
    return {key: _TEST_IDS.get(key, _with_test_ids(inner)) for key, inner in sample(field).items()}


def _with_test_ids(value: object) -> object:
    if isinstance(value, dict):
        return {key: _TEST_IDS.get(key, _with_test_ids(inner)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_test_ids(inner) for inner in value]
    return value
