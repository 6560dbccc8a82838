"""Codes of messages that surely were not sent go back to their pool."""

from datetime import datetime, timedelta

from rulecast.gate.coupons import store
from rulecast.gate.coupons.store import Connection

REST = timedelta(hours=24)
"""How long a code rests after its message was refused: a status that proves the refusal wrong comes within seconds."""


async def free_coupons(connection: Connection, *, now: datetime) -> int:
    """Free the codes whose every use was released a day ago, and return how many.

    Codes are locked in one statement and looked at again in the next, whose snapshot sees every use that was
    committed before the lock. A code that somebody is using now is passed over.
    """
    rested_until = now - REST
    coupon_ids = await store.lock_released(connection, rested_until=rested_until)
    if not coupon_ids:
        return 0
    return await store.free_released(connection, coupon_ids, rested_until=rested_until, now=now)
