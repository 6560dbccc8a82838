"""A visitor of the demonstration types STOP on a phone and sees that person leave the next plan."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.async_api import Page, expect
from tests.demonstration import clean_environment, demo_arguments, demo_database, demo_environment
from tests.live_page import browser_page

pytestmark = pytest.mark.browser

PEOPLE, SEED = 600, 3
PATIENCE_SECONDS = 120
# The simulator, `serve`, and its four roles.
EVERY_PROCESS = 6
SHOES_AGAIN = """
rule shoes_again
  version 1
  priority lifecycle/90
  purpose marketing
  when did visit where (page = "shoes") in last 30 days
  send template autumn_shoes in the contact's language (fr, ar; else skip) (name: first_name or "à vous") from main
  once at 09:00..22:00 local time of the contact; carry over for 3 days
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDemo:
    """A demonstration that keeps its pages open."""

    process: Process
    folder: Path
    page: str
    phones: str

    @property
    def ledger(self) -> Path:
        return self.folder / "simulator" / "ledger.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A person of the demonstration whose phone the visitor opens."""

    contact_id: int
    digits: str = field(repr=False)


async def test_who_types_stop_leaves_the_next_plan_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    async with _open_demo(tmp_path / "demo") as demo:
        first = await _plan_shoes(demo)
        written_to = await _somebody_written_to(demo)
        to_be_written_to = await _somebody_planned(demo, first)
        before = [await _why(demo, one.contact_id, first) for one in (written_to, to_be_written_to)]
        async with browser_page() as page:
            await page.goto(demo.page)
            await expect(page.get_by_test_id("run-title")).to_have_text("autumn_shoes")
            await expect(page.get_by_test_id("balance")).to_contain_text("difference 0")
            await page.goto(demo.phones)
            await page.get_by_label("search").fill(written_to.digits)
            await page.get_by_label("search").press("Enter")
            await page.locator(f'a[href^="/phones/{written_to.digits}"]').click()
            await expect(page.get_by_text("Maison Atlas").or_(page.get_by_text("دار أطلس"))).to_be_visible()
            await _type_stop(page)
            # Somebody who has not been written to yet stands in no list: the address names the phone.
            await page.goto(f"{demo.phones}phones/{to_be_written_to.digits}")
            await _type_stop(page)
        await _wait_until_answered(demo, (written_to, to_be_written_to))
        second = await _plan_shoes(demo)
        after = [await _why(demo, one.contact_id, second) for one in (written_to, to_be_written_to)]
        processes, servers = _descendants(demo.process.pid), _postmasters(demo)
        os.killpg(demo.process.pid, signal.SIGINT)
        assert await asyncio.wait_for(demo.process.wait(), PATIENCE_SECONDS) == 0
        await _wait_until_gone(processes | servers)
    assert all(one["in_audience"] for one in before + after)
    assert before[0]["reason"] in {"capped", "lost_to_rule"}
    assert before[1]["reason"] is None
    assert [one["reason"] for one in after] == ["opted_out", "opted_out"]
    assert (len(processes), len(servers)) == (EVERY_PROCESS, 1)


@asynccontextmanager
async def _open_demo(folder: Path) -> AsyncIterator[OpenDemo]:
    errors = folder.with_suffix(".errors")
    with errors.open("wb") as error_file:
        # A group of its own, as a shell makes it: Ctrl-C reaches the whole group.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rulecast", *demo_arguments(folder, people=PEOPLE, seed=SEED)),
            env=clean_environment(),
            cwd=folder.parent,
            stdout=PIPE,
            stderr=error_file,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        told = await asyncio.wait_for(
            process.stdout.readuntil(b"Ctrl-C ends the demonstration.\n"), PATIENCE_SECONDS
        )
        addresses = re.search(r"Live page +(\S+)\nPhones +(\S+) ", told.decode())
        assert addresses is not None
        yield OpenDemo(process=process, folder=folder, page=addresses[1], phones=addresses[2])
    except asyncio.IncompleteReadError as ended:
        raise AssertionError(ended.partial.decode() + errors.read_text("utf-8")) from None
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _plan_shoes(demo: OpenDemo) -> int:
    rule = demo.folder.with_suffix(".rule")
    rule.write_text(SHOES_AGAIN, "utf-8")
    answer = await _rulecast(demo, "plan", str(rule), "--json")
    plan_id: int = answer["plans"][0]["plan_id"]
    return plan_id


async def _why(demo: OpenDemo, contact_id: int, plan_id: int) -> dict[str, Any]:
    return await _rulecast(demo, "why", str(contact_id), "--plan", str(plan_id), "--json")


async def _rulecast(demo: OpenDemo, *arguments: str) -> dict[str, Any]:
    """Run a command as a visitor does after reading the settings file of the demonstration."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rulecast", *arguments),
        env=clean_environment(**demo_environment(demo.folder)),
        cwd=demo.folder.parent,
        stdout=PIPE,
        stderr=PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


async def _somebody_written_to(demo: OpenDemo) -> Visited:
    """Return the first person who got the shoes' message and has not stopped."""
    rows = _ledger(demo)
    gone = {row["phone"] for row in rows if row.get("opt_out") or row.get("update") == "failed"}
    digits = next(
        row["wa_id"]
        for row in rows
        if row.get("outcome") == "accepted" and row["template"] == "autumn_shoes" and row["wa_id"] not in gone
    )
    shown = await _rulecast(demo, "contact", "show", "--phone", f"+{digits}", "--json")
    return Visited(contact_id=shown["person"]["contact_id"], digits=digits)


async def _somebody_planned(demo: OpenDemo, plan_id: int) -> Visited:
    """Return the first person whom a plan reaches; only a command that is audited reveals the number."""
    with demo_database(demo.folder) as conninfo, psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT min(contact_id) FROM plan.member WHERE plan_id = %s AND reason_number = 0", (plan_id,)
        ).fetchone()
    assert row is not None
    shown = await _rulecast(demo, "contact", "show", str(row[0]), "--reveal", "--json")
    phone: str = shown["revealed"]["phone"]
    return Visited(contact_id=row[0], digits=phone.removeprefix("+"))


async def _type_stop(page: Page) -> None:
    await page.get_by_label("reply").fill("STOP")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".mine", has_text="STOP")).to_be_visible()


async def _wait_until_answered(demo: OpenDemo, people: tuple[Visited, ...]) -> None:
    """Wait until the ledger says that the webhooks with these stops were answered."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            rows = _ledger(demo)
            answered = {update for row in rows if row["kind"] == "acknowledged" for update in row["updates"]}
            stopped = {row["phone"] for row in rows if row.get("opt_out") and row["id"] in answered}
            if stopped >= {one.digits for one in people}:
                return
            await asyncio.sleep(0.05)


def _ledger(demo: OpenDemo) -> list[dict[str, Any]]:
    # The last line may still be on its way.
    return [json.loads(line) for line in demo.ledger.read_text("utf-8").split("\n")[:-1]]


def _descendants(pid: int) -> set[int]:
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(after_name[1])
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _postmasters(demo: OpenDemo) -> set[int]:
    files = (demo.folder / "workspace" / "postgresql").glob("**/postmaster.pid")
    return {int(path.read_text("utf-8").splitlines()[0]) for path in files}


async def _wait_until_gone(pids: set[int]) -> None:
    """Wait until no process runs; the last words of a server whose door is closed already take a moment."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if not any(_is_running(pid) for pid in pids):
                return
            await asyncio.sleep(0.05)


def _is_running(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is not yet reaped by its parent does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}
