"""The audit's chain kept up, anchored outside the database, and examined."""

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from rulecast.database.locks import try_lock_in_transaction
from rulecast.observe.audit_chain import Anchor, Fault, find_faults, link_new_rows, read_chain, read_head
from rulecast.observe.audit_chain.store import count_unlinked
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("audit")

CHAIN_LOCK = "rulecast.audit chain"
PURPOSE = "audit anchor"
ANCHOR_DIRECTORY = "anchors"
ANCHOR_FILE = "audit.jsonl"
ANCHOR_MODE = 0o600
# Linked within ten seconds where the engine runs; longer than this nobody links.
LINK_LIFE = timedelta(minutes=10)
# An anchor an hour for a hundred years; a file that is larger is not ours.
ANCHORS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """What the examination of the whole audit found."""

    rows: int
    anchors: int
    unlinked: int
    faults: tuple[Fault, ...]


async def chain_audit(workspace: Workspace) -> None:
    """Link the rows committed since; where another process does it, it does it for both."""
    while True:
        async with workspace.database.transaction() as connection:
            if not await try_lock_in_transaction(connection, CHAIN_LOCK):
                return
            if not await link_new_rows(connection, workspace.clock.now()):
                return


async def anchor_audit(workspace: Workspace) -> None:
    """Write the head of the chain, signed, into this home and into the log: two places outside the database."""
    await chain_audit(workspace)
    async with workspace.database.connection() as connection:
        head = await read_head(connection)
    if head.position:
        await asyncio.to_thread(_append, workspace, head)
        LOG.info("audit anchored", count=head.position, state=head.link.hex()[:16])


async def examine_audit(workspace: Workspace) -> AuditState:
    """Read the whole audit against its chain and against the anchors of this home."""
    anchors, broken = await asyncio.to_thread(_read, workspace)
    async with workspace.database.connection() as connection:
        entries = [one async for one in read_chain(connection)]
        unlinked = await count_unlinked(connection, workspace.clock.now() - LINK_LIFE)
    faults = await asyncio.to_thread(find_faults, entries, anchors)
    faults = [Fault(position=0, what="an anchor of this home was changed")] * broken + faults
    if unlinked:
        faults.append(Fault(position=0, what=f"{unlinked} rows older than ten minutes have no link"))
    return AuditState(rows=len(entries), anchors=len(anchors), unlinked=unlinked, faults=tuple(faults))


def _place(workspace: Workspace) -> Path:
    return workspace.settings.home / ANCHOR_DIRECTORY / ANCHOR_FILE


def _append(workspace: Workspace, head: Anchor) -> None:
    place = _place(workspace)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    signature = workspace.vault.sign(PURPOSE, _signed(head))
    line = {
        "position": head.position,
        "link": base64.b64encode(head.link).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, ANCHOR_MODE)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(workspace: Workspace) -> tuple[list[Anchor], int]:
    """Return the anchors whose signature holds, and how many lines hold none."""
    found: list[Anchor] = []
    broken = 0
    for line in _lines(_place(workspace)):
        try:
            read = json.loads(line)
            anchor = Anchor(position=int(read["position"]), link=base64.b64decode(read["link"]))
            signature = base64.b64decode(read["signature"])
        except (ValueError, KeyError, TypeError):
            broken += 1
            continue
        if workspace.vault.verify(PURPOSE, _signed(anchor), signature):
            found.append(anchor)
        else:
            broken += 1
    return found, broken


def _lines(place: Path) -> Iterator[str]:
    try:
        with place.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file):
                if number >= ANCHORS_MAX:
                    return
                yield line
    except FileNotFoundError:
        return


def _signed(anchor: Anchor) -> bytes:
    return anchor.position.to_bytes(8, "big") + anchor.link
