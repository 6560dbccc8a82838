"""The identity check of a number: a hash of who is behind a phone, in webhooks and sends (platform reference 1.5)."""

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.message_schema import CheckedMessage
from cloud_api_simulator.people import Person
from cloud_api_simulator.world import World


def identity_hash(world: World, number_id: str, person: Person) -> str | None:
    """Return the hash webhooks of a number carry, or None while its identity check is off.

    It follows the BSUID, which changes with the phone number as the keys behind Meta's hash do.
    """
    change = world.graph.number_settings.get(number_id, {}).get("user_identity_change")
    if not isinstance(change, dict) or not change.get("enable_identity_key_check"):
        return None
    return world.chance.token("identity", person.user_id).decode()


def check_identity(world: World, number_id: str, person: Person, checked: CheckedMessage) -> None:
    """Raise ApiError 137000 when a send names another hash than the person's."""
    known = identity_hash(world, number_id, person) if checked.identity_hash is not None else None
    if known is not None and known != checked.identity_hash:
        raise ApiError(137000)
