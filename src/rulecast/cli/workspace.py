"""`rulecast workspace`: what the workspace is made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rulecast.account import BusinessNumber
from rulecast.account.store import list_numbers, list_portfolios
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.template import MessageTemplate
from rulecast.template.store import list_templates
from rulecast.wiring.catalogue import read_declared
from rulecast.wiring.declared_names import DeclaredNames, names_to_json
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file, read_rules

FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


def register(app: typer.Typer) -> None:
    """Add the group `workspace`."""
    workspace = typer.Typer(no_args_is_help=True, help="What the workspace is made of.")
    workspace.command("apply")(apply)
    workspace.command("show")(show)
    app.add_typer(workspace, name="workspace")


def apply(context: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Bring catalogue, numbers, templates and sending policy to what FILE declares, and show what changed."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        text = await read_text_file(file)
        differences = await apply_workspace_file(workspace, text, source=file.name)
        if json:
            terminal.print_json(
                {
                    "changes": [
                        {"kind": one.kind, "name": one.name, "is_new": one.is_new} for one in differences
                    ]
                }
            )
            return
        for one in differences:
            mark = ("+ ", "green") if one.is_new else ("~ ", "yellow")
            terminal.print(Text.assemble(mark, f"{one.kind} ", (one.name, "bold"), f"  {one.what}"))
        terminal.print(f"{len(differences)} changes." if differences else "Nothing to change.")

    run(context, work, acts=True)


def show(context: typer.Context, json: JsonOption = False) -> None:
    """Show the workspace's numbers, templates, catalogue and sending policy."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        async with workspace.database.connection() as connection:
            rules = await read_rules(connection)
            declared = await read_declared(connection)
            numbers = await list_numbers(connection)
            portfolios = await list_portfolios(connection)
            templates = await list_templates(connection)
        if json:
            terminal.print_json(
                {
                    "name": workspace.name,
                    "mode": workspace.mode,
                    "billing_currency": rules.billing_currency,
                    "sending_policy": rules.sending_policy,
                    "attributes": [one.name for one in declared.attributes],
                    "events": [one.name for one in declared.events],
                    **names_to_json(declared.names),
                    "portfolios": {one.portfolio_id: one.people_per_day_max for one in portfolios},
                    "numbers": {one.name: one.state for one in numbers},
                    "templates": [
                        {"name": one.name, "language": one.language, "status": one.status}
                        for one in templates
                    ],
                }
            )
            return
        terminal.print(f"{workspace.name} ({workspace.mode}), billed in {rules.billing_currency}")
        _print_numbers(terminal, numbers)
        _print_templates(terminal, templates)
        names = ", ".join(one.name for one in declared.attributes) or "none of its own"
        terminal.print(f"Attributes: {names}")
        terminal.print(f"Events: {', '.join(one.name for one in declared.events) or 'none of its own'}")
        _print_names(terminal, declared.names)

    run(context, work)


def _print_numbers(terminal: Terminal, numbers: Sequence[BusinessNumber]) -> None:
    table = Table("number", "messages a second", "portfolio", "state", title="Numbers", title_justify="left")
    for number in numbers:
        table.add_row(number.name, str(number.throughput_per_second), number.portfolio_id, number.state)
    terminal.print(table)


def _print_templates(terminal: Terminal, templates: Sequence[MessageTemplate]) -> None:
    table = Table(
        "template", "language", "category", "status", "way out", title="Templates", title_justify="left"
    )
    for template in templates:
        way_out = "yes" if template.has_opt_out else "no"
        table.add_row(template.name, template.language, template.category, template.status, way_out)
    terminal.print(table)


def _print_names(terminal: Terminal, names: DeclaredNames) -> None:
    """Print what rules can name beside attributes and events, kind by kind."""
    places = (f"{one.name} ({one.latitude}, {one.longitude})" for one in names.places)
    labels = (f"{name} ({', '.join(values)})" for name, values in names.labels.items())
    for title, entries in (
        ("Places", places),
        ("Labels", labels),
        ("Teams", names.teams),
        ("Recipients", names.recipients),
    ):
        if listed := ", ".join(entries):
            terminal.print(f"{title}: {listed}")
    for name, text in names.segments.items():
        terminal.print(Text.assemble("Segment ", (name, "bold"), f": {text}"))
