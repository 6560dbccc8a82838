"""The only file of this part that reaches the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.columns import bigints, blobs, instants, texts
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.gate.coupons.records import CouponPool, CouponRow, GivenRow, HeldRow, SealedCode, Stock
from rulecast.gate.coupons.share import Holder
from rulecast.gate.permit import Permit

__all__ = ["QUERIES", "Connection"]

QUERIES = load_queries(__package__)

# About 90 bytes a code: far below the 256 kB of one statement's parameters.
CODES_A_STATEMENT = 1_000
SOON = timedelta(days=7)
"""A person needs some days to get other codes from the shop."""
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for no end on the way to the database."""


async def lock_pools(connection: Connection, names: Sequence[str]) -> list[CouponPool]:
    """Lock the pools of these names that still give codes, in the order of their ids."""
    return await fetch_all(
        connection, QUERIES["lock_coupon_pools"], {"names": texts(names)}, record=CouponPool
    )


async def lock_held(connection: Connection, holders: Sequence[Holder], *, now: datetime) -> list[HeldRow]:
    """Lock and return the codes that these people hold of these rules."""
    parameters = {
        "contact_ids": bigints([one.contact_id for one in holders]),
        "rule_names": texts([one.rule_name for one in holders]),
        "now": now,
    }
    return await fetch_all(connection, QUERIES["lock_held_coupons"], parameters, record=HeldRow)


async def lock_free(
    connection: Connection, pool: CouponPool, *, count_max: int, usable_until: datetime
) -> list[CouponRow]:
    """Lock and return free codes of a pool, those that expire first before others, and leave what it keeps back."""
    parameters = {"pool_id": pool.pool_id, "usable_until": usable_until}
    stock = await fetch_value(
        connection, QUERIES["count_free_coupons"], {**parameters, "count_max": pool.low_stock + count_max}
    )
    wanted = min(count_max, int(stock) - pool.low_stock)
    if wanted <= 0:
        return []
    return await fetch_all(
        connection, QUERIES["lock_free_coupons"], {**parameters, "count_max": wanted}, record=CouponRow
    )


async def set_aside(connection: Connection, coupon_ids: Sequence[int], *, now: datetime) -> None:
    """Give these codes to nobody."""
    await execute(connection, QUERIES["set_coupons_aside"], {"coupon_ids": bigints(coupon_ids), "now": now})


async def doubt_some(
    connection: Connection, *, known_until: datetime | None, rest: timedelta, count_max: int, now: datetime
) -> int:
    """Set some codes aside that may have been given since a restored state, and return how many."""
    parameters = {"known_until": known_until, "rest": rest, "count_max": count_max, "now": now}
    return int(await fetch_value(connection, QUERIES["doubt_coupons"], parameters))


async def put_back_some(connection: Connection, name: str, *, count_max: int) -> int:
    """Let some codes of a pool that were in doubt be given again, and return how many."""
    return int(
        await fetch_value(connection, QUERIES["put_back_coupons"], {"name": name, "count_max": count_max})
    )


async def take_coupons(connection: Connection, taken: Mapping[Holder, CouponRow], *, now: datetime) -> None:
    """Give codes to the people who hold them from now on."""
    parameters = {
        "coupon_ids": bigints([one.coupon_id for one in taken.values()]),
        "contact_ids": bigints([one.contact_id for one in taken]),
        "rule_names": texts([one.rule_name for one in taken]),
        "now": now,
    }
    count = await execute(connection, QUERIES["take_coupons"], parameters)
    assert count == len(taken), "locked codes are free until the commit"


async def insert_uses(
    connection: Connection, carried: Sequence[tuple[Permit, CouponRow]], *, now: datetime
) -> None:
    """Keep which permit carries which code."""
    parameters = {
        "permit_ids": bigints([permit.permit_id for permit, _ in carried]),
        "coupon_ids": bigints([coupon.coupon_id for _, coupon in carried]),
        "contact_ids": bigints([permit.contact_id for permit, _ in carried]),
        "message_ids": bigints([permit.message_id for permit, _ in carried]),
        "now": now,
    }
    await execute(connection, QUERIES["insert_coupon_uses"], parameters)


async def mark_low(connection: Connection, names: Sequence[str], *, now: datetime) -> None:
    """Keep since when these pools lack codes, where that is news."""
    await execute(connection, QUERIES["mark_pools_low"], {"names": texts(names), "now": now})


async def lock_released(connection: Connection, *, rested_until: datetime) -> list[int]:
    """Lock codes of which a use was released before an instant, and return them."""
    rows = await fetch_all(connection, QUERIES["lock_released_coupons"], {"rested_until": rested_until})
    return [row[0] for row in rows]


