"""Keep what a message holds beside its words, sealed under the person's key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from rulecast.conversation import store
from rulecast.conversation.store import Connection
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault

DetailKind = Literal[
    "media", "order", "location", "contacts", "flow_reply", "referral", "product", "quoted", "echo"
]

SEALED_DETAIL = "conversation.detail.sealed_detail"
DETAIL_BYTES_MAX = 32_768
"""An order of a hundred lines has some 12 kB; what is longer is kept in the sealed body only, for seven days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One detail of the event of the same key; `content` becomes JSON."""

    event_key: bytes
    contact_id: ContactId
    kind: DetailKind
    occurred_at: datetime
    content: Mapping[str, object] = field(repr=False)


async def keep_details(connection: Connection, vault: Vault, details: Sequence[Detail]) -> None:
    """Seal and append the details; one that is kept already, or too long to be kept, is left out."""
    encoded = [(one, msgspec.json.encode(one.content)) for one in details]
    kept = [(one, content) for one, content in encoded if len(content) <= DETAIL_BYTES_MAX]
    if not kept:
        return
    sealed = await vault.seal_many(
        [SealItem(one.contact_id, SEALED_DETAIL, content) for one, content in kept]
    )
    await store.insert_details(
        connection,
        [
            store.DetailRow(
                event_key=one.event_key,
                contact_id=one.contact_id,
                kind=one.kind,
                occurred_at=one.occurred_at,
                sealed_detail=content,
            )
            for (one, _), content in zip(kept, sealed, strict=True)
        ],
    )
