"""Records who did what, in the transaction that does it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

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

    The content hash is SHA-256 over the row as canonical JSON, so that the chain can vouch for it.
    """
    row = store.AuditRow(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        details=dict(details),
        content_hash=hash_of_row(at=now, actor=actor, action=action, subject=subject, details=details),
    )
    await store.append_audit(connection, row)


def hash_of_row(
    *, at: datetime, actor: str, action: str, subject: str, details: Mapping[str, object]
) -> bytes:
    """Return SHA-256 over a row as canonical JSON; the same for what was handed in and for what was stored."""
    content = {
        "at": at.astimezone(UTC).isoformat(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": dict(details),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
