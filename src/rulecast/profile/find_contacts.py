"""Find people by what they are known by."""

from collections.abc import Sequence

from rulecast.profile import store
from rulecast.profile.store import Connection
from rulecast.values.ids import ContactId


async def find_contacts(connection: Connection, lookups: Sequence[bytes]) -> dict[bytes, ContactId]:
    """Return the contact of each keyed hash that is somebody's current identity."""
    if not lookups:
        return {}
    return await store.find_identities(connection, lookups)
