"""`rulecast message`: what nobody knows the fate of, and sending it once more by the decision of two people."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.deliver.resends import Doubt
from rulecast.wiring.doubts import read_doubts, resend
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help="Messages of which nobody knows whether they left.", rich_markup_mode=None
    )
    app.add_typer(group, name="message")
    _add_doubts(group)
    _add_resend(group)


def _add_doubts(group: typer.Typer) -> None:
    @group.command("doubts")
    def doubts_command(
        context: typer.Context,
        run_number: Annotated[int | None, typer.Option("--run", help="Only of this run.", min=1)] = None,
        json: JsonOption = False,
    ) -> None:
        """List messages in doubt: unknown ones wait for a status, unresolved ones have waited in vain."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            found = await read_doubts(workspace, run_id=run_number)
            if json:
                terminal.print_json({"doubts": [asdict(one) for one in found]})
            else:
                terminal.print(_table(found) if found else Text("No message is in doubt."))

        run(context, work)


def _add_resend(group: typer.Typer) -> None:
    @group.command("resend")
    def resend_command(
        context: typer.Context,
        number: Annotated[int, typer.Argument(help="Number of the message.", min=1)],
        because: Annotated[
            str, typer.Option("--because", help="What was found out about the first attempt; required.")
        ] = "",
        person: Annotated[
            str | None, typer.Option("--as", help="Who decides; default: the actor of the session.")
        ] = None,
        json: JsonOption = False,
    ) -> None:
        """Ask for an unresolved message to be sent once more; a second person confirms with the same command."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            done = await resend(workspace, number, by=person or workspace.actor, because=because)
            if json:
                terminal.print_json(asdict(done))
            elif done.is_confirmed:
                terminal.print(f"Message {number} is planned again; the gate decides about it anew.")
            else:
                terminal.print(f"Noted. A second person confirms with: rulecast message resend {number}")

        run(context, work, acts=True)


def _table(doubts: list[Doubt]) -> Table:
    table = Table("message", "contact", "run", Column("rule", overflow="fold"), "state", "since", "asked by")
    for one in doubts:
        table.add_row(
            str(one.message_id),
            str(one.contact_id),
            str(one.run_id),
            Text(one.rule_name),
            one.state,
            f"{one.changed_at:%Y-%m-%d %H:%M}",
            Text(one.requested_by),
        )
    return table
