"""The live page in a real browser: who gets in, what moves, what stops, what stays hidden."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.campaign import WINBACK, write_campaign
from tests.live_page import PageServer, browser_page, page_server
from tests.people import ASHA

from rulecast.config import Settings
from rulecast.database import Database
from rulecast.profile import NewContact, create_contacts
from rulecast.profile.identity import Identity
from rulecast.values.clock import ManualClock, SystemClock
from rulecast.values.ids import ContactId
from rulecast.vault import Vault
from rulecast.wiring.page_access import make_page_token
from rulecast.wiring.workspace import open_workspace

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>{{7*7}}'

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser_page() as opened:
        yield opened


@pytest.fixture
async def served(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[PageServer]:
    async with page_server(environment, tmp_path / "errors.txt") as server:
        yield server


async def test_only_a_one_time_token_opens_the_page(
    served: PageServer, page: Page, settings: Settings
) -> None:
    refused = await page.goto(served.base)
    assert refused is not None
    assert refused.status == 401
    await expect(page.get_by_role("heading")).to_have_text("This page needs a one-time address")
    await expect(page.get_by_text("SIMULATED", exact=True)).to_be_visible()

    opened = await page.goto(served.address)
    assert opened is not None
    assert opened.status == 200
    assert page.url == f"{served.base}/"
    await expect(page.get_by_text("No run yet")).to_be_visible()
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")

    again = await page.goto(served.address)
    assert again is not None
    assert again.status == 403

    # A second token opens a second browser; the first session stays.
    async with open_workspace(settings, actor="amal") as workspace:
        token = await make_page_token(workspace)
    other = await page.goto(f"{served.base}/enter?token={token}")
    assert other is not None
    assert other.status == 200


async def test_a_page_that_stays_open_loses_everything_when_its_session_ends(
    served: PageServer, page: Page, database: Database
) -> None:
    await page.goto(served.address)
    await expect(page.get_by_test_id("look-up")).to_be_visible()
    # The browser is told to load the page again, and does not.
    await page.route(f"{served.base}/", lambda route: route.fulfill(status=204))
    async with database.connection() as connection:
        await connection.execute("UPDATE observe.page_session SET ends_at = clock_timestamp()")
    await expect(page.get_by_test_id("look-up")).to_have_count(0)
    await expect(page.get_by_test_id("stop-all")).to_have_count(0)
    await expect(page.get_by_test_id("runs")).to_have_count(0)
    assert "Traceback" not in served.errors.read_text()


async def test_foreign_names_and_foreign_pages_are_refused(served: PageServer) -> None:
    host = served.base.removeprefix("http://")
    name, port = host.split(":")
    for head, status in (
        (f"GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n", b"421"),
        (f"POST / HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n", b"403"),
        (f"GET / HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: cross-site\r\n", b"403"),
        (f"GET {SOCKET} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.example\r\n{UPGRADE}", b"403"),
    ):
        reader, writer = await asyncio.open_connection(name, int(port))
        writer.write(f"{head}\r\n".encode())
        answer = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        await writer.wait_closed()
        assert status in answer


async def test_the_funnel_moves_and_the_stop_button_stops(
    served: PageServer, page: Page, database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        written = await write_campaign(connection, WINBACK, clock.now())
    await page.goto(served.address)

    await expect(page.get_by_test_id("run-title")).to_have_text("winback_casablanca")
    delivered = page.get_by_test_id("tile-delivered")
    await expect(delivered).to_contain_text("80")
    await expect(delivered).to_contain_text("88.9% of accepted")
    await expect(page.get_by_test_id("balance")).to_contain_text("difference 0")
    await expect(page.get_by_test_id("reasons")).to_contain_text("no consent")
    await expect(page.get_by_text("SIMULATED", exact=True)).to_be_visible()

    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE deliver.message SET delivered_at = %s WHERE run_id = %s AND state = 'accepted'",
            (clock.now(), written.run_id),
        )
    await expect(delivered).to_contain_text("90")
    await expect(delivered).to_contain_text("100.0% of accepted")

    await page.get_by_test_id("stop-rule").click()
    await page.get_by_test_id("stop-confirm").click()
    await expect(page.get_by_text("A reason helps whoever resumes.")).to_be_visible()
    await page.locator("textarea").fill("Wrong coupon in the template")
    await page.get_by_test_id("stop-confirm").click()
    await expect(page.get_by_test_id("stops")).to_contain_text("The rule winback_casablanca is stopped")
    await expect(page.get_by_test_id("stops")).to_contain_text("Wrong coupon in the template")
    await expect(page.get_by_test_id(f"run-{written.run_id}")).to_contain_text("stopped")
    assert await _stops(database) == [("rule", "winback_casablanca", "amal", None)]

    await page.get_by_test_id("resume").click()
    await page.get_by_test_id("resume-confirm").click()
    await expect(page.get_by_test_id("stops")).to_be_empty()
    assert await _stops(database) == [("rule", "winback_casablanca", "amal", "amal")]
    async with database.connection() as connection:
        audit = await (
            await connection.execute("SELECT actor, action, subject FROM observe.audit ORDER BY audit_id")
        ).fetchall()
    assert audit == [
        ("amal", "stop", "rule winback_casablanca"),
        ("amal", "resume", "rule winback_casablanca"),
    ]


async def test_a_look_up_masks_the_number_and_shows_a_hostile_name_as_text(
    served: PageServer, page: Page, database: Database, vault: Vault
) -> None:
    contact_id = await _write_hostile_person(database, vault)
    dialogs: list[str] = []
    addresses: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("request", lambda request: addresses.append(request.url))
    await page.goto(served.address)

    field = page.get_by_test_id("look-up-field")
    await field.fill("0612 00 00 09")
    await page.get_by_test_id("look-up").click()
    await expect(page.get_by_test_id("look-up-problem")).to_contain_text(
        "Nobody of this number or id is known."
    )

    await field.fill(ASHA.phone)
    await page.get_by_test_id("look-up").click()
    person = page.get_by_test_id("person")
    await expect(page.get_by_test_id("person-name")).to_have_text(HOSTILE)
    await expect(person).to_contain_text(f"contact {contact_id}")
    await expect(page.get_by_test_id("identity")).to_have_text("phone +212*******01")
    await expect(person).to_contain_text("Never asked")
    await expect(person).to_contain_text("<b>vip</b>")

    assert await page.locator("img[src=x]").count() == 0
    assert dialogs == []
    digits = ASHA.phone.removeprefix("+")
    assert digits not in re.sub(r"\D", "", await page.locator("body").inner_text())
    assert not any(digits in address for address in addresses)
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_test_id("person")).to_have_count(0)
    assert digits not in served.errors.read_text()


async def _stops(database: Database) -> list[tuple[str, str, str, str | None]]:
    async with database.connection() as connection:
        rows = await connection.execute(
            "SELECT scope, target, stopped_by, resumed_by FROM gate.stop ORDER BY stop_id"
        )
        return await rows.fetchall()  # type: ignore[return-value]


async def _write_hostile_person(database: Database, vault: Vault) -> ContactId:
    now = SystemClock().now()
    new = NewContact(
        identities=(Identity(kind="phone", value=ASHA.phone),),
        attributes={"city": HOSTILE},
        personal={"first_name": HOSTILE},
        source="inbound",
        first_seen_at=now,
    )
    async with database.transaction() as connection:
        (contact_id,) = await create_contacts(connection, vault, [new], now)
        await connection.execute(
            "INSERT INTO profile.tag (contact_id, tag, added_at) VALUES (%s, '<b>vip</b>', %s)",
            (contact_id, now),
        )
    return contact_id
