"""What a plan may use of the limits its number shares: people of the portfolio, and its own warm-up."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.account.store import list_portfolios
from rulecast.account.warm_up import USUAL_TERMS, WarmUp, WarmUpTerms, begin
from rulecast.database import Connection
from rulecast.gate.warm_ups import terms_of
from rulecast.gate.warm_ups.store import find_warm_up
from rulecast.plan import store
from rulecast.values.purpose import Purpose
from rulecast.wiring.plan_draft import UNLIMITED, Draft, Portfolio
from rulecast.wiring.workspace import Workspace


async def read_portfolio(connection: Connection, workspace: Workspace, draft: Draft) -> Portfolio:
    """Return what a plan may use of its portfolio's people, and of its number's where that is young."""
    policy, at, is_marketing = (
        draft.terms.policy,
        draft.terms.evaluated_at,
        draft.terms.purpose is Purpose.MARKETING,
    )
    limits = {
        one.portfolio_id: policy.people_per_day(one.people_per_day_max, one.told_people_per_day_max)
        for one in await list_portfolios(connection)
    }
    warm_up, marketed = await _warm_up(connection, workspace, draft) if is_marketing else (None, [])
    limit = limits.get(draft.number.portfolio_id)
    if limit is None:
        return Portfolio(limit=UNLIMITED, used=0, warm_up=warm_up, marketed=marketed)
    rows = await store.list_portfolio_people(
        connection, draft.number.portfolio_id, since=at - PORTFOLIO_WINDOW, evaluated_at=at
    )
    reserved = policy.reserved_of(limit) if is_marketing else 0
    people, marketed_only = sum(row[1] for row in rows), sum(row[2] for row in rows)
    # What others than marketing have used of the reserve is no use of marketing's part.
    spared = min(reserved, people - marketed_only)
    counted = _without_first([(row[0], row[1]) for row in rows], spared)
    return Portfolio(
        limit=limit - reserved, used=people - spared, counted=counted, warm_up=warm_up, marketed=marketed
    )


async def _warm_up(
    connection: Connection, workspace: Workspace, draft: Draft
) -> tuple[tuple[WarmUp, WarmUpTerms] | None, list[tuple[datetime, int]]]:
    terms = terms_of(draft.terms.policy, None if workspace.is_simulated else USUAL_TERMS)
    if terms is None:
        return None, []
    number, at = draft.number.business_number_id, draft.terms.evaluated_at
    standing = await find_warm_up(connection, number) or begin(terms, at)
    if standing.is_over:
        return None, []
    rows = await store.list_number_people(connection, number, since=at - PORTFOLIO_WINDOW, evaluated_at=at)
    return (standing, terms), [(row[0], row[1]) for row in rows]


def _without_first(counted: Sequence[tuple[datetime, int]], spared: int) -> list[tuple[datetime, int]]:
    kept = []
    for at, people in counted:
        less = min(spared, people)
        spared -= less
        if people > less:
            kept.append((at, people - less))
    return kept
