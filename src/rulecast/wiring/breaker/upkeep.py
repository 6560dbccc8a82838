"""What incidents need from time to time: raised where nobody answers, closed where their rule was let go on."""

import asyncio
import contextlib
from datetime import timedelta

import structlog

from rulecast.database.errors import OperationalError
from rulecast.gate.incidents import close_incident
from rulecast.gate.incidents.raise_unanswered import raise_unanswered
from rulecast.wiring.breaker import store
from rulecast.wiring.breaker.rates import HISTORY_DAYS, LOOKED_AT_FOR
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("incidents")

POLL_SECONDS = 5.0
"""Incidents are raised after minutes; seconds do not matter to them."""
ITSELF = "rulecast"
KEPT_FOR = timedelta(days=1) + LOOKED_AT_FOR


async def run_upkeep(workspace: Workspace, *, stop_event: asyncio.Event) -> None:
    """Look after incidents until told to stop."""
    while not stop_event.is_set():
        try:
            await look_after(workspace)
        except OperationalError:
            LOG.warning("incidents wait for the database")
        except Exception:
            LOG.exception("incidents could not be looked after")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), POLL_SECONDS)


async def look_after(workspace: Workspace) -> list[int]:
    """Raise what nobody has answered and close what was answered at the rule; return the numbers of the raised ones."""
    now = workspace.clock.now()
    minutes = workspace.settings.incident_raise_minutes
    async with workspace.database.transaction() as connection:
        for one in await store.list_rule_incidents(connection):
            if not one.is_held:
                because = "The rule was let go on."
                await close_incident(connection, one.incident_id, by=ITSELF, because=because, now=now)
        if not minutes:
            return []
        return await raise_unanswered(connection, after=timedelta(minutes=minutes), now=now)


async def keep_history(workspace: Workspace) -> None:
    """Keep what became of the messages of the last days as what is usual; run every hour."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await store.keep_history(
            connection,
            since=now - KEPT_FOR,
            forget_before=(now - LOOKED_AT_FOR).date() - timedelta(days=HISTORY_DAYS),
        )
