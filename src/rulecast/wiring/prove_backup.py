"""Whether a backup can be restored: it is, into databases beside the real ones that are thrown away after."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rulecast.database import Connection, Database, fetch_all, fetch_one, load_queries
from rulecast.database.dump import MAIN_FILE, loaded_copy
from rulecast.observe.append_audit import append_audit
from rulecast.profile.reveal import reveal_person
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId
from rulecast.vault import Vault, open_vault
from rulecast.vault.errors import SealBrokenError
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)

PROVED = "backup proved"
# Enough to find another root key, keys of another day or a file that was cut; reading everybody would take hours.
PEOPLE_OPENED_MAX = 500


class BackupUnprovenError(RulecastError):
    """A backup was loaded, and is of no use."""

    code = "RC-RESTORE-006"
    summary = "The backup was loaded, but what it holds cannot be used."
    remedy = "Write another one, of both databases, with the keys last; check the root key. Do not rely on this one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a backup was found to hold."""

    written_at: datetime
    contacts: int
    messages: int
    opened: int


async def prove_backup(workspace: Workspace, directory: Path) -> Proof:
    """Load a dump beside the databases, open what is sealed of a sample of people, and note it in the audit.

    Raises:
        BackupUnprovenError: the keys do not open what the dump holds, or it is of another workspace.
        RootKeyForeignError: it was written under another root key.
        DumpFailedError: it is not whole.
    """
    copy = loaded_copy(workspace.database.conninfo, workspace.keys_database.conninfo, directory)
    main, keys = await asyncio.to_thread(copy.__enter__)
    try:
        written_at = datetime.fromtimestamp((directory / MAIN_FILE).stat().st_mtime, UTC)
        found = await _examine(workspace, main, keys, written_at)
    finally:
        await asyncio.to_thread(copy.__exit__, None, None, None)
    async with workspace.database.transaction() as connection:
        await append_audit(
            connection,
            actor=workspace.actor,
            action=PROVED,
            subject="database",
            details={
                "answer": written_at.isoformat(),
                "contacts": found.contacts,
                "messages": found.messages,
            },
            now=workspace.clock.now(),
        )
    return found


async def _examine(workspace: Workspace, main: str, keys: str, written_at: datetime) -> Proof:
    databases = [await Database(one, pool_size=2).open() for one in (main, keys)]
    try:
        vault = await open_vault(workspace.settings, databases[1])
        async with databases[0].connection() as connection:
            row = await fetch_one(connection, QUERIES["describe_copy"])
            assert row is not None
            contacts, messages, workspace_id = row
            if workspace_id != workspace.workspace_id:
                raise BackupUnprovenError("It belongs to another workspace.")
            opened = await _open_people(connection, vault)
    finally:
        for one in databases:
            await one.close()
    return Proof(written_at=written_at, contacts=contacts, messages=messages, opened=opened)


async def _open_people(connection: Connection, vault: Vault) -> int:
    people = await fetch_all(connection, QUERIES["sample_people"], {"count_max": PEOPLE_OPENED_MAX})
    for (contact_id,) in people:
        try:
            revealed = await reveal_person(connection, vault, ContactId(contact_id))
        except SealBrokenError as error:
            raise BackupUnprovenError("A seal of it does not open.") from error
        if not revealed:
            raise BackupUnprovenError("The key of a person who was not erased is missing.")
    return len(people)
