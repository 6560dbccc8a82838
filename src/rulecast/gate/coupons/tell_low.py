"""A pool without codes to give is told to a person, once, until it has codes again."""

from datetime import datetime

from rulecast.gate.coupons import store
from rulecast.gate.coupons.store import Connection
from rulecast.gate.incidents import IncidentReport, open_incident, settle_incidents
from rulecast.gate.incidents.records import IncidentScope

CAUSE = "coupons:low"
SCOPE: IncidentScope = "workspace"


async def tell_low_pools(connection: Connection, *, now: datetime) -> int:
    """Open an incident for each pool whose rules wait, close those of pools that have codes again; count the new."""
    news = await store.list_untold(connection, cause=CAUSE, scope=SCOPE)
    for pool, is_low in news:
        if is_low:
            report = IncidentReport(cause=CAUSE, scope=SCOPE, scope_id=pool, at=now, facts={"pool": pool})
            await open_incident(connection, report)
        else:
            await settle_incidents(connection, cause=CAUSE, scope=SCOPE, scope_id=pool, at=now)
    return sum(is_low for _, is_low in news)
