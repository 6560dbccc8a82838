"""Tiers of the messaging limit as a person keeps them: shown by day, and joined by a newer table."""

import math
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from rulecast.account.limit_tiers import (
    Tier,
    TierTable,
    insert_tiers,
    list_told,
    new_tiers,
    read_tiers,
    told_people,
)
from rulecast.account.limit_tiers.resolve import UNLIMITED
from rulecast.account.limit_tiers.store import retell_people
from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class TiersImported:
    """How many rows were new, and of how many portfolios the limit in force is another one with them."""

    new: int
    portfolios_changed: int


async def import_tiers(workspace: Workspace, name: str, text: str) -> TiersImported:
    """Keep the rows of a table; what Meta told last of each portfolio is read anew by it at once.

    Raises:
        TierTableInvalidError: nothing of the table was kept.
    """
    now = workspace.clock.now()
    today = local_time(workspace.settings.default_timezone, now).date()
    async with workspace.database.transaction() as connection:
        known = await read_tiers(connection)
        tiers = new_tiers(name, text, known=known)
        count = await insert_tiers(connection, tiers, by=workspace.actor, now=now) if tiers else 0
        changed = await _read_anew(connection, known.joined(tiers), today)
        if count:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="tiers import",
                subject=name[:200],
                details={"tiers": count, "portfolios": changed},
                now=now,
            )
    return TiersImported(new=count, portfolios_changed=changed)


async def read_tiers_anew(workspace: Workspace) -> None:
    """Read by today's tables what Meta told last: a row may count from today on."""
    today = local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    async with workspace.database.transaction() as connection:
        await _read_anew(connection, await read_tiers(connection), today)


async def list_tiers(workspace: Workspace, *, on: date | None) -> list[Tier]:
    """Return what each tier means on a day, by name."""
    on = on or local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    async with workspace.database.connection() as connection:
        table = await read_tiers(connection)
    return [found for tier in table.tiers if (found := table.find(tier, on=on)) is not None]


async def _read_anew(connection: Connection, table: TierTable, today: date) -> int:
    """Put the newest words that can be read in force; of several of one instant the smallest, as when they came."""
    changed = 0
    for portfolio_id, words in groupby(await list_told(connection), key=attrgetter("portfolio_id")):
        for at, same in groupby(words, key=attrgetter("occurred_at")):
            read = [told_people(one.details, table, on=today) for one in same]
            allowed = [math.inf if people == UNLIMITED else people for people in read if people is not None]
            if allowed:
                least = min(allowed)
                people = None if least == math.inf else int(least)
                changed += await retell_people(connection, portfolio_id, people, at=at)
                break
    return changed
