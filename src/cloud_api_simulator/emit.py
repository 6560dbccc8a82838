"""Emits updates: numbers them, writes them to the ledger, spoils them as asked, hands them to the sender."""

from typing import Any

from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.payloads import Message, contact_of, status_item
from cloud_api_simulator.people import Person
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
    update = Update(
        update_id=_next_id(world),
        field="messages",
        part="statuses",
        item=status_item(message, status, world.clock.now(), failure_code=failure_code),
        number=message.number,
        contact=None if failure_code is not None else contact_of(message.person),
    )
    row: dict[str, Any] = {"update": status, "wamid": message.wamid, "opaque": message.opaque}
    if failure_code is not None:
        row["code"] = failure_code
    row["phone"] = message.person.wa_id
    _emit(world, update, row=row, key=(*message.key, status), at_once=at_once)
    return update.update_id


def emit_inbound(
    world: World,
    person: Person,
    number: NumberSettings,
    item: JsonObject,
    *,
    opt_out: str | None = None,
    at_once: bool = False,
) -> None:
    """Emit what a person typed or tapped; it opens the service window of the number."""
    now = world.clock.now()
    # A message may hold an older copy of someone made from the seed; state belongs to the kept one.
    person = world.people.find(person.wa_id)
    person.last_inbound[number.phone_number_id] = now
    world.people.keep(person)
    if world.settings.inbound_counts_for_throughput:
        world.numbers[number.phone_number_id].window.count(now)
    update = Update(
        update_id=_next_id(world),
        field="messages",
        part="messages",
        item=item,
        number=number,
        contact=contact_of(person),
    )
    row = {"update": item["type"], "wamid": item["id"], "phone": person.wa_id, "opt_out": opt_out}
    _emit(world, update, row=row, key=("inbound", person.wa_id, str(item["id"])), at_once=at_once)


def emit_preference(
    world: World, person: Person, number: NumberSettings, item: JsonObject, *, at_once: bool = False
) -> None:
    """Emit a stop or resume chosen in WhatsApp itself (Cloud API docs: user preferences webhook)."""
    person = world.people.find(person.wa_id)
    person.stopped = item["value"] == "stop"
    world.people.keep(person)
    update = Update(
        update_id=_next_id(world),
        field="user_preferences",
        part="user_preferences",
        item=item,
        number=number,
        contact=contact_of(person),
    )
    row = {
        "update": f"preference_{item['value']}",
        "phone": person.wa_id,
        "opt_out": "preference" if person.stopped else None,
    }
    _emit(world, update, row=row, key=("preference", person.wa_id, str(item["timestamp"])), at_once=at_once)


def emit_management(world: World, field: str, value: JsonObject) -> None:
    """Emit a change of the account or of a template (Cloud API docs: account and template webhooks)."""
    update_id = _next_id(world)
    world.ledger.write("update", {"id": update_id, "update": field}, count_as=f"update:{field}")
    world.sender.add(Update(update_id=update_id, field=field, part="", item=value), at_once=True)


def _next_id(world: World) -> int:
    world.update_count += 1
    return world.update_count


def _emit(world: World, update: Update, *, row: dict[str, Any], key: tuple[str, ...], at_once: bool) -> None:
    settings = world.sender.settings
    lost = duplicated = reordered = False
    draws: tuple[float, ...] = ()
    if settings.lost_rate or settings.duplicate_rate or settings.reorder_rate:
        draws = world.chance.draws("webhook", *key)
        lost = draws[0] < settings.lost_rate
        duplicated = not lost and draws[1] < settings.duplicate_rate
        reordered = not lost and draws[2] < settings.reorder_rate
    ledger_row = {
        "id": update.update_id,
        **row,
        "number": update.number.phone_number_id if update.number else None,
    }
    for name, value in (("lost", lost), ("duplicated", duplicated), ("reordered", reordered)):
        if value:
            ledger_row[name] = True
    world.ledger.write("update", ledger_row, count_as=f"update:{row['update']}")
    if lost:
        return
    if reordered:
        world.scheduler.at(world.clock.now() + draws[3] * REORDER_SECONDS_MAX, world.sender.add, update)
    else:
        world.sender.add(update, at_once=at_once)
    if duplicated:
        world.scheduler.at(world.clock.now() + draws[4] * DUPLICATE_SECONDS_MAX, world.sender.add, update)
