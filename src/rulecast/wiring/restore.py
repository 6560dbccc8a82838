"""The restore guard: a copied or restored database is held until a person decides (docs/how-to/restore.md)."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from rulecast.database.errors import OperationalError
from rulecast.deliver.restore import HoldCause, Memory, MemoryFile, Pulse, Standing, judge, store
from rulecast.deliver.restore.judge import CAUSE_SENTENCES
from rulecast.deliver.restore.memory import MemoryDamagedError, MemoryWriteError
from rulecast.deliver.restore.pulse import NEVER_BEATEN
from rulecast.values.errors import RulecastError
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("restore")

SIGNING_PURPOSE = "restore guard"
MEMORY_DIRECTORY = "guard"
# A restore is noticed if whoever sent lived this long after the backup, or ended in order; a beat costs two flushes.
BEAT_SECONDS = 2.0
# A held role looks again after this; nothing is lost by a second.
WAIT_SECONDS = 1.0
# A home from which nobody sends remembers about once a minute; where somebody does, it never lags by as much.
BEATS_UNREMEMBERED = 30


class DatabaseHeldError(RulecastError):
    """The database may be a copy or an older state of the one that was sent from."""

    code = "RC-RESTORE-001"
    summary = "The database is held: it is a copy, a restored backup, or a standby that took over."
    remedy = "Nothing is sent from it until a person decides: `rulecast restore show`, then `rulecast restore accept`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How database and home stand to each other, and how many messages may have been sent in between."""

    causes: tuple[HoldCause, ...]
    standing: Standing
    memory: Memory | None
    gap_count: int

    @property
    def sentences(self) -> str:
        """Return the causes for a person; empty where nothing is held."""
        return " ".join(CAUSE_SENTENCES[cause] for cause in self.causes)


async def look(workspace: Workspace, *, seen: Memory | None = None) -> Look:
    """Compare the database with what this home remembers of it, and with what this process has seen of it."""
    causes: tuple[HoldCause, ...] = ()
    memory = None
    try:
        memory = await asyncio.to_thread(_memory_file(workspace).read)
    except MemoryDamagedError:
        causes = (HoldCause.MEMORY_DAMAGED,)
    async with workspace.database.unpooled() as connection:
        standing = await store.read_standing(connection)
        environment = workspace.settings.environment or ""
        for known in (memory, seen) if seen is not None else (memory,):
            found = judge(standing, known, workspace_id=workspace.workspace_id, environment=environment)
            causes += tuple(cause for cause in found if cause not in causes)
        gap_count = await store.count_gap(connection, workspace.clock.now()) if causes else 0
    return Look(causes=causes, standing=standing, memory=memory, gap_count=gap_count)


async def refuse_if_held(workspace: Workspace) -> None:
    """Refuse to start anything from a database that is held.

    Raises:
        DatabaseHeldError: it is.
    """
    found = await look(workspace)
    if found.causes:
        raise DatabaseHeldError(found.sentences)


async def wait_until_free(workspace: Workspace, stop_event: asyncio.Event) -> None:
    """Wait until nobody holds the database, or until told to stop."""
    is_told = False
    while not stop_event.is_set():
        found = await look(workspace)
        if not found.causes:
            if is_told:
                await workspace.database.renew()
            return
        if not is_told:
            LOG.error("database held", causes=[cause.value for cause in found.causes])
            is_told = True
        await _pause(stop_event, WAIT_SECONDS)


