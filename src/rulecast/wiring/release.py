"""Whether this release still fits the database: a newer one may migrate it while this one works."""

import asyncio

from rulecast.database import fetch_value, load_queries
from rulecast.database.errors import DatabaseNewerError, OperationalError
from rulecast.database.migrate import MAIN_DIRECTORY, migration_names
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)

# A migration that does not fit changes what a promise rests on; a role drains within fifteen seconds after.
LOOK_SECONDS = 2.0


async def refuse_outgrown(workspace: Workspace) -> None:
    """Refuse to go on where a newer release has migrated the database in a way this one does not fit.

    Raises:
        DatabaseNewerError: it has.
    """
    known = migration_names(MAIN_DIRECTORY)
    async with workspace.database.connection() as connection:
        unknown = await fetch_value(connection, QUERIES["find_outgrowing"], {"known": list(known)})
    if unknown is not None:
        raise DatabaseNewerError(f"It was given the migration {unknown}, this release ends at {known[-1]}.")


async def watch_release(workspace: Workspace) -> None:
    """Look until cancelled; a database that is away says nothing about it.

    Raises:
        DatabaseNewerError: the database has outgrown this release.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await refuse_outgrown(workspace)
        except OperationalError:
            continue
