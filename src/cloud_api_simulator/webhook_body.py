"""Writes updates as the body of a webhook: grouped on Meta's three levels, with Meta's escapes, signed."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cloud_api_simulator.clock import real_seconds
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.settings import NumberSettings

GROUPINGS = ("value", "change", "entry")
"""The three levels at which Meta batches updates (Cloud API docs: webhooks, batching)."""
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One entry of a list in a webhook: `part` names the list (statuses, messages, user_preferences).

    Without a `number`, `item` is the whole value. `entry_id` replaces the account's id, as in the dashboard's
    test events and in fields about a portfolio.
    """

    update_id: int
    field: str
    part: str
    item: JsonObject
    number: NumberSettings | None = None
    contact: JsonObject | None = None
    entry_id: str | None = None


def sign(secret: bytes, body: bytes) -> str:
    """Return the value of X-Hub-Signature-256 for a raw body (Cloud API docs: validating payloads)."""
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()


def encode_webhook(
    waba_id: str, updates: Sequence[Update], *, grouping: str = "value", now: float | None = None
) -> bytes:
    r"""Return the body of a webhook POST with Meta's escapes.

    Non-ASCII becomes `\uXXXX`, as do `<` and `@`, and `/` becomes `\/`, so that re-serialised JSON never
    matches the signature. `grouping` is `value` (one value per number and list), `change` or `entry` (one per
    update); `now` is the time of entries that carry one.
    """
    groups = _by_value(updates) if grouping == "value" else [[update] for update in updates]
    changes = [(group[0].entry_id or waba_id, _change(group)) for group in groups]
    if grouping == "entry":
        entries = [_entry(entry_id, [change], now) for entry_id, change in changes]
    else:
        # Management fields carry a time in their entry, message-like fields do not.
        by_entry: dict[tuple[str, bool], list[JsonObject]] = {}
        for entry_id, change in changes:
            by_entry.setdefault((entry_id, "messaging_product" not in change["value"]), []).append(change)
        entries = [_entry(entry_id, group, now) for (entry_id, _), group in by_entry.items()]
    text = _ENCODE({"object": "whatsapp_business_account", "entry": entries})
    return text.replace("/", "\\/").replace("<", "\\u003c").replace("@", "\\u0040").encode("ascii")


def _by_value(updates: Sequence[Update]) -> list[list[Update]]:
    by_key: dict[tuple[Any, ...], list[Update]] = {}
    for update in updates:
        number_id = update.number.phone_number_id if update.number is not None else update.update_id
        key = (number_id, update.field, update.part, update.contact is None)
        by_key.setdefault(key, []).append(update)
    return list(by_key.values())


def _entry(entry_id: str, changes: list[JsonObject], now: float | None) -> JsonObject:
    entry: JsonObject = {"id": entry_id, "changes": changes}
    if "messaging_product" not in changes[0]["value"]:
        entry["time"] = int(real_seconds() if now is None else now)
    return entry


def _change(group: Sequence[Update]) -> JsonObject:
    first = group[0]
    if first.number is None:
        return {"field": first.field, "value": first.item}
    value: JsonObject = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": first.number.display_phone_number,
            "phone_number_id": first.number.phone_number_id,
        },
    }
    contacts = {update.contact["user_id"]: update.contact for update in group if update.contact is not None}
    if contacts:
        value["contacts"] = list(contacts.values())
    value[first.part] = [update.item for update in group]
    return {"field": first.field, "value": value}
