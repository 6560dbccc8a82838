"""Records who did what, in the transaction that does it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from rulecast.observe import store
from rulecast.observe.store import Connection


async def append_audit(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    """Append one row; details name ids and reasons, never a person's data.

    The content hash is SHA-256 over the row as canonical JSON, so that a later chain can vouch for it.
    """
    content = {
        "at": now.isoformat(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": dict(details),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    row = store.AuditRow(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        details=dict(details),
        content_hash=hashlib.sha256(canonical.encode()).digest(),
    )
    await store.append_audit(connection, row)
