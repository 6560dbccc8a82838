"""Reads the funnels of a grain: counts from the store, joined by the pure builder."""

from rulecast.observe import store
from rulecast.observe.funnel import Funnel, Grain, build_funnels
from rulecast.observe.store import Connection

# Templates and hours cut through a plan: whom the plan left out belongs to none of them.
GRAINS_WITH_PEOPLE = frozenset({Grain.ALL, Grain.RUN, Grain.RULE, Grain.VARIANT})


async def read_funnels(
    connection: Connection, grain: Grain, scope: store.Scope | None = None
) -> tuple[Funnel, ...]:
    """Return one funnel per run, rule, variant, template or hour of the scope."""
    scope = scope or store.Scope()
    members = await store.count_members(connection, grain, scope) if grain in GRAINS_WITH_PEOPLE else []
    return build_funnels(
        await store.count_outcomes(connection, grain, scope),
        members,
        await store.sum_costs(connection, grain, scope),
        await store.count_conversions(connection, grain, scope),
    )
