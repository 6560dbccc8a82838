"""Changes of who somebody is: a new phone, a new BSUID, a username; with the updates Meta sends (reference 1.4)."""

from typing import Any

from cloud_api_simulator.chats import Line
from cloud_api_simulator.emit import emit_about_person, emit_inbound
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.inbound import any_item
from cloud_api_simulator.people import Person, parent_of
from cloud_api_simulator.settings import NumberSettings
from cloud_api_simulator.world import World


def change_number(world: World, person: Person, number: NumberSettings, digits: str) -> Person:
    """Move a person to a new phone: a system message, then `user_id_update`, for the BSUID changes as well."""
    old_wa_id, old_user_id, old_parent = person.wa_id, person.user_id, person.parent_user_id
    moved = world.people.move(person, digits)
    world.chats.move(old_wa_id, digits)
    _note(world, moved, f"changed number from +{old_wa_id} to +{digits}")
    system: JsonObject = {
        "type": "user_changed_number",
        "body": f"User {moved.name} changed from {old_wa_id} to {digits}",
        "wa_id": digits,
        "user_id": moved.user_id,
    }
    if moved.parent_user_id is not None:
        system["parent_user_id"] = moved.parent_user_id
    _emit_system(world, moved, number, system, sender=(old_wa_id, old_user_id))
    _emit_user_id(world, moved, number, old_user_id=old_user_id, old_parent=old_parent)
    return moved


def change_user_id(world: World, person: Person, number: NumberSettings, user_id: str | None) -> Person:
    """Give a person another BSUID; the phone stays. Without one a new one is made."""
    old_user_id, old_parent = person.user_id, person.parent_user_id
    made = f"{person.country}.{world.chance.integer('user id', old_user_id)}"
    world.people.rename(person, user_id or made)
    if old_parent is not None:
        person.parent_user_id = parent_of(person.user_id)
    world.people.keep(person)
    _note(world, person, "got a new user id")
    system = {"type": "user_changed_user_id", "body": "The user id changed", "user_id": person.user_id}
    _emit_system(world, person, number, system, sender=(person.wa_id, old_user_id))
    _emit_user_id(world, person, number, old_user_id=old_user_id, old_parent=old_parent)
    return person


def change_username(world: World, person: Person, username: str | None) -> None:
    """Let a person adopt or give up a username; no webhook tells it (reference 1.4)."""
    person.username = username
    world.people.keep(person)
    _note(world, person, f"goes by @{username}" if username else "gave up the username")


def _emit_system(
    world: World,
    person: Person,
    number: NumberSettings,
    system: dict[str, Any],
    *,
    sender: tuple[str, str],
) -> None:
    """Emit a system message in the name of the old identity; it opens no window of its own."""
    wamid = world.next_wamid(person.wa_id, by_user=True)
    item = any_item(person, wamid, world.clock.now(), kind="system", more={"system": system})
    if "from" in item:
        item["from"] = sender[0]
    item["from_user_id"] = sender[1]
    emit_inbound(world, person, number, item, at_once=True)


def _emit_user_id(
    world: World, person: Person, number: NumberSettings, *, old_user_id: str, old_parent: str | None
) -> None:
    item: JsonObject = {
        "wa_id": person.wa_id,
        "detail": "The user id of this user changed",
        "user_id": {"previous": old_user_id, "current": person.user_id},
        "timestamp": str(int(world.clock.now())),
    }
    if old_parent is not None:
        item["parent_user_id"] = {"previous": old_parent, "current": person.parent_user_id}
    emit_about_person(world, person, number, item, field="user_id_update")


def _note(world: World, person: Person, text: str) -> None:
    world.chats.add(person.wa_id, Line(at=world.clock.now(), text=text, is_notice=True))
