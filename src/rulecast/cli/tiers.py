"""`rulecast tiers`: how many people a tier of the messaging limit allows, and a newer table of Meta."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.wiring.limit_tiers import import_tiers, list_tiers
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help="What a messaging limit's tier allows.", rich_markup_mode=None
    )
    app.add_typer(group, name="tiers")
    group.command("list")(list_command)
    group.command("import")(import_command)


def list_command(
    context: typer.Context,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; default: today.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List how many people in 24 hours each tier allows on a day."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        found = await list_tiers(workspace, on=None if on is None else on.date())
        if json:
            terminal.print_json({"tiers": [asdict(one) for one in found]})
            return
        table = Table("Tier", "People in 24 h", "Since", "Source", box=None)
        for one in found:
            people = "without limit" if one.people is None else f"{one.people:,}"
            table.add_row(one.tier, people, one.effective_from.isoformat(), one.source)
        terminal.print(table)

    run(context, work)


def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file: tier, people, effective_from, source.")],
    json: JsonOption = False,
) -> None:
    """Add the rows of a newer table; limits Meta told by the name of a tier follow at once."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        imported = await import_tiers(workspace, file.name, await read_text_file(file))
        if json:
            terminal.print_json(asdict(imported))
        elif imported.new:
            terminal.print(
                f"{imported.new} tiers kept; the limit of {imported.portfolios_changed} portfolios changed."
            )
        else:
            terminal.print("Every tier of this table was there already.")

    run(context, work, acts=True)
