"""Templates are read from Meta by themselves: every hour, and before a launch that would go by an old reading."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from rulecast.account.store import list_numbers
from rulecast.plan import store as plan_store
from rulecast.template.errors import TemplatePushError
from rulecast.template.registry.records import AccountReading
from rulecast.template.registry.store import list_account_readings, save_account_reading
from rulecast.values.ids import PlanId
from rulecast.wiring.template_sync import list_accounts, sync_templates
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("templates")

REGULARLY = timedelta(hours=1)
BEFORE_LAUNCH = timedelta(minutes=10)
SILENCE = timedelta(minutes=1)
"""A Meta that does not answer is not asked again by each of many launches."""


async def sync_regularly(workspace: Workspace) -> None:
    """Read the accounts whose last reading is an hour old."""
    await _sync_older(workspace, await list_accounts(workspace), age=REGULARLY)


async def sync_before_launch(workspace: Workspace, plan_id: PlanId) -> None:
    """Read the account a plan sends from where nobody has for ten minutes; a Meta that is silent stops no launch.

    Raises:
        PlanUnknownError: there is no such plan.
    """
    async with workspace.database.connection() as connection:
        plan = await plan_store.find_plan(connection, plan_id)
        if plan.state == "launched":
            return
        numbers = {one.business_number_id: one.waba_id for one in await list_numbers(connection)}
    await _sync_older(workspace, [numbers[plan.business_number_id]], age=BEFORE_LAUNCH)


async def _sync_older(workspace: Workspace, accounts: Sequence[str], *, age: timedelta) -> None:
    if workspace.settings.access_token is None:
        return
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        readings = {one.waba_id: one for one in await list_account_readings(connection)}
    for waba_id in accounts:
        known = readings.get(waba_id)
        known = known or AccountReading(waba_id=waba_id, read_at=None, blocked_until=None, template_count=0)
        if known.read_at is None or now - known.read_at >= age:
            await _sync(workspace, known)


async def _sync(workspace: Workspace, known: AccountReading) -> None:
    try:
        accounts = await sync_templates(workspace, waba_id=known.waba_id)
    except TemplatePushError as error:
        LOG.warning("templates not read", target=known.waba_id, code=error.code)
        silent = replace(known, blocked_until=workspace.clock.now() + SILENCE)
        async with workspace.database.transaction() as connection:
            await save_account_reading(connection, silent)
        return
    count = sum(len(account.changes) for account in accounts)
    if count:
        LOG.info("templates changed", target=known.waba_id, count=count)