async def work_while_free(
    workspace: Workspace, stop_event: asyncio.Event, *works: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Do these works together until told to stop, and never while the database is held.

    It is looked at again and again; where it is held, what runs is cancelled and begins anew after the decision.
    """
    while not stop_event.is_set():
        await wait_until_free(workspace, stop_event)
        if stop_event.is_set():
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_watch(workspace, stop_event))
                for work in works:
                    group.create_task(work())
        except* DatabaseHeldError as held:
            LOG.warning("database exchanged", what=str(held.exceptions[0]))


async def _watch(workspace: Workspace, stop_event: asyncio.Event) -> None:
    """Look at the database as often as a sender beats, and keep what was seen also where nobody sends from this home.

    Raises:
        DatabaseHeldError: it is held.
    """
    seen: Memory | None = None
    while not stop_event.is_set():
        try:
            found = await look(workspace, seen=seen)
        except OperationalError:
            # Away is no matter of this guard; what comes back is looked at.
            await _pause(stop_event, BEAT_SECONDS)
            continue
        if found.causes:
            raise DatabaseHeldError(found.sentences)
        standing = found.standing
        if not standing.is_new:
            seen = Memory(
                workspace_id=workspace.workspace_id,
                life=standing.life,
                beat=standing.beat,
                seen_at=workspace.clock.now(),
            )
            if found.memory is None or found.memory.beat + BEATS_UNREMEMBERED < standing.beat:
                with suppress(MemoryWriteError):
                    await remember(workspace, standing.life, standing.beat)
        await _pause(stop_event, BEAT_SECONDS)


async def admit(workspace: Workspace) -> Pulse:
    """Let this process send from the database and return its pulse; new connections must be of the same life.

    Raises:
        DatabaseHeldError: it is held.
        MemoryWriteError: this home cannot remember it.
    """
    found = await look(workspace)
    if found.causes:
        raise DatabaseHeldError(found.sentences)
    pulse = Pulse(life=found.standing.life_now, beat=found.standing.beat)
    workspace.database.demand(store.QUERIES["read_life"], pulse.life)
    async with workspace.database.transaction() as connection:
        await store.begin_life(connection, pulse.life, environment=workspace.settings.environment or "")
    await _beat(workspace, pulse)
    return pulse


async def keep_beating(workspace: Workspace, pulse: Pulse) -> None:
    """Count, in the database and in this home, as long as this process sends; a last time when cancelled.

    Raises:
        DatabaseHeldError: another database answers under the address, an older state was loaded over this one, or
            somebody has decided about another life.
    """
    try:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await _beat(workspace, pulse)
            except OperationalError:
                await _refuse_another(workspace, pulse)
            except MemoryWriteError as error:
                # The next beat remembers as much; a disk that stays full stops opt-outs from being taken, not this.
                LOG.warning("beat not remembered", error_code=error.code)
    except asyncio.CancelledError:
        # What was sent since the last beat must be newer than any backup before it.
        with suppress(OperationalError, DatabaseHeldError, MemoryWriteError):
            await _beat(workspace, pulse)
        raise


async def _refuse_another(workspace: Workspace, pulse: Pulse) -> None:
    """Find out whether the database is away or another one; away is no matter of this guard."""
    try:
        found = await look(workspace)
    except OperationalError:
        return
    if found.causes or found.standing.life_now != pulse.life:
        raise DatabaseHeldError(found.sentences)


async def _beat(workspace: Workspace, pulse: Pulse) -> None:
    # Read before: what was seen or remembered of this database was committed before, so that the next beat is above it.
    known = max(pulse.beat, await _remembered(workspace))
    async with workspace.database.transaction() as connection:
        beat = await store.beat(connection, pulse.life, environment=workspace.settings.environment or "")
        if beat is None:
            raise DatabaseHeldError("The database was exchanged while messages were sent from it.")
        if beat <= known:
            raise DatabaseHeldError("An older state was loaded while messages were sent from the database.")
    pulse.beat = beat
    # After the commit: this home must never remember more than the database was told.
    await remember(workspace, pulse.life, beat)


async def _remembered(workspace: Workspace) -> int:
    """Return the beat this home remembers; what cannot be read any more is written anew by this beat."""
    try:
        memory = await asyncio.to_thread(_memory_file(workspace).read)
    except MemoryDamagedError:
        return NEVER_BEATEN
    return NEVER_BEATEN if memory is None else memory.beat


async def remember(workspace: Workspace, life: str, beat: int) -> None:
    """Let this home remember the database at this beat; only after the beat is committed."""
    memory = Memory(workspace_id=workspace.workspace_id, life=life, beat=beat, seen_at=workspace.clock.now())
    try:
        await asyncio.to_thread(_memory_file(workspace).write, memory)
    except OSError as error:
        raise MemoryWriteError(f"The memory of this home could not be written ({error.strerror}).") from error


async def _pause(stop_event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop_event.wait(), seconds)


def _memory_file(workspace: Workspace) -> MemoryFile:
    """Return the memory of this home, beside the journal."""
    return MemoryFile(
        workspace.settings.home / MEMORY_DIRECTORY, partial(workspace.vault.sign, SIGNING_PURPOSE)
    )
