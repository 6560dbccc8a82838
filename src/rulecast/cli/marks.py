"""`rulecast mark`: how a person may be treated."""

from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.profile.marks import Marks
from rulecast.values.ids import ContactId
from rulecast.wiring.marks import mark_person
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("mark")
    def mark(
        context: typer.Context,
        contact: Annotated[int, typer.Argument(help="Id of the contact.", min=1)],
        objects: Annotated[
            bool | None,
            typer.Option(
                "--objects-to-profiling/--accepts-profiling", help="Objects to rules that read behaviour."
            ),
        ] = None,
        restricted: Annotated[
            bool | None, typer.Option("--restricted/--unrestricted", help="No processing but storage.")
        ] = None,
        json: JsonOption = False,
    ) -> None:
        """Mark how a person may be treated: objection to profiling, restriction."""
        marks = Marks(objects_to_profiling=objects, is_restricted=restricted)

        async def work(workspace: Workspace, terminal: Terminal) -> int | None:
            changed = await mark_person(workspace, ContactId(contact), marks)
            if json:
                terminal.print_json({"contact": contact, "changed": changed})
            else:
                terminal.print(
                    "Marked." if changed else "Nothing changed: unknown contact, or marked so already."
                )
            return None

        run(context, work, acts=True)
