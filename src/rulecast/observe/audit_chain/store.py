"""Reads and writes the chain of the audit."""

from collections.abc import AsyncIterator
from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.columns import bigints, blobs
from rulecast.observe.append_audit import hash_of_row
from rulecast.observe.audit_chain.chain import GENESIS, Anchor, Entry, next_link

QUERIES = load_queries(__package__)

# A link is 32 bytes and two numbers: far below what one statement may carry.
ROWS_AT_ONCE = 2_000


async def read_head(connection: Connection) -> Anchor:
    """Return the newest link; the beginning where there is none."""
    row = await fetch_one(connection, QUERIES["read_head"])
    return Anchor(position=0, link=GENESIS) if row is None else Anchor(position=row[0], link=bytes(row[1]))


async def link_new_rows(connection: Connection, now: datetime) -> int:
    """Link committed rows that have no link, and return how many; the caller holds the lock of the chain."""
    rows = await fetch_all(connection, QUERIES["list_unlinked"], {"count_max": ROWS_AT_ONCE})
    if not rows:
        return 0
    head = await read_head(connection)
    links: list[bytes] = []
    previous = head.link
    for position, (audit_id, content_hash) in enumerate(rows, head.position + 1):
        previous = next_link(previous, position, audit_id, bytes(content_hash))
        links.append(previous)
    await execute(
        connection,
        QUERIES["insert_links"],
        {
            "positions": bigints(range(head.position + 1, head.position + 1 + len(rows))),
            "audit_ids": bigints([row[0] for row in rows]),
            "links": blobs(links),
            "now": now,
        },
    )
    return len(rows)


async def read_chain(connection: Connection) -> AsyncIterator[Entry]:
    """Yield the whole chain in order, with what each row hashes to now."""
    after = 0
    while True:
        rows = await fetch_all(connection, QUERIES["read_chain"], {"after": after, "count_max": ROWS_AT_ONCE})
        for position, audit_id, link, at, actor, action, subject, details, stored in rows:
            yield Entry(
                position=position,
                audit_id=audit_id,
                link=bytes(link),
                content=None
                if at is None
                else hash_of_row(at=at, actor=actor, action=action, subject=subject, details=details),
                stored_hash=None if stored is None else bytes(stored),
            )
            after = position
        if len(rows) < ROWS_AT_ONCE:
            return


async def count_unlinked(connection: Connection, before: datetime) -> int:
    """Return how many rows older than this have no link."""
    return int(await fetch_value(connection, QUERIES["count_unlinked"], {"before": before}))
