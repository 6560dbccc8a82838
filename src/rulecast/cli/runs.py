"""`rulecast run rest`: whom a run has not reached, and why."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.run_rest import PEOPLE_MAX, RunRest, read_run_rest
from rulecast.wiring.workspace import Workspace

# A terminal page; `--json` names everybody.
PEOPLE_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Runs of launched plans.", rich_markup_mode=None)
    app.add_typer(group, name="run")
    # A group of one command would become the command itself.
    group.callback()(lambda: None)

    @group.command("rest")
    def rest(
        context: typer.Context,
        number: Annotated[int, typer.Argument(help="Number of the run.", min=1)],
        json: JsonOption = False,
    ) -> None:
        """Show whom a run has not reached: who waits for the next window, and who was dropped, with the reason."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            found = await read_run_rest(workspace, number, count_max=PEOPLE_MAX if json else PEOPLE_SHOWN)
            if json:
                terminal.print_json(
                    {
                        "run": found.run_id,
                        "rule": found.rule_name,
                        "waiting": found.count("waits"),
                        "dropped": found.count("dropped"),
                        "reasons": [asdict(one) for one in found.reasons],
                        "people": [asdict(one) for one in found.people],
                    }
                )
            else:
                terminal.print(*_lines(found))

        run(context, work)


def _lines(found: RunRest) -> list[Text | Table]:
    waiting, dropped = found.count("waits"), found.count("dropped")
    title = Text(
        f"Run {found.run_id}, rule {found.rule_name}: {waiting:,} still wait, {dropped:,} were dropped."
    )
    if not found.people:
        return [title]
    reasons = Table("fate", "state", Column("reason", overflow="fold"), "people", "from", "until")
    for one in found.reasons:
        waits = one.fate == "waits"
        reasons.add_row(
            one.fate,
            one.state,
            one.reason,
            f"{one.people:,}",
            f"{one.send_from:%Y-%m-%d %H:%M}" if waits else "",
            f"{one.send_until:%Y-%m-%d %H:%M}" if waits else "",
        )
    people = Table("contact", "state", Column("reason", overflow="fold"))
    for person in found.people:
        people.add_row(str(person.contact_id), person.state, person.reason)
    more = waiting + dropped - len(found.people)
    tail = [Text(f"{more:,} more: --json names everybody.")] if more else []
    return [title, reasons, people, *tail]