async def free_released(
    connection: Connection, coupon_ids: Sequence[int], *, rested_until: datetime, now: datetime
) -> int:
    """Free those of the locked codes that no message carries, and return how many."""
    return int(
        await fetch_value(
            connection,
            QUERIES["free_released_coupons"],
            {"coupon_ids": bigints(coupon_ids), "rested_until": rested_until, "now": now},
        )
    )


async def list_pool_names(connection: Connection, *, with_retired: bool = False) -> list[str]:
    """Return the names of the pools that rules can draw from."""
    rows = await fetch_all(connection, QUERIES["list_pool_names"], {"with_retired": with_retired})
    return [row[0] for row in rows]


async def save_pool(connection: Connection, pool: DeclaredPool, *, now: datetime) -> None:
    """Make a pool, or change what it keeps back and how long its codes have to hold."""
    await execute(connection, QUERIES["save_pool"], {**asdict(pool), "now": now})


async def make_pool(connection: Connection, pool: DeclaredPool, *, now: datetime) -> int:
    """Lock a pool, which is made where nobody has, and return its id; 0 where it is retired."""
    await execute(connection, QUERIES["make_pool"], {**asdict(pool), "now": now})
    row = await fetch_one(connection, QUERIES["lock_pool"], {"name": pool.name})
    assert row is not None, "the pool was just made"
    return 0 if row[1] else int(row[0])


async def insert_codes(
    connection: Connection, pool_id: int, codes: Sequence[SealedCode], *, now: datetime
) -> list[bytes]:
    """Keep sealed codes and return the keyed hashes of those that a pool has already, this one or another."""
    known: list[bytes] = []
    for first in range(0, len(codes), CODES_A_STATEMENT):
        part = codes[first : first + CODES_A_STATEMENT]
        parameters = {
            "pool_id": pool_id,
            "indexes": blobs([one.code_index for one in part]),
            "sealed": blobs([one.sealed_code for one in part]),
            "expires": instants([one.expires_at or FOREVER for one in part]),
            "forever": FOREVER,
            "now": now,
        }
        rows = await fetch_all(connection, QUERIES["insert_codes"], parameters)
        new = {bytes(row[0]) for row in rows}
        known += [one.code_index for one in part if one.code_index not in new]
    return known


async def settle_stock(connection: Connection, name: str) -> None:
    """End the waiting of a pool that has codes again."""
    await execute(connection, QUERIES["settle_stock"], {"name": name})


async def retire_pool(connection: Connection, name: str, *, now: datetime) -> bool:
    """Let a pool give no more codes, and return whether it gave any until now."""
    return await execute(connection, QUERIES["retire_pool"], {"name": name, "now": now}) > 0


async def list_stocks(connection: Connection, *, now: datetime, name: str | None = None) -> list[Stock]:
    """Return the pools with what became of their codes, by name."""
    parameters = {"name": name, "now": now, "soon": SOON}
    return await fetch_all(connection, QUERIES["list_stocks"], parameters, record=Stock)


async def count_givable(connection: Connection, name: str, *, now: datetime) -> int:
    """Return how many codes a pool can give, beside those it keeps back; 0 where there is none or it is retired."""
    return int(await fetch_value(connection, QUERIES["count_givable"], {"name": name, "now": now}) or 0)


async def count_held(connection: Connection, rule_name: str) -> int:
    """Return how many people hold a code of a rule that can still be redeemed."""
    return int(await fetch_value(connection, QUERIES["count_held"], {"rule_name": rule_name}))


async def lock_redeemed(connection: Connection, indexes: Sequence[bytes]) -> list[GivenRow]:
    """Lock the codes of these keyed hashes, in order, and return to whom each was given and by which run."""
    return await fetch_all(connection, QUERIES["lock_redeemed"], {"indexes": blobs(indexes)}, record=GivenRow)


async def mark_redeemed(connection: Connection, redeemed: Sequence[tuple[bytes, datetime, int]]) -> None:
    """Keep when these codes were redeemed and by whom; 0 is nobody known."""
    parameters = {
        "indexes": blobs([index for index, _, _ in redeemed]),
        "instants": instants([at for _, at, _ in redeemed]),
        "contact_ids": bigints([contact_id for _, _, contact_id in redeemed]),
    }
    await execute(connection, QUERIES["mark_redeemed"], parameters)


async def list_untold(connection: Connection, *, cause: str, scope: str) -> list[tuple[str, bool]]:
    """Return the pools that wait for codes without an incident, and those that do not wait any more with one."""
    rows = await fetch_all(connection, QUERIES["list_untold_pools"], {"cause": cause, "scope": scope})
    return [(row[0], row[1]) for row in rows]
