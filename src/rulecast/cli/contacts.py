"""`rulecast contact`: one person and everything known about them."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.contact_tables import contact_tables
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.conflicts import read_conflicts, settle
from rulecast.wiring.contact_view import view_contact
from rulecast.wiring.look_up import look_up
from rulecast.wiring.own_quiet_hours import set_own_quiet_hours
from rulecast.wiring.read_receipts import mark_conversation_read, open_lean_transport
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Look at one person.", no_args_is_help=True)
    group.command("show")(show)
    group.command("read")(mark_read)
    group.command("quiet")(quiet)
    group.command("conflicts")(conflicts)
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


def mark_read(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="Number or contact id of the person.")],
    number: Annotated[
        str | None, typer.Option("--number", help="The business number the person wrote to, by its name.")
    ] = None,
    typing: Annotated[
        bool, typer.Option("--typing", help="Show the person that somebody writes an answer.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Mark what a person wrote as read, so that they see it was."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        person = await look_up(workspace, contact, actor=workspace.actor)
        async with open_lean_transport(workspace) as transport:
            receipt = await mark_conversation_read(
                workspace, person.contact_id, transport=transport, number=number, is_typing=typing
            )
        if as_json:
            terminal.print_json(asdict(receipt))
        else:
            terminal.print(f"Contact {receipt.contact_id} sees that the messages were read.")

    run(context, work, acts=True)


def quiet(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="Number or contact id of the person.")],
    quiet_from: Annotated[
        str, typer.Option("--from", metavar="HH:MM", help="From when on; the workspace's hours without it.")
    ] = "",
    quiet_until: Annotated[
        str, typer.Option("--until", metavar="HH:MM", help="Until when; the workspace's hours without it.")
    ] = "",
    nothing: Annotated[
        bool, typer.Option("--none", help="The person has no hours of their own any more.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Keep in which hours of their local time a person wants no message, beside the workspace's quiet hours."""
    if nothing == bool(quiet_from or quiet_until):
        raise typer.BadParameter("Give --from, --until or both, or --none alone.")

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        kept = await set_own_quiet_hours(workspace, contact, quiet_from=quiet_from, quiet_until=quiet_until)
        if as_json:
            terminal.print_json(asdict(kept))
            return
        begins, ends = kept.quiet_from or "the workspace's hour", kept.quiet_until or "the workspace's hour"
        terminal.print(
            f"Contact {kept.contact_id} has no quiet hours of their own."
            if nothing
            else f"Contact {kept.contact_id} gets nothing from {begins} until {ends} where they live."
        )

    run(context, work, acts=True)


def conflicts(
    context: typer.Context,
    two: Annotated[
        int | None,
        typer.Option("--two", metavar="NUMBER", help="Close this conflict: they are two people.", min=1),
    ] = None,
    one: Annotated[
        int | None,
        typer.Option(
            "--one",
            metavar="NUMBER",
            help="Close this conflict, learned by new_owner: one person, who has the number again.",
            min=1,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List pairs of contacts that may be one person; a stop of one stops both until somebody settles it."""
    if one is not None and two is not None:
        raise typer.BadParameter("Give either --one or --two.")
    settled = one if one is not None else two

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        if settled is not None:
            is_settled = await settle(workspace, settled, is_one=one is not None)
            kind = "open conflict" if one is None else "open conflict over a new owner with the number"
            terminal.print("Settled." if is_settled else f"There is no {kind} {settled}.")
            return 0 if is_settled else 1
        found = await read_conflicts(workspace)
        if as_json:
            terminal.print_json({"conflicts": [asdict(row) for row in found]})
            return 0
        table = Table("number", "contacts", "learned by", "since")
        for row in found:
            pair = f"#{row.first_contact_id} #{row.second_contact_id}"
            table.add_row(str(row.conflict_id), pair, row.cause, f"{row.occurred_at:%Y-%m-%d %H:%M}")
        terminal.print(table if found else "Nobody is in doubt.")
        return 0

    run(context, work, acts=settled is not None)
