"""Oddities of real webhooks: missing keys, errors as text, phones left out, clocks that are off, NUL in texts."""

from dataclasses import dataclass, fields
from typing import Any

from cloud_api_simulator.chance import Chance
from cloud_api_simulator.errors import JsonObject

_OPTIONAL = ("pricing", "conversation", "context", "recipient_user_id", "from_user_id")
"""Keys that readers must not rely on (platform reference 9: 34, 36)."""
_PHONES = ("recipient_id", "from", "wa_id")
"""Keys that are absent for a user whose phone is not shown (platform reference 1.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Shares of updates by hash, and seconds of the clock; all off by default.

    `error_data_as_string` also holds for refusals; `phoneless_rate` is a share of people, who are then named by
    BSUID alone whatever the rules of the contact book say.
    """

    error_data_as_string: bool = False
    missing_keys_rate: float = 0.0
    phoneless_rate: float = 0.0
    null_text_rate: float = 0.0
    clock_skew_seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no share or no number; raises ValueError naming the field."""
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name.endswith("_rate") and not 0 <= value <= 1:
                message = f"quirks.{one.name}: expected a share from 0 to 1"
                raise ValueError(message)
        if not isinstance(self.clock_skew_seconds, int | float):
            raise TypeError("quirks.clock_skew_seconds: expected a number")

    def hides_phone(self, chance: Chance, wa_id: str) -> bool:
        """Return whether this person is named by BSUID alone."""
        return self.phoneless_rate > 0 and chance.uniform("phoneless", wa_id) < self.phoneless_rate

    def spoil(
        self, item: JsonObject, contact: JsonObject | None, chance: Chance, key: tuple[str, ...]
    ) -> tuple[JsonObject, JsonObject | None]:
        """Return an update's item and contact as the quirks leave them."""
        draws = chance.draws("quirks", *key)
        if draws[0] < self.missing_keys_rate:
            gone = _OPTIONAL[int(draws[1] * len(_OPTIONAL))]
            item = {name: value for name, value in item.items() if name != gone}
            contact = None if draws[2] < 1 / 2 else contact
        if draws[3] < self.null_text_rate and item.get("type") == "text":
            item = {**item, "text": {"body": f"\x00{item['text']['body']}"}}
        if self.error_data_as_string and "errors" in item:
            item = {**item, "errors": [error_data_as_text(error) for error in item["errors"]]}
        return item, contact


PLAIN = Quirks()


def error_data_as_text(error: JsonObject) -> JsonObject:
    """Return an error whose `error_data` is its text instead of an object (platform reference 2.2)."""
    data: Any = error.get("error_data")
    return {**error, "error_data": data["details"]} if isinstance(data, dict) and "details" in data else error


def without_phone(item: JsonObject) -> JsonObject:
    """Return an item or a contact without any phone: the fields are absent, neither empty nor null."""
    return {name: value for name, value in item.items() if name not in _PHONES}
