"""How many codes there are for the messages of a plan."""

from datetime import datetime

from rulecast.database import Connection
from rulecast.gate.coupons.store import count_givable, count_held
from rulecast.rule.language.document import Rule, send_for
from rulecast.wiring.plan_draft import PlanCoupons


async def read_stock(connection: Connection, rule: Rule, *, evaluated_at: datetime) -> PlanCoupons | None:
    """Return what the pools of a rule can give; None where its messages hold no codes."""
    arms = [
        {one.coupon_pool for one in send_for(rule, arm).parameters if one.coupon_pool is not None}
        for arm in ("", *(one.name for one in rule.variants))
    ]
    names = sorted({name for arm in arms for name in arm})
    if not names:
        return None
    pools = {name: await count_givable(connection, name, now=evaluated_at) for name in names}
    held = await count_held(connection, rule.name)
    is_one = all(arm == arms[0] for arm in arms)
    return PlanCoupons(pools=pools, held=held, people_max=pools[names[0]] + held if is_one else None)
