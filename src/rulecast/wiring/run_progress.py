"""Waiting for a run, with a bar that shows how far it is."""

import asyncio

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rulecast.database import fetch_one, load_queries
from rulecast.values.ids import RunId
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)
POLL_SECONDS = 0.25


async def wait_for_run(workspace: Workspace, run_id: RunId, *, console: Console) -> None:
    """Return when no message of the run waits for its end any more; somebody else does the sending."""
    columns = TextColumn("run {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(str(run_id), total=None)
        while True:
            async with workspace.database.connection() as connection:
                row = await fetch_one(connection, QUERIES["count_run_messages"], {"run_id": run_id})
            assert row is not None, "the run was just launched"
            state, messages, waiting = row
            progress.update(task, total=messages, completed=messages - waiting)
            if state != "running" or not waiting:
                return
            await asyncio.sleep(POLL_SECONDS)
