"""Incidents on the live page: taken, worked on and closed by a person, a drill marked as one."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.live_page import browser_page, page_server

from rulecast.database import Database
from rulecast.gate.incidents import IncidentReport, list_incidents, open_incident
from rulecast.values.clock import ManualClock

pytestmark = pytest.mark.browser


async def test_an_incident_is_taken_worked_on_and_closed_on_the_page(
    environment: dict[str, str], tmp_path: Path, database: Database, clock: ManualClock
) -> None:
    broken = IncidentReport(
        cause="broken:seal_broken", scope="workspace", scope_id="workspace", at=clock.now()
    )
    drill = IncidentReport(cause="quality", scope="number", scope_id="100000000000001", at=clock.now())
    async with database.transaction() as connection:
        number = await open_incident(connection, broken)
        drilled = await open_incident(connection, drill, is_drill=True)
    async with page_server(environment, tmp_path / "errors.txt") as served, browser_page() as page:
        await page.goto(served.address)
        row = page.get_by_test_id(f"incident-{number}")
        await expect(row).to_contain_text("A sealed value does not open")
        await expect(row).to_contain_text("In force: everything rests.")
        await expect(page.get_by_test_id(f"incident-{drilled}")).to_contain_text("DRILL")
        await page.get_by_test_id(f"incident-{number}-own").click()
        await expect(row).to_contain_text("In the hands of amal")
        await page.get_by_test_id(f"incident-{number}-done-1").click()
        await expect(row).to_contain_text("done by amal")
        # Its stop is not lifted without looking at it.
        await page.get_by_test_id("resume").click()
        await page.get_by_test_id("resume-confirm").click()
        await expect(page.get_by_text("An incident put this stop in force")).to_have_count(0)
        await expect(page.get_by_text(f"Everything is stopped by incident {number}")).to_be_visible()
        await page.get_by_test_id(f"incident-{number}-resume").click()
        await page.get_by_test_id("incident-confirm").click()
        await expect(page.get_by_text("An incident is closed only with a reason.")).to_be_visible()
        await page.locator("textarea").fill("a bit had flipped on the disk, restored")
        await page.get_by_test_id("incident-confirm").click()
        await expect(row).to_have_count(0)
        await expect(page.get_by_test_id("stops")).to_be_empty()
        assert "Traceback" not in served.errors.read_text()
    async with database.connection() as connection:
        found = {one.incident_id: one for one in await list_incidents(connection, with_closed=True)}
    assert (found[number].closed_by, found[number].owner) == ("amal", "amal")
    assert found[drilled].closed_at is None
