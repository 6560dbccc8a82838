"""`rulecast suppress`: somebody said off WhatsApp that messages must stop."""

from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.values.ids import ContactId
from rulecast.wiring.suppress_people import suppress_people
from rulecast.wiring.workspace import Workspace

WHY_LENGTH_MAX = 200


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("suppress")
    def suppress(
        context: typer.Context,
        contact: Annotated[int, typer.Argument(help="Id of the contact.", min=1)],
        everything: Annotated[
            bool, typer.Option("--everything", help="Stop service messages too, not only marketing.")
        ] = False,
        why: Annotated[str, typer.Option("--why", help="How it was said; no personal data.")] = "",
        json: JsonOption = False,
    ) -> None:
        """Record that a person said, off WhatsApp, that messages must stop; it takes effect at once."""

        async def work(workspace: Workspace, terminal: Terminal) -> int | None:
            new = await suppress_people(
                workspace,
                [ContactId(contact)],
                scope="all" if everything else "marketing",
                why=why[:WHY_LENGTH_MAX],
            )
            if json:
                terminal.print_json({"contact": contact, "new": new})
            else:
                terminal.print("Stopped." if new else "Nothing changed: unknown contact, or stopped already.")
            return None

        run(context, work, acts=True)
