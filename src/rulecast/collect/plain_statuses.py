"""Read a webhook body that holds nothing but ordinary statuses, as most do, straight into columns.

Ordinary is what Meta writes when all is well: sent, delivered or read, at a time in whole seconds, with a regular
price or none. Whatever else a body holds, even one field of another shape, it is left to `parse_webhook`, which reads
everything; of what is read here both tell the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from rulecast.collect.webhook_facts import StatusWord
from rulecast.collect.webhook_fields import WAMID_LENGTH_MAX, opaque_id_or_none
from rulecast.collect.webhook_json import finite, has_as_many_quotes
from rulecast.values.ids import OpaqueId

# Eleven digits of seconds reach the year 5138; what is longer counts milliseconds, and is not ordinary.
SECONDS_LENGTH_MAX = 11


@dataclass(frozen=True, slots=True)
class PlainStatuses:
    """The statuses of one body or of several as columns of equal length; the words of a price are empty where none is.

    `seconds` are those since 1970.
    """

    wamids: list[str] = field(default_factory=list, repr=False)
    words: list[StatusWord] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    opaque_ids: list[OpaqueId | None] = field(default_factory=list)
    pricing_types: list[str] = field(default_factory=list)
    pricing_categories: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many statuses there are."""
        return len(self.wamids)

    def extend(self, others: "PlainStatuses") -> None:
        """Append the statuses of another body."""
        self.wamids.extend(others.wamids)
        self.words.extend(others.words)
        self.seconds.extend(others.seconds)
        self.opaque_ids.extend(others.opaque_ids)
        self.pricing_types.extend(others.pricing_types)
        self.pricing_categories.extend(others.pricing_categories)

    def picked(self, places: Sequence[int]) -> "PlainStatuses":
        """Return the statuses at these places."""
        return PlainStatuses(
            wamids=[self.wamids[place] for place in places],
            words=[self.words[place] for place in places],
            seconds=[self.seconds[place] for place in places],
            opaque_ids=[self.opaque_ids[place] for place in places],
            pricing_types=[self.pricing_types[place] for place in places],
            pricing_categories=[self.pricing_categories[place] for place in places],
        )


class _Pricing(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    type: Literal["regular"]
    category: Literal["marketing", "marketing_lite", "utility", "authentication"]
    billable: bool | UnsetType = UNSET
    pricing_model: str | UnsetType = UNSET


class _Status(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    id: str
    status: Literal["sent", "delivered", "read"]
    timestamp: str
    biz_opaque_callback_data: str | UnsetType = UNSET
    pricing: _Pricing | UnsetType = UNSET
    # Nothing is done with these where nothing failed and the price is regular.
    recipient_id: Any = UNSET
    recipient_user_id: Any = UNSET
    recipient_parent_user_id: Any = UNSET
    parent_recipient_user_id: Any = UNSET
    conversation: Any = UNSET
    template_id: Any = UNSET


class _Value(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    statuses: list[_Status]
    messaging_product: Any = UNSET
    metadata: Any = UNSET
    contacts: Any = UNSET


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    field: Literal["messages"]
    value: _Value


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    changes: list[_Change]
    id: Any = UNSET
    time: Any = UNSET


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    object: Literal["whatsapp_business_account"]
    entry: list[_Entry]


_DECODER: Final = msgspec.json.Decoder(_Document, float_hook=finite)
_ENCODER: Final = msgspec.json.Encoder()


def parse_plain(body: bytes) -> PlainStatuses | None:
    """Return the statuses of a body that holds only ordinary ones, None for every other body; never raises."""
    try:
        document = _DECODER.decode(body)
        written = _ENCODER.encode(document)
    except (msgspec.MsgspecError, ArithmeticError, ValueError, RecursionError):
        return None
    if not has_as_many_quotes(body, written):
        return None
    found = PlainStatuses()
    for entry in document.entry:
        for change in entry.changes:
            if not all(_take(status, found) for status in change.value.statuses):
                return None
    return found if found.wamids else None


def _take(status: _Status, found: PlainStatuses) -> bool:
    """Append a status and return True, unless a value of it is not ordinary."""
    wamid, seconds, pricing = status.id, status.timestamp, status.pricing
    is_wamid = wamid.isascii() and wamid.isprintable() and 0 < len(wamid) <= WAMID_LENGTH_MAX
    is_time = seconds.isdigit() and seconds.isascii() and len(seconds) <= SECONDS_LENGTH_MAX
    if not is_wamid or not is_time:
        return False
    found.wamids.append(wamid)
    found.words.append(status.status)
    found.seconds.append(int(seconds))
    found.opaque_ids.append(opaque_id_or_none(status.biz_opaque_callback_data))
    if pricing is UNSET:
        found.pricing_types.append("")
        found.pricing_categories.append("")
        return True
    if pricing.billable is False:
        return False
    found.pricing_types.append(pricing.type)
    found.pricing_categories.append(pricing.category)
    return True
