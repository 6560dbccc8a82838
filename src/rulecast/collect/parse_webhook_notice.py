"""Read what nothing acts upon yet, and what names people we never asked: counted facts without anybody's data.

Kinds: call, group, history, address_book, automatic_event, handover, standby, tracking. Chats and address books
that a Business app hands over are no consent of anybody.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rulecast.collect.webhook_details import WHOLE_MAX
from rulecast.collect.webhook_facts import AccountFact, Detail
from rulecast.collect.webhook_fields import (
    Json,
    code_or_zero,
    instant_or_none,
    object_of,
    objects_of,
    word_or_empty,
)
from rulecast.collect.webhook_reading import Change, Reading

Told = tuple[str, Mapping[str, Detail], Json]
_CALL_WORDS: Final = ("direction", "status", "duration", "start_time", "end_time")
_GROUP_WORDS: Final = ("group_id", "request_id", "reason", "invite_link_status", "join_approval_mode")
_GROUP_LISTS: Final = (
    "added_participants", "removed_participants", "failed_participants", "join_requests", "errors"
)  # fmt: skip


def read_notice(change: Change, reading: Reading) -> None:
    """Read one change of a field in NOTICE_FIELDS into facts that name nobody."""
    kind, read = NOTICE_FIELDS[change.field]
    for event, details, item in read(change, reading):
        reading.others.append(
            AccountFact(
                kind=kind,
                field=change.field,
                event=event,
                waba_id=change.waba_id,
                business_number_id=change.business_number_id,
                display_phone_number=change.display_phone_number,
                occurred_at=instant_or_none(item.get("timestamp")) or change.told_at,
                details=details,
            )
        )


def _calls(change: Change, reading: Reading) -> Iterator[Told]:
    for call in reading.each(change.value, "calls"):
        yield word_or_empty(call.get("event")), _plain(call, _CALL_WORDS), call
    for status in reading.each(change.value, "statuses"):
        yield word_or_empty(status.get("status")), _plain(status, ("status",)), status


def _groups(change: Change, reading: Reading) -> Iterator[Told]:
    for group in reading.each(change.value, "groups"):
        counts: dict[str, Detail] = {
            name: len(objects_of(group, name)) for name in _GROUP_LISTS if name in group
        }
        yield word_or_empty(group.get("type")), {**_plain(group, _GROUP_WORDS), **counts}, group


def _history(change: Change, reading: Reading) -> Iterator[Told]:
    for chunk in reading.each(change.value, "history"):
        metadata = object_of(chunk, "metadata")
        threads = objects_of(chunk, "threads")
        errors = objects_of(chunk, "errors")
        details = _plain(metadata, ("phase", "chunk_order", "progress"))
        details["threads"] = len(threads)
        details["messages"] = sum(len(objects_of(thread, "messages")) for thread in threads)
        if errors:
            details["error_code"] = code_or_zero(errors[0])
        yield ("declined" if errors else "chunk"), details, metadata


def _address_book(change: Change, reading: Reading) -> Iterator[Told]:
    """Count the entries added and removed; a chunk has thousands."""
    actions = Counter(word_or_empty(one.get("action")) for one in reading.each(change.value, "state_sync"))
    for action, count in actions.items():
        yield action, {"entries": count}, {}


def _automatic_events(change: Change, reading: Reading) -> Iterator[Told]:
    for event in reading.each(change.value, "automatic_events"):
        custom = object_of(event, "custom_data")
        yield word_or_empty(event.get("event_name")), _plain(custom, ("currency", "value")), event


def _whatever(change: Change, _: Reading) -> Iterator[Told]:
    """Name a change of a shape that is not established by the first word it uses for what happened."""
    value = change.value
    words = (word_or_empty(value.get(key)) for key in ("event", "action", "type", "event_type", "status"))
    counts: dict[str, Detail] = {
        key: len(found) for key, found in value.items() if isinstance(found, list) and word_or_empty(key)
    }
    yield next((word for word in words if word), ""), counts, value


def _plain(found: Json, names: tuple[str, ...]) -> dict[str, Detail]:
    """Return the numbers and words of these names; a text that is no word may be somebody's."""
    plain: dict[str, Detail] = {}
    for name in names:
        one = found.get(name)
        if isinstance(one, int) and abs(one) < WHOLE_MAX:
            plain[name] = one
        elif word := word_or_empty(one):
            plain[name] = word
    return plain


_Read = Callable[[Change, Reading], Iterator[Told]]
NOTICE_FIELDS: Final[dict[str, tuple[str, _Read]]] = {
    "calls": ("call", _calls),
    "group_lifecycle_update": ("group", _groups),
    "group_participants_update": ("group", _groups),
    "group_settings_update": ("group", _groups),
    "group_status_update": ("group", _groups),
    "history": ("history", _history),
    "smb_app_state_sync": ("address_book", _address_book),
    "automatic_events": ("automatic_event", _automatic_events),
    "messaging_handovers": ("handover", _whatever),
    "standby": ("standby", _whatever),
    "tracking_events": ("tracking", _whatever),
}
