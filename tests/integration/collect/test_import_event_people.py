"""What the rows of an event file say about their people: the last row wins, within a batch and beyond it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rulecast.collect.imports.limits import BATCH_ROWS
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.values.clock import ManualClock
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.workspace import Workspace, open_workspace

MAPPING = """
format = 1
kind = "events"

[identity]
external = "customer"

[attributes]
city = "city"

[event]
name = "purchase"
occurred_at = { column = "at", zone = "UTC" }
source_id = ["order"]
create_contacts = true
"""


@pytest.fixture
async def workspace(settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    async with open_workspace(settings, actor="importer", clock=clock) as opened:
        yield opened


@pytest.mark.parametrize("rows_between", [0, BATCH_ROWS])
async def test_who_moves_there_and_back_lives_where_the_last_row_says(
    workspace: Workspace, tmp_path: Path, rows_between: int
) -> None:
    told = [*["Rabat"] * (1 + rows_between), "Fes", *["Fes"] * rows_between, "Rabat"]
    lines = [f"c1,2026-01-05,{city},{order}" for order, city in enumerate(told)]
    file, mapping = tmp_path / "orders.csv", tmp_path / "orders.toml"
    file.write_text("\n".join(["customer,at,city,order", *lines]) + "\n", encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    proposal = await prepare_import(workspace, ImportRequest(kind="events", file=file, mapping_file=mapping))
    report = await import_events(workspace, ImportOrder(proposal=proposal, rejects_path=tmp_path / "rejects"))
    assert report.counts.rows_stored == len(told)
    async with workspace.database.connection() as connection:
        rows = await fetch_all(connection, "SELECT attributes ->> 'city' FROM profile.contact", {})
    assert rows == [("rabat",)]
