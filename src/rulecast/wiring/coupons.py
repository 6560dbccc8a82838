"""Pools of codes as a person keeps them: filled from files, shown without their codes, retired."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rulecast.gate.coupons import read_codes
from rulecast.gate.coupons import store as coupons
from rulecast.gate.coupons.codes import CodeLine, told
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.gate.coupons.doubt_codes import put_back_codes
from rulecast.gate.coupons.errors import (
    POOL_NAME,
    CouponFileError,
    CouponPoolNameError,
    CouponPoolRetiredError,
    CouponPoolUnknownError,
    CouponReasonError,
)
from rulecast.gate.coupons.open_code import seal_code
from rulecast.gate.coupons.records import SealedCode, Stock
from rulecast.observe.append_audit import append_audit
from rulecast.values.zone_offsets import local_time, utc_of_local
from rulecast.wiring.workspace import Workspace

BECAUSE_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponsImported:
    """How many codes a file brought, and the stock of their pool since."""

    new: int
    stock: Stock


async def import_coupons(
    workspace: Workspace, pool: DeclaredPool, *, source: str, text: str
) -> CouponsImported:
    """Keep the codes of a file in a pool, which is made where there is none; all of them or none.

    Raises:
        CouponFileError: a line cannot be used, or a pool has its code already.
        CouponPoolNameError: no rule could write the name.
        CouponPoolRetiredError: the pool takes no codes any more.
    """
    if POOL_NAME.fullmatch(pool.name) is None:
        raise CouponPoolNameError
    now, zone = workspace.clock.now(), workspace.settings.default_timezone
    today = local_time(zone, now).date()
    lines = await asyncio.to_thread(read_codes, source, text, today=today)
    sealed = await asyncio.to_thread(_sealed, workspace, lines)
    async with workspace.database.transaction() as connection:
        pool_id = await coupons.make_pool(connection, pool, now=now)
        if not pool_id:
            raise CouponPoolRetiredError(f"The pool {pool.name} is retired.")
        known = set(await coupons.insert_codes(connection, pool_id, sealed, now=now))
        if known:
            places = [f"line {one.line}: a pool has this code" for one in sealed if one.code_index in known]
            raise CouponFileError(f"{source}: {told(places)}.")
        await coupons.settle_stock(connection, pool.name)
        stock = (await coupons.list_stocks(connection, now=now, name=pool.name))[0]
        await append_audit(
            connection,
            actor=workspace.actor,
            action="coupon import",
            subject=pool.name,
            details={"codes": len(sealed), "file": source[:200]},
            now=now,
        )
    return CouponsImported(new=len(sealed), stock=stock)


def _sealed(workspace: Workspace, lines: Sequence[CodeLine]) -> list[SealedCode]:
    """Seal the codes; one can be used until the end of its last day in the workspace's zone."""
    found = []
    for one in lines:
        index, sealed = seal_code(workspace.vault, one.code)
        expires_at = (
            None
            if one.expires is None
            else utc_of_local(workspace.settings.default_timezone, one.expires + timedelta(days=1))
        )
        found.append(SealedCode(line=one.line, code_index=index, sealed_code=sealed, expires_at=expires_at))
    return found


async def list_coupons(workspace: Workspace) -> list[Stock]:
    """Return every pool with what became of its codes."""
    async with workspace.database.connection() as connection:
        return await coupons.list_stocks(connection, now=workspace.clock.now())


async def show_coupons(workspace: Workspace, name: str) -> Stock:
    """Return what became of the codes of a pool.

    Raises:
        CouponPoolUnknownError: there is no such pool.
    """
    async with workspace.database.connection() as connection:
        found = await coupons.list_stocks(connection, now=workspace.clock.now(), name=name)
    if not found:
        raise CouponPoolUnknownError(f"There is no pool {name[:60]}.")
    return found[0]


async def retire_coupons(workspace: Workspace, name: str) -> Stock:
    """Let a pool give no codes any more; rules that draw from it wait.

    Raises:
        CouponPoolUnknownError: there is no such pool.
    """
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        if await coupons.retire_pool(connection, name, now=now):
            await append_audit(
                connection, actor=workspace.actor, action="coupon retire", subject=name, details={}, now=now
            )
    return await show_coupons(workspace, name)


async def put_back_coupons(workspace: Workspace, name: str, *, because: str) -> int:
    """Let the codes of a pool that were in doubt since a restore be given again, and return how many.

    Raises:
        CouponPoolUnknownError: there is no such pool.
        CouponReasonError: no reason is given.
    """
    because = because.strip()[:BECAUSE_LENGTH_MAX]
    if not because:
        raise CouponReasonError("Nothing was put back.")
    await show_coupons(workspace, name)
    whole = 0
    while True:
        async with workspace.database.transaction() as connection:
            count = await put_back_codes(connection, name)
        whole += count
        if not count:
            break
    async with workspace.database.transaction() as connection:
        await coupons.settle_stock(connection, name)
        await append_audit(
            connection,
            actor=workspace.actor,
            action="coupon put back",
            subject=name,
            details={"codes": whole, "because": because},
            now=workspace.clock.now(),
        )
    return whole
