"""Emits updates: numbers them, writes them to the ledger, spoils them as asked, hands them to the sender."""

from dataclasses import dataclass
from typing import Any

from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.identity_hash import identity_hash
from cloud_api_simulator.payloads import Message, contact_of, status_item
from cloud_api_simulator.people import Person
from cloud_api_simulator.quirks import PLAIN, without_phone
from cloud_api_simulator.settings import NumberSettings
from cloud_api_simulator.webhook_body import Update
from cloud_api_simulator.world import World

REORDER_SECONDS_MAX = 600.0
"""Virtual seconds a reordered update is held back at most: long enough to pass `delivered` and `read`."""
DUPLICATE_SECONDS_MAX = 300.0
"""Virtual seconds until a duplicate follows at most."""


def emit_status(
    world: World, message: Message, status: str, *, failure_code: int | None = None, at_once: bool = False
) -> int:
    """Emit a status of a message now and return its update id (Cloud API docs: status webhooks)."""
    message.status = status
    message.failure_code = failure_code
    person = message.person
    shows_phone = _shows_phone(world, person, message.number)
    contact = None
    item = status_item(message, status, _now(world), failure_code=failure_code, shows_phone=shows_phone)
    if failure_code is None:
        contact = contact_of(person, shows_phone=shows_phone, shows_username=status != "sent")
    known = identity_hash(world, message.number.phone_number_id, person)
    if known is not None:
        item["recipient_identity_key_hash"] = known
    row: dict[str, Any] = {"update": status, "wamid": message.wamid, "opaque": message.opaque}
    if failure_code is not None:
        row["code"] = failure_code
    row["phone"] = person.wa_id
    made = _Made(field="messages", part="statuses", item=item, number=message.number, contact=contact)
    return _emit(world, made, row=row, key=(*message.key, status), at_once=at_once)


def emit_inbound(
    world: World,
    person: Person,
    number: NumberSettings,
    item: JsonObject,
    *,
    opt_out: str | None = None,
    at_once: bool = False,
) -> None:
    """Emit what a person typed or tapped; unless it is a system message it opens the number's service window."""
    now = world.clock.now()
    # A message may hold an older copy of someone made from the seed; state belongs to the kept one.
    person = world.people.current(person)
    if item["type"] != "system":
        person.last_inbound[number.phone_number_id] = now
    if person.username is not None and person.shows_phone(number.phone_number_id, now):
        person.last_by_phone[number.phone_number_id] = now
    if "referral" in item:
        # Platform reference 5.2: an answer within 24 h opens the free entry point.
        person.referred_at[number.phone_number_id] = now
    world.people.keep(person)
    if world.settings.inbound_counts_for_throughput:
        world.numbers[number.phone_number_id].window.count(now)
    shows_phone = _shows_phone(world, person, number)
    contact = contact_of(person, shows_phone=shows_phone)
    known = identity_hash(world, number.phone_number_id, person)
    if known is not None:
        contact["identity_key_hash"] = known
    made = _Made(
        field="messages",
        part="messages",
        item=item if shows_phone else without_phone(item),
        number=number,
        contact=contact,
    )
    row = {"update": item["type"], "wamid": item["id"], "phone": person.wa_id, "opt_out": opt_out}
    _emit(world, made, row=row, key=("inbound", person.wa_id, str(item["id"])), at_once=at_once)


def emit_preference(
    world: World, person: Person, number: NumberSettings, item: JsonObject, *, at_once: bool = False
) -> None:
    """Emit a stop or resume chosen in WhatsApp itself (Cloud API docs: user preferences webhook)."""
    person = world.people.current(person)
    person.stopped = item["value"] == "stop"
    world.people.keep(person)
    shows_phone = _shows_phone(world, person, number)
    made = _Made(
        field="user_preferences",
        part="user_preferences",
        item=item if shows_phone else without_phone(item),
        number=number,
        contact=contact_of(person, shows_phone=shows_phone),
    )
    row = {
        "update": f"preference_{item['value']}",
        "phone": person.wa_id,
        "opt_out": "preference" if person.stopped else None,
    }
    _emit(world, made, row=row, key=("preference", person.wa_id, str(item["timestamp"])), at_once=at_once)


def emit_about_person(
    world: World, person: Person, number: NumberSettings, item: JsonObject, *, field: str
) -> None:
    """Emit an update about a person that is no message, such as `user_id_update` (platform reference 3.6)."""
    shows_phone = _shows_phone(world, person, number)
    made = _Made(
        field=field,
        part=field,
        item=item if shows_phone else without_phone(item),
        number=number,
        contact=contact_of(person, shows_phone=shows_phone),
    )
    row = {"update": field, "phone": person.wa_id}
    _emit(world, made, row=row, key=(field, person.wa_id, str(world.update_count)), at_once=True)


def emit_management(world: World, field: str, value: JsonObject, *, entry_id: str | None = None) -> None:
    """Emit a change of the account or of a template (Cloud API docs: account and template webhooks)."""
    update_id = _next_id(world)
    world.ledger.write("update", {"id": update_id, "update": field}, count_as=f"update:{field}")
    world.sender.add(
        Update(update_id=update_id, field=field, part="", item=value, entry_id=entry_id), at_once=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """An update before it has an id and before the quirks saw it."""

    field: str
    part: str
    item: JsonObject
    number: NumberSettings
    contact: JsonObject | None


def _now(world: World) -> float:
    """Return the time that webhooks tell: the clock's, off by the skew of the quirks."""
    return world.clock.now() + world.quirks.clock_skew_seconds


def _shows_phone(world: World, person: Person, number: NumberSettings) -> bool:
    if person.username is None and world.quirks is PLAIN:
        return True
    return not world.quirks.hides_phone(world.chance, person.wa_id) and person.shows_phone(
        number.phone_number_id, world.clock.now()
    )


def _next_id(world: World) -> int:
    world.update_count += 1
    return world.update_count


def _emit(world: World, made: _Made, *, row: dict[str, Any], key: tuple[str, ...], at_once: bool) -> int:
    settings, item, contact = world.sender.settings, made.item, made.contact
    if world.quirks is not PLAIN:
        item, contact = world.quirks.spoil(item, contact, world.chance, key)
    update = Update(
        update_id=_next_id(world),
        field=made.field,
        part=made.part,
        item=item,
        number=made.number,
        contact=contact,
    )
    lost = duplicated = reordered = False
    draws: tuple[float, ...] = ()
    if settings.lost_rate or settings.duplicate_rate or settings.reorder_rate:
        draws = world.chance.draws("webhook", *key)
        lost = draws[0] < settings.lost_rate
        duplicated = not lost and draws[1] < settings.duplicate_rate
        reordered = not lost and draws[2] < settings.reorder_rate
    ledger_row = {"id": update.update_id, **row, "number": made.number.phone_number_id}
    for name, value in (("lost", lost), ("duplicated", duplicated), ("reordered", reordered)):
        if value:
            ledger_row[name] = True
    world.ledger.write("update", ledger_row, count_as=f"update:{row['update']}")
    if lost:
        return update.update_id
    if reordered:
        world.scheduler.at(world.clock.now() + draws[3] * REORDER_SECONDS_MAX, world.sender.add, update)
    else:
        world.sender.add(update, at_once=at_once)
    if duplicated:
        world.scheduler.at(world.clock.now() + draws[4] * DUPLICATE_SECONDS_MAX, world.sender.add, update)
    return update.update_id
