"""What happens by itself: partitions ahead, day keys destroyed, successes counted, templates and tiers read anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from rulecast.collect.inbox import destroy_old_day_keys
from rulecast.jobs import Jobs
from rulecast.observe.record_conversions import record_conversions
from rulecast.wiring.audit_trail import anchor_audit, chain_audit
from rulecast.wiring.breaker.upkeep import keep_history
from rulecast.wiring.limit_tiers import read_tiers_anew
from rulecast.wiring.moments.stop_test import fold_counts
from rulecast.wiring.partitions import make_partitions
from rulecast.wiring.recurring import ContactZones, run_due_rules
from rulecast.wiring.replies.keep_typed_file import forget_typed_files
from rulecast.wiring.server_health import watch_server
from rulecast.wiring.template_upkeep import sync_regularly
from rulecast.wiring.triggers.counting import check_counters
from rulecast.wiring.triggers.nightly import check_memberships, forget_old_firings
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("periodic")

MONTHS_AHEAD = timedelta(days=93)

# The sixth field are seconds. Under a fast virtual clock a minute may be hours; idle it costs one small query.
EVERY_TEN_SECONDS = "* * * * * */10"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "7 * * * *"
EVERY_NIGHT = "41 1 * * *"


async def run_periodic(workspace: Workspace, stop: asyncio.Event) -> None:
    """Run the periodic jobs until told to stop; several workers share them."""
    async with Jobs(workspace.database) as jobs:
        jobs.register_periodic("partitions", _bound(workspace, look_ahead), cron=EVERY_HOUR)
        jobs.register_periodic("day_keys", _bound(workspace, destroy_day_keys), cron=EVERY_HOUR)
        jobs.register_periodic("conversions", _bound(workspace, count_successes), cron=EVERY_MINUTE)
        jobs.register_periodic("audiences", _bound(workspace, check_memberships), cron=EVERY_NIGHT)
        jobs.register_periodic("counters", _bound(workspace, check_counters), cron=EVERY_NIGHT)
        jobs.register_periodic("typed_files", _bound(workspace, forget_old_files), cron=EVERY_HOUR)
        jobs.register_periodic("firings", _bound(workspace, forget_old_firings), cron=EVERY_NIGHT)
        jobs.register_periodic("stop_counts", _bound(workspace, fold_counts), cron=EVERY_MINUTE)
        jobs.register_periodic("usual_rates", _bound(workspace, keep_history), cron=EVERY_HOUR)
        jobs.register_periodic("limit_tiers", _bound(workspace, read_tiers_anew), cron=EVERY_HOUR)
        jobs.register_periodic("server", _bound(workspace, watch_server), cron=EVERY_HOUR)
        jobs.register_periodic("templates", _bound(workspace, sync_regularly), cron=EVERY_MINUTE)
        jobs.register_periodic("audit_chain", _bound(workspace, chain_audit), cron=EVERY_TEN_SECONDS)
        jobs.register_periodic("audit_anchor", _bound(workspace, anchor_audit), cron=EVERY_HOUR)
        jobs.register_periodic("recurring", _recurring(workspace), cron=EVERY_TEN_SECONDS)
        await look_ahead(workspace)
        await jobs.run_worker(stop)


async def look_ahead(workspace: Workspace) -> None:
    """Make the month partitions of the next three months, so that rows never land in a default partition."""
    await make_partitions(workspace.database, workspace.clock.now().date(), ahead=MONTHS_AHEAD)


async def destroy_day_keys(workspace: Workspace) -> None:
    """Destroy the keys of raw bodies and import files older than seven days."""
    count = await destroy_old_day_keys(workspace.vault, workspace.clock.now())
    if count:
        LOG.info("day keys destroyed", count=count)


async def forget_old_files(workspace: Workspace) -> None:
    """Remove files that people of the business sent once by hand."""
    count = await forget_typed_files(workspace)
    if count:
        LOG.info("files of typed replies forgotten", count=count)


async def count_successes(workspace: Workspace) -> None:
    """Count the success events that fell into the windows of sent messages."""
    async with workspace.database.transaction() as connection:
        catalogue = await workspace.catalogue_of_runs(connection)
        count = await record_conversions(
            connection, catalogue, now=workspace.clock.now(), currency=workspace.billing_currency
        )
    if count:
        LOG.info("successes counted", count=count)


def _recurring(workspace: Workspace) -> Callable[[], Awaitable[None]]:
    zones = ContactZones()

    async def run() -> None:
        await run_due_rules(workspace, zones)

    return run


def _bound(
    workspace: Workspace, work: Callable[[Workspace], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await work(workspace)

    return run
