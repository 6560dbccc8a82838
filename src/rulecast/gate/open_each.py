"""Opens what is sealed under the keys of many people: one broken seal costs nobody else anything."""

from collections.abc import Sequence

import structlog

from rulecast.values.ids import ContactId
from rulecast.vault import SealItem, Vault
from rulecast.vault.errors import SealBrokenError

log = structlog.get_logger(__name__)


async def open_each(
    vault: Vault, items: Sequence[SealItem]
) -> tuple[Sequence[bytes | None], frozenset[ContactId]]:
    """Open all at once; where a seal is broken one by one, so that it costs nobody else the message."""
    try:
        return await vault.open_many(items), frozenset()
    except SealBrokenError as error:
        log.warning("seal_broken", error_code=error.code)
    plain: list[bytes | None] = []
    broken: set[ContactId] = set()
    for item in items:
        try:
            plain += await vault.open_many([item])
        except SealBrokenError:
            plain.append(None)
            broken.add(item.contact_id)
    return plain, frozenset(broken)
