"""The doctor's look at pools of codes."""

from rulecast.gate.coupons.records import Stock
from rulecast.wiring.coupons import list_coupons
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.workspace import Workspace

NAME = "coupons"


async def look_at_coupons(workspace: Workspace) -> list[Finding]:
    """Return what is wrong with pools that give codes; nothing where there is none."""
    stocks = [one for one in await list_coupons(workspace) if one.retired_at is None]
    if not stocks:
        return []
    wrong = [f"{one.name}: {', '.join(found)}" for one in stocks if (found := _faults(one))]
    if wrong:
        return [
            Finding(
                name=NAME,
                health=Health.NOTE,
                what="; ".join(wrong),
                what_to_do="Look with `rulecast coupon show POOL`; `rulecast coupon import POOL FILE` brings codes.",
            )
        ]
    free = sum(one.free for one in stocks)
    return [
        Finding(name=NAME, health=Health.GOOD, what=f"{free:,} codes can be given from {len(stocks)} pools")
    ]


def _faults(stock: Stock) -> list[str]:
    """Return what a person should know of a pool."""
    found = []
    if stock.low_since is not None:
        found.append(f"rules wait for codes since {stock.low_since:%Y-%m-%d %H:%M} UTC")
    elif stock.free <= stock.low_stock:
        found.append("no more codes can be given")
    if stock.ends_soon and stock.next_end is not None:
        found.append(
            f"{stock.ends_soon:,} free codes end soon, the first is void on {stock.next_end:%Y-%m-%d}"
        )
    if stock.in_doubt:
        found.append(f"{stock.in_doubt:,} codes are in doubt since a restore")
    if stock.set_aside:
        found.append(f"{stock.set_aside:,} codes cannot be opened")
    if stock.given_twice:
        found.append(f"{stock.given_twice:,} codes are with two people")
    return found
