"""Reading what Meta's accounts hold of templates, and their zone, at most once a minute; reporting what changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from rulecast.account.store import list_numbers, save_account_zone
from rulecast.template.errors import TemplatePushError, TemplateThrottledError
from rulecast.template.registry import ListedTemplate, TemplateChange, keep_listed, mark_missing, read_listed
from rulecast.template.registry.records import AccountReading
from rulecast.template.registry.store import find_account_reading, save_account_reading
from rulecast.wiring.template_graph import TemplateGraph
from rulecast.wiring.template_news import tell_changes
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("templates")

READING_INTERVAL = timedelta(minutes=1)
"""Meta limits the calls of an app for an account to some thousands an hour, for everything together."""
ROWS_PER_TRANSACTION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSync:
    """What came of one account: `outcome` is read, recent (a minute has not passed) or blocked (Meta wants a wait)."""

    waba_id: str
    outcome: str
    template_count: int
    unreadable_count: int
    until: datetime | None
    changes: tuple[TemplateChange, ...]


async def sync_templates(workspace: Workspace, *, waba_id: str | None = None) -> list[AccountSync]:
    """Read the templates of one account or of all accounts of the workspace's numbers.

    What the workspace declares stays: other content is reported and held back from sending. Templates nobody
    declared are adopted; those Meta lists no more are marked deleted.

    Raises:
        TemplatePushError: Meta refused or could not be reached.
    """
    async with TemplateGraph.open(workspace.settings) as graph:
        accounts = [waba_id] if waba_id else await list_accounts(workspace)
        return [await _sync(workspace, graph, account) for account in accounts]


async def list_accounts(workspace: Workspace) -> list[str]:
    """Return the accounts of the workspace's numbers."""
    async with workspace.database.connection() as connection:
        return sorted({number.waba_id for number in await list_numbers(connection)})


async def _sync(workspace: Workspace, graph: TemplateGraph, waba_id: str) -> AccountSync:
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        last = await find_account_reading(connection, waba_id)
    last = last or AccountReading(waba_id=waba_id, read_at=None, blocked_until=None, template_count=0)
    if last.blocked_until is not None and now < last.blocked_until:
        return _account(last, "blocked", until=last.blocked_until)
    if last.read_at is not None and now < last.read_at + READING_INTERVAL:
        return _account(last, "recent", until=last.read_at + READING_INTERVAL)
    try:
        rows = [row async for row in graph.list_templates(waba_id)]
    except TemplateThrottledError as throttled:
        blocked = replace(last, blocked_until=now + timedelta(minutes=throttled.minutes))
        await _note(workspace, blocked)
        return _account(blocked, "blocked", until=blocked.blocked_until)
    read = [read_listed(row, waba_id=waba_id) for row in rows]
    listed = [one for one in read if one is not None]
    changes = await _keep(workspace, waba_id, listed, is_whole=len(listed) == len(rows), now=now)
    reading = AccountReading(waba_id=waba_id, read_at=now, blocked_until=None, template_count=len(listed))
    await _note(workspace, reading)
    await _read_zone(workspace, graph, reading)
    return _account(reading, "read", changes=changes, unreadable_count=len(rows) - len(listed))


async def _read_zone(workspace: Workspace, graph: TemplateGraph, reading: AccountReading) -> None:
    """Keep in which zone the account's days change: it may have moved since it was connected.

    The templates were read: a zone that is not told stops nothing. Where Meta wants a wait, the account is left alone.
    """
    waba_id = reading.waba_id
    try:
        told = await graph.find_zone(waba_id)
    except TemplatePushError as error:
        LOG.warning("zone not read", target=waba_id, code=error.code)
        return
    except TemplateThrottledError as throttled:
        LOG.warning("zone not read", target=waba_id, code=throttled.code)
        wait = timedelta(minutes=throttled.minutes)
        await _note(workspace, replace(reading, blocked_until=workspace.clock.now() + wait))
        return
    if told:
        async with workspace.database.transaction() as connection:
            await save_account_zone(connection, waba_id, told, workspace.clock.now())


async def _keep(
    workspace: Workspace, waba_id: str, listed: Sequence[ListedTemplate], *, is_whole: bool, now: datetime
) -> list[TemplateChange]:
    changes: list[TemplateChange] = []
    for start in range(0, len(listed), ROWS_PER_TRANSACTION):
        some = listed[start : start + ROWS_PER_TRANSACTION]
        async with workspace.database.transaction() as connection:
            found = await keep_listed(connection, some, now=now)
            await tell_changes(connection, found, now)
        changes += found
    if is_whole:
        # A row nobody could read may be the very template that seems to be missing.
        async with workspace.database.transaction() as connection:
            found = await mark_missing(connection, waba_id=waba_id, read_at=now)
            await tell_changes(connection, found, now)
        changes += found
    return changes


async def _note(workspace: Workspace, reading: AccountReading) -> None:
    async with workspace.database.transaction() as connection:
        await save_account_reading(connection, reading)


def _account(
    reading: AccountReading,
    outcome: str,
    *,
    until: datetime | None = None,
    changes: Iterable[TemplateChange] = (),
    unreadable_count: int = 0,
) -> AccountSync:
    return AccountSync(
        waba_id=reading.waba_id,
        outcome=outcome,
        template_count=reading.template_count,
        unreadable_count=unreadable_count,
        until=until,
        changes=tuple(changes),
    )
