"""Estimated against billed: what messages were let through as, what Meta billed them as, and the difference."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rulecast.observe import store
from rulecast.observe.cost import Allowance, CostLine
from rulecast.observe.store import Connection, Scope


async def reconcile_costs(connection: Connection, scope: Scope) -> Sequence[CostLine]:
    """Return what was estimated and billed, by category."""
    return await store.reconcile_costs(connection, scope)


async def read_allowances(connection: Connection, since: Mapping[str, datetime]) -> Sequence[Allowance]:
    """Return the service messages of each number, given by id, since the month of its account began."""
    return await store.count_service_messages(connection, since)
