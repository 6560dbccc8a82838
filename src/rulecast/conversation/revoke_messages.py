"""Forget the words of messages that people took back."""

from collections.abc import Collection, Mapping
from datetime import datetime

from rulecast.conversation import store
from rulecast.conversation.store import Connection


async def revoke_messages(
    connection: Connection, revoked: Mapping[bytes, datetime], written: Collection[bytes]
) -> None:
    """Delete words and details of the revoked events, and of `written` ones that were revoked before they came."""
    if revoked:
        await store.insert_revocations(connection, revoked)
    keys = {*revoked, *written}
    if keys:
        await store.delete_revoked(connection, sorted(keys))
