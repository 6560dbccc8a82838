"""`rulecast contact`: one person and everything known about them."""

from dataclasses import asdict
from typing import Annotated

import typer

from rulecast.cli.contact_tables import contact_tables
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.contact_view import view_contact
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Look at one person.", no_args_is_help=True)
    group.command("show")(show)
    # A group of one command would otherwise lose its name.
    group.callback()(lambda: None)
    app.add_typer(group, name="contact")


def show(
    context: typer.Context,
    contact: Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of the contact.")] = None,
    phone: Annotated[
        str | None, typer.Option("--phone", help="Phone number, best with its country code.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show personal values in clear; the audit says who did.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show attributes, consent history, suppression, tags, events, messages and decisions of one person."""
    if (contact is None) == (phone is None):
        raise typer.BadParameter("Give either an ID or --phone.")
    asked = phone if phone is not None else f"#{(contact or '').removeprefix('#')}"

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        view = await view_contact(workspace, asked, reveal=reveal)
        if as_json:
            terminal.print_json(asdict(view))
        else:
            terminal.print(*contact_tables(view))

    run(context, work)
