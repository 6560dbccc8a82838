"""How the demonstration ends: report, checks, what to try next, and a page that stays open."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path
from shlex import quote

from rich.table import Table
from rich.text import Text

from rulecast.cli.report_tables import render_report
from rulecast.cli.session import Terminal
from rulecast.wiring.demo.outcome import CHECKS
from rulecast.wiring.demo.story import OpenStory
from rulecast.wiring.page_access import make_page_token, page_url

MEANINGS = {
    "duplicates": "people whom Meta was asked twice for one message",
    "without_consent": "accepted messages without a proven consent in force",
    "after_opt_out": "accepted messages that were decided after the person's STOP was answered",
    "unbalanced": "messages or receipts that the two accounts do not agree on",
    "too_fast": "requests beyond what a number may send in a second",
    "too_close": "messages to a person for whom the number had not rested",
    "too_many_people": "people beyond what a portfolio may reach in 24 hours",
}


async def show_end(story: OpenStory, terminal: Terminal, *, as_json: bool) -> None:
    """Print the report and the checks, or one JSON object on the last line."""
    if story.outcome.missed:
        terminal.note(
            f"{story.outcome.missed:,} messages missed their hours: this machine had no time for them at the story's "
            "pace. A smaller --speed gives it more."
        )
    if not as_json:
        terminal.print(*render_report(story.outcome.report, is_simulated=True))
        terminal.print(_checks(story))
        _print_whole(terminal, *_next_steps(story))
    else:
        terminal.print_json(story.outcome.as_json())


async def stay_open(story: OpenStory, terminal: Terminal) -> None:
    """Print where the pages are, and wait for Ctrl-C."""
    token = await make_page_token(story.workspace)
    _print_whole(
        terminal,
        Text.assemble(("Live page   ", "bold"), page_url(story.stage.web_port, token)),
        Text.assemble(
            ("Phones      ", "bold"), f"{story.stage.simulator_url}/  (open one, type STOP, plan again)"
        ),
        Text("Ctrl-C ends the demonstration.", style="dim"),
    )
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()


def _checks(story: OpenStory) -> Table:
    table = Table(title="Checked by a stranger against the simulator's own ledger", title_justify="left")
    table.add_column("check")
    table.add_column("found", justify="right")
    table.add_column("what it would mean")
    for name in CHECKS:
        found = story.outcome.checks[name]
        table.add_row(name, Text(str(found), style="green" if not found else "bold red"), MEANINGS[name])
    return table


def _print_whole(terminal: Terminal, *lines: Text) -> None:
    """Print lines that somebody copies: however narrow the terminal, no line end is put into them."""
    for line in lines:
        terminal.out.print(line, soft_wrap=True)


def _next_steps(story: OpenStory) -> list[Text]:
    rulecast = f". {quote(str(story.environment_file))}; {program_name(Path(sys.executable), Path.cwd())}"
    rule = quote(str(story.stage.files / "autumn_shoes.rule"))
    return [
        Text("\nTry next, in a shell of its own:", style="bold"),
        Text(f"  {rulecast} why 1 --plan {story.outcome.plans[0].plan_id}"),
        Text(f"  {rulecast} contact show 2"),
        Text(f"  {rulecast} plan {rule}"),
        Text(""),
    ]


def program_name(python: Path, directory: Path) -> str:
    """Return how a shell reaches the program beside an interpreter: by its name only where it stands on the path."""
    beside = python.parent / "rulecast"
    found = shutil.which("rulecast")
    if found is not None and Path(found).resolve() == beside.resolve():
        return "rulecast"
    if not beside.exists():
        return f"{quote(str(python))} -m rulecast"
    return quote(str(beside.relative_to(directory) if beside.is_relative_to(directory) else beside))
