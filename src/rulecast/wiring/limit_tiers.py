"""Tiers of the messaging limit as a person keeps them: shown by day, and joined by a newer table."""

from dataclasses import dataclass
from datetime import date

from rulecast.account.limit_tiers import (
    Tier,
    TierTable,
    insert_tiers,
    limit_word,
    list_told,
    new_tiers,
    read_tiers,
)
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
    """Put the newest word that the table knows in force; a number Meta told since is no tier, and stays."""
    changed = 0
    settled: set[str] = set()
    for told in await list_told(connection):
        if told.portfolio_id in settled:
            continue
        word = limit_word(told.details)
        tier = table.find(word, on=today)
        if tier is not None:
            changed += await retell_people(connection, told.portfolio_id, tier.people, at=told.occurred_at)
        if tier is not None or not word:
            settled.add(told.portfolio_id)
    return changed
