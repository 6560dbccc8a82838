"""Taking codes inside the intent transaction, after the people are locked and before anything is decided."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from rulecast.gate.coupons import store
from rulecast.gate.coupons.records import CouponPool, CouponRow
from rulecast.gate.coupons.share import CouponShare, Holder, Open
from rulecast.gate.coupons.store import Connection
from rulecast.gate.draft import PreparedDraft
from rulecast.gate.permit import Permit

log = structlog.get_logger(__name__)


async def hold_coupons(
    connection: Connection,
    drafts: Sequence[tuple[PreparedDraft, str]],
    *,
    open_code: Open | None,
    now: datetime,
) -> CouponShare:
    """Lock the codes that these drafts, each with the name of its rule, may use; those not used stay free.

    The rows of the pools are locked in order, so that what a pool keeps back is kept back from all senders. Free codes
    that somebody else has locked are passed over. Who holds a code already gets that one. Of a pool that is retired,
    and while no code can be opened, nobody gets any: all of them wait.
    """
    wanted = [(one, rule_name) for one, rule_name in drafts if one.coupon is not None]
    if not wanted:
        return CouponShare(pools={}, held={}, free={}, can_open=open_code is not None)
    names = sorted({one.coupon.pool for one, _ in wanted if one.coupon is not None})
    pools = {one.name: one for one in await store.lock_pools(connection, names)}
    if open_code is None:
        pools = {}
    holders = sorted({Holder(one.draft.contact_id, rule_name) for one, rule_name in wanted})
    held: dict[Holder, tuple[CouponRow, str | None]] = {}
    for row in await store.lock_held(connection, holders, now=now):
        code = None if open_code is None else open_code(row.code_index, row.sealed_code)
        held[Holder(row.contact_id, row.rule_name)] = row.coupon, code
    needed = Counter(
        one.coupon.pool
        for one, rule_name in wanted
        if one.coupon is not None and Holder(one.draft.contact_id, rule_name) not in held
    )
    free = await _hold_free(connection, pools, needed, open_code=open_code, now=now)
    return CouponShare(pools=pools, held=held, free=free, can_open=open_code is not None)


async def _hold_free(
    connection: Connection,
    pools: Mapping[str, CouponPool],
    needed: Mapping[str, int],
    *,
    open_code: Open | None,
    now: datetime,
) -> dict[str, list[tuple[CouponRow, str]]]:
    found: dict[str, list[tuple[CouponRow, str]]] = {}
    for name, pool in pools.items():
        if not needed.get(name) or open_code is None:
            continue
        usable_until = now + timedelta(hours=pool.valid_hours_min)
        rows = await store.lock_free(connection, pool, count_max=needed[name], usable_until=usable_until)
        opened = [(one, open_code(one.code_index, one.sealed_code)) for one in rows]
        broken = [one.coupon_id for one, code in opened if code is None]
        if broken:
            log.warning("coupons_set_aside", pool=name, count=len(broken))
            await store.set_aside(connection, broken, now=now)
        found[name] = [(one, code) for one, code in opened if code is not None]
    return found


async def use_coupons(
    connection: Connection, share: CouponShare, permits: Sequence[Permit], *, now: datetime
) -> None:
    """Write which person holds which code now and which permit carries it, and since when a pool lacks codes."""
    if share.taken:
        await store.take_coupons(connection, share.taken, now=now)
    carried = [(one, share.uses[one.message_id]) for one in permits if one.message_id in share.uses]
    if carried:
        await store.insert_uses(connection, carried, now=now)
    if share.lacking:
        await store.mark_low(connection, sorted(share.lacking), now=now)
