"""The opened workspace: everything a door needs, built once from the settings.

Opening starts or reaches PostgreSQL, migrates it, checks that key, name and mode are the ones the workspace
was made with, loads the clock of the world (zone offsets), fills the reason numbers and makes the month partitions.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rulecast.collect.listeners import listen
from rulecast.config import Settings
from rulecast.database import (
    Connection,
    Database,
    Databases,
    copy_rows,
    execute,
    fetch_one,
    fetch_value,
    load_queries,
    open_databases,
)
from rulecast.database.locks import lock_in_transaction
from rulecast.rule.engine.matcher.store import COUNTERS
from rulecast.values import zone_offsets
from rulecast.values.catalogue import Catalogue
from rulecast.values.clock import Clock, read_clock
from rulecast.values.reason import NUMBERS
from rulecast.vault import Vault, open_vault
from rulecast.wiring.catalogue import read_catalogue
from rulecast.wiring.errors import RootKeyMismatchError, WorkspaceModeError, WorkspaceNameError
from rulecast.wiring.partitions import make_partitions

QUERIES = load_queries(__package__)

# A start that takes longer than this tells the person what it is doing.
QUIET_START_SECONDS = 0.7
DEFAULT_BILLING_CURRENCY = "USD"
# This month and the next: nothing runs longer than that without the engine, which looks further ahead.
PARTITIONS_AHEAD = timedelta(days=31)

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRow:
    """What the database says about the workspace it holds."""

    workspace_id: UUID
    name: str
    mode: str
    billing_currency: str
    root_key_fingerprint: bytes
    tzdata_version: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An opened workspace and who acts in it."""

    settings: Settings
    clock: Clock
    database: Database
    keys_database: Database
    vault: Vault
    random: random.Random
    actor: str
    workspace_id: UUID
    name: str
    mode: str
    billing_currency: str
    tzdata_version: str
    created_at: datetime

    @property
    def is_simulated(self) -> bool:
        """Return whether messages go to a simulator, so that nobody real can be reached."""
        return self.mode == "simulated"

    async def catalogue(self, connection: Connection) -> Catalogue:
        """Return everything a rule can name here, as of this moment."""
        return await read_catalogue(connection, self.settings.default_timezone)

    async def catalogue_of_runs(self, connection: Connection) -> Catalogue:
        """Return everything a rule that runs can name: templates that were lost since its launch too."""
        return await read_catalogue(connection, self.settings.default_timezone, with_lost_templates=True)


@asynccontextmanager
async def open_workspace(
    settings: Settings,
    *,
    actor: str,
    announce: Announce | None = None,
    clock: Clock | None = None,
    chance: random.Random | None = None,
) -> AsyncIterator[Workspace]:
    """Open the workspace the settings name, making it at the first start.

    Args:
        settings: where everything is.
        actor: who acts, for the audit; a name, never a phone number.
        announce: told what a person should know while it opens: the root key at first start, slow work.
        clock: instead of the one the settings name.
        chance: instead of the system's source of randomness, in tests.

    Raises:
        RootKeyMismatchError: the root key is not the workspace's own.
        WorkspaceModeError: simulated and live are confused.
        WorkspaceNameError: the database belongs to another workspace.
        RulecastError: the database or the vault cannot be opened.
    """
    say = announce or _say_nothing
    clock = clock or read_clock(settings.clock)
    listen(COUNTERS)
    chance = chance or random.SystemRandom()
    async with AsyncExitStack() as stack:
        databases = await _open_databases(settings, say)
        stack.push_async_callback(databases.close)
        vault = await open_vault(settings, databases.keys)
        if vault.explanation:
            say(vault.explanation)
        row = await _prepare_row(databases.main, settings, vault=vault, clock=clock, chance=chance)
        await make_partitions(databases.main, clock.now().date(), ahead=PARTITIONS_AHEAD)
        yield Workspace(
            settings=settings,
            clock=clock,
            database=databases.main,
            keys_database=databases.keys,
            vault=vault,
            random=chance,
            actor=actor,
            workspace_id=row.workspace_id,
            name=row.name,
            mode=row.mode,
            billing_currency=row.billing_currency,
            tzdata_version=zone_offsets.tzdata_version(),
            created_at=row.created_at,
        )


async def _open_databases(settings: Settings, say: Announce) -> Databases:
    async def explain_if_slow() -> None:
        await asyncio.sleep(QUIET_START_SECONDS)
        say("Starting PostgreSQL and bringing its schema up to date …")

    slow = asyncio.create_task(explain_if_slow())
    try:
        return await open_databases(settings)
    finally:
        slow.cancel()
        with suppress(asyncio.CancelledError):
            await slow


async def _prepare_row(
    database: Database, settings: Settings, *, vault: Vault, clock: Clock, chance: random.Random
) -> WorkspaceRow:
    """Make the workspace's row at the first start, check it at every other, load what a release brings."""
    async with database.transaction() as connection:
        row = await fetch_one(connection, QUERIES["find_workspace"], record=WorkspaceRow)
        if row is None:
            await execute(
                connection,
                QUERIES["create_workspace"],
                {
                    "workspace_id": UUID(bytes=chance.randbytes(16), version=4),
                    "name": settings.workspace,
                    "mode": settings.mode,
                    "billing_currency": DEFAULT_BILLING_CURRENCY,
                    "root_key_fingerprint": vault.fingerprint,
                    "created_at": clock.now(),
                },
            )
            row = await fetch_one(connection, QUERIES["find_workspace"], record=WorkspaceRow)
            assert row is not None
        _check(row, settings, vault)
        await _fill_product_data(connection)
    return row


def _check(row: WorkspaceRow, settings: Settings, vault: Vault) -> None:
    if row.root_key_fingerprint != vault.fingerprint:
        raise RootKeyMismatchError
    if row.mode != settings.mode:
        raise WorkspaceModeError(f"The workspace was made as {row.mode}, the settings say {settings.mode}.")
    if row.name != settings.workspace:
        raise WorkspaceNameError(
            f"The database belongs to the workspace {row.name}, not to {settings.workspace}."
        )


async def _fill_product_data(connection: Connection) -> None:
    """Bring zone offsets and reason numbers up to those of this release."""
    await execute(
        connection,
        QUERIES["fill_reasons"],
        {"numbers": list(NUMBERS.values()), "reasons": [reason.value for reason in NUMBERS]},
    )
    version = zone_offsets.tzdata_version()
    await execute(connection, QUERIES["set_tzdata_version"], {"tzdata_version": version})
    if await fetch_value(connection, QUERIES["find_zone_table"]) == version:
        return
    await lock_in_transaction(connection, "zone offsets")
    await execute(connection, QUERIES["delete_zone_offsets"])
    await copy_rows(
        connection,
        QUERIES["copy_zone_offsets"],
        ((one.zone, one.from_utc, one.minutes) for one in zone_offsets.zone_offsets()),
        types=["text", "timestamptz", "int2"],
    )
    await execute(connection, QUERIES["set_zone_table"], {"tzdata_version": version})


def _say_nothing(_text: str) -> None:
    """Take the place of a person who listens."""
