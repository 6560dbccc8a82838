"""Codes that may have been given since a restored state are given to nobody until a person puts them back."""

from datetime import datetime

from rulecast.gate.coupons import store
from rulecast.gate.coupons.free_coupons import REST
from rulecast.gate.coupons.store import Connection

CODES_A_TRANSACTION = 5_000
"""Rows of one transaction."""


async def doubt_codes(connection: Connection, *, known_until: datetime | None, now: datetime) -> int:
    """Set at most `CODES_A_TRANSACTION` codes aside and return how many; repeat until 0.

    `known_until` is when the restored state was last sent from, by the database's own clock, None where nobody knows.
    In a shorter gap than a freed code rests, only codes that were free or resting then can be somebody else's.
    """
    return await store.doubt_some(
        connection, known_until=known_until, rest=REST, count_max=CODES_A_TRANSACTION, now=now
    )


async def put_back_codes(connection: Connection, pool: str) -> int:
    """Let at most `CODES_A_TRANSACTION` codes in doubt be given again and return how many; repeat until 0."""
    return await store.put_back_some(connection, pool, count_max=CODES_A_TRANSACTION)
